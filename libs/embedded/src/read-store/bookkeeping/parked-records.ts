// Parked events of an embedded read store. Statements only; the caller has the transaction.
import type { DatabaseSync } from 'node:sqlite';
import {
  fromStorableText,
  type ParkedEvent,
  fromStoredParked,
  type ParkedQuery,
  type StoredParkedEvent,
  toStorableText,
} from '@mainstem/projection/adapter';

const ERROR_LENGTH_MAX = 2_000;

export class ParkedRecords {
  readonly #statements;

  constructor(database: DatabaseSync) {
    this.#statements = {
      list: database.prepare(`${SELECT} WHERE generation = ? AND parked_events.position > ? ORDER BY parked_events.position, key LIMIT ?`),
      listKey: database.prepare(`${SELECT} WHERE generation = ? AND key = ? AND parked_events.position > ? ORDER BY parked_events.position LIMIT ?`),
      keys: database.prepare('SELECT key, count(*) AS count FROM parked_events WHERE generation = ? GROUP BY key ORDER BY key'),
      park: database.prepare(PARK),
      unpark: database.prepare('DELETE FROM parked_events WHERE generation = ? AND position = ? AND key = ?'),
      clear: database.prepare('DELETE FROM parked_events WHERE generation = ?'),
    };
  }

  /** By position, strictly after `after`, at most `limit`. */
  list(generation: number, { key, after, limit }: ParkedQuery): readonly ParkedEvent[] {
    const { list, listKey } = this.#statements;
    const rows =
      key === undefined ? list.all(generation, after ?? BEFORE_ALL, limit) : listKey.all(generation, toStorableText(key), after ?? BEFORE_ALL, limit);
    return (rows as unknown as readonly StoredParkedEvent[]).map(fromStoredParked);
  }

  /** Number of parked events by key. */
  keys(generation: number): ReadonlyMap<string, number> {
    const rows = this.#statements.keys.all(generation) as unknown as readonly { key: string; count: number }[];
    return new Map(rows.map(({ key, count }) => [fromStorableText(key), count]));
  }

  park(generation: number, event: ParkedEvent): void {
    const error = toStorableText(event.error.slice(0, ERROR_LENGTH_MAX));
    const { position: place, eventId } = event;
    const [key, type, stream] = [event.key, event.type, event.stream].map(toStorableText) as [string, string, string];
    this.#statements.park.run(generation, place, key, eventId, type, stream, event.revision, error, event.parkedAt);
  }

  unpark(generation: number, event: Pick<ParkedEvent, 'key' | 'position'>): void {
    this.#statements.unpark.run(generation, event.position, toStorableText(event.key));
  }

  clear(generation: number): void {
    this.#statements.clear.run(generation);
  }
}

// Positions start at 0.
const BEFORE_ALL = -1n;

// The bare name would mean the text.
const SELECT = `
  SELECT key, CAST(position AS TEXT) AS position, event_id AS eventId, type, stream, CAST(revision AS TEXT) AS revision, error, parked_at AS parkedAt
  FROM parked_events`;

const PARK = `
  INSERT OR REPLACE INTO parked_events (generation, position, key, event_id, type, stream, revision, error, parked_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;
