// Parked events as rows, ordered by position.
import { fromStorableText, fromStoredParked, toIndexedKey, toStorableText } from '@mainstem/projection/adapter';
import type { ParkedEvent, ParkedQuery, StoredParkedEvent } from '@mainstem/projection/adapter';
import type { SqlConnection, SqlDatabase } from '../server/sql-database.js';
import { textOf } from './generation-records.js';

/** The generation that they belong to. */
export interface ParkedPlace {
  readonly projection: string;
  readonly generation: number;
}

// 11 parameters a row: far below the limits of the databases (32,766 on SQLite, 65,535 on PostgreSQL).
const ROWS_PER_STATEMENT = 500;
/** With the names beside it, less than the 2,704 bytes of an entry in PostgreSQL's indexes. */
const KEY_BYTES_MAX = 1_000;

/** Reads and writes `mainstem_parked`. */
export class ParkedRecords {
  readonly #parked: string;

  constructor(database: SqlDatabase) {
    this.#parked = database.sqlName('mainstem_parked');
  }

  /** Adds events to the list; an event that is already there gets its new error. */
  async park(connection: SqlConnection, { projection, generation }: ParkedPlace, events: readonly ParkedEvent[]): Promise<void> {
    for (const chunk of chunksOf(events, ROWS_PER_STATEMENT)) {
      const rows = chunk.map(() => '(?, ?, CAST(? AS bigint), ?, ?, ?, ?, CAST(? AS bigint), ?, ?, ?)').join(', ');
      const sql = `INSERT INTO ${this.#parked} (projection, generation, position, key, event_id, type, stream, revision, error, parked_at, whole_key) VALUES ${rows}
        ON CONFLICT (projection, generation, position, key) DO UPDATE SET error = excluded.error, parked_at = excluded.parked_at`;
      await connection.run(
        sql,
        chunk.flatMap((event) => [projection, generation, ...valuesOf(event)]),
      );
    }
  }

  /** Removes settled events from the list. */
  async unpark(
    connection: SqlConnection,
    { projection, generation }: ParkedPlace,
    events: readonly Pick<ParkedEvent, 'key' | 'position'>[],
  ): Promise<void> {
    for (const chunk of chunksOf(events, ROWS_PER_STATEMENT)) {
      const rows = chunk.map(() => '(CAST(? AS bigint), ?)').join(', ');
      const sql = `DELETE FROM ${this.#parked} WHERE projection = ? AND generation = ? AND (position, key) IN (VALUES ${rows})`;
      await connection.run(sql, [projection, generation, ...chunk.flatMap(({ key, position }) => [position.toString(), indexedKey(key)])]);
    }
  }

  /** At most `limit`, by position. */
  async list(
    connection: SqlConnection,
    { projection, generation }: ParkedPlace,
    { key, after, limit }: ParkedQuery,
  ): Promise<readonly ParkedEvent[]> {
    const conditions = ['projection = ?', 'generation = ?'];
    const parameters: unknown[] = [projection, generation];
    if (key !== undefined) {
      conditions.push('key = ?');
      parameters.push(indexedKey(key));
    }
    if (after !== undefined) {
      conditions.push('position > CAST(? AS bigint)');
      parameters.push(textOf(after));
    }
    const sql = `SELECT ${COLUMNS} FROM ${this.#parked} WHERE ${conditions.join(' AND ')} ORDER BY mainstem_parked.position, mainstem_parked.key LIMIT ?`;
    return (await connection.query<StoredParkedEvent>(sql, [...parameters, limit])).map(fromStoredParked);
  }

  /** Number of parked events by key. */
  async keys(connection: SqlConnection, { projection, generation }: ParkedPlace): Promise<ReadonlyMap<string, number>> {
    const sql = `SELECT COALESCE(max(whole_key), key) AS key, CAST(count(*) AS text) AS total FROM ${this.#parked} WHERE projection = ? AND generation = ? GROUP BY mainstem_parked.key`;
    const rows = await connection.query<{ key: string; total: string }>(sql, [projection, generation]);
    return new Map(rows.map(({ key, total }) => [fromStorableText(key), Number(total)]));
  }

  async deleteAll(connection: SqlConnection, { projection, generation }: ParkedPlace): Promise<void> {
    await connection.run(`DELETE FROM ${this.#parked} WHERE projection = ? AND generation = ?`, [projection, generation]);
  }
}

const indexedKey = (key: string): string => toIndexedKey(key, KEY_BYTES_MAX).text;

const valuesOf = (event: ParkedEvent): readonly (string | null)[] => {
  const { text, isWhole } = toIndexedKey(event.key, KEY_BYTES_MAX);
  return [
    event.position.toString(),
    text,
    event.eventId,
    toStorableText(event.type),
    toStorableText(event.stream),
    event.revision.toString(),
    toStorableText(event.error),
    event.parkedAt,
    isWhole ? null : toStorableText(event.key),
  ];
};

const COLUMNS = `COALESCE(whole_key, key) AS key, CAST(position AS text) AS position, event_id AS "eventId", type, stream, CAST(revision AS text) AS revision, error, parked_at AS "parkedAt"`;

const chunksOf = function* <Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
};
