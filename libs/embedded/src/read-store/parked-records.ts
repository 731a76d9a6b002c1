// Parked events of an embedded read store. Statements only; the caller has the transaction.
import type { DatabaseSync } from 'node:sqlite';
import { type EventId, type Position, position, revision, type StreamName } from '@mainstem/event-store';
import { fromStorableText, type ParkedEvent, toStorableText } from '@mainstem/projection/adapter';

const ERROR_LENGTH_MAX = 2_000;

export interface ParkedQuery {
  readonly key?: string;
  readonly after?: Position;
  readonly limit: number;
}

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
    return (rows as unknown as readonly ParkedRow[]).map(parkedEventOf);
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

interface ParkedRow {
  readonly key: string;
  readonly position: string;
  readonly eventId: EventId;
  readonly type: string;
  readonly stream: StreamName;
  readonly revision: string;
  readonly error: string;
  readonly parkedAt: string;
}

const parkedEventOf = (row: ParkedRow): ParkedEvent => ({
  ...row,
  key: fromStorableText(row.key),
  type: fromStorableText(row.type),
  stream: fromStorableText(row.stream) as StreamName,
  error: fromStorableText(row.error),
  position: position(row.position),
  revision: revision(row.revision),
});

// Positions start at 0.
const BEFORE_ALL = -1n;

// The bare name would mean the text.
const SELECT = `
  SELECT key, CAST(position AS TEXT) AS position, event_id AS eventId, type, stream, CAST(revision AS TEXT) AS revision, error, parked_at AS parkedAt
  FROM parked_events`;

const PARK = `
  INSERT OR REPLACE INTO parked_events (generation, position, key, event_id, type, stream, revision, error, parked_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;
