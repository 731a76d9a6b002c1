// Appends to a file in the embedded event store's layout: prepared statements, numbers for names, one flush a
// transaction.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

const SCHEMA = `
  PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
  CREATE TABLE streams (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE types (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE events (position INTEGER PRIMARY KEY, id TEXT NOT NULL, stream INTEGER NOT NULL, revision INTEGER NOT NULL, type INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL, data TEXT NOT NULL, metadata TEXT NOT NULL) STRICT;
  CREATE UNIQUE INDEX events_by_stream ON events (stream, revision);`;

/** The only writer of the file, so it knows heads and names without a query. */
export class EventWriterLoop {
  readonly database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #names = { streams: new Map<string, number>(), types: new Map<string, number>() };
  #position = 0;

  constructor(dir: string) {
    this.database = new DatabaseSync(join(dir, 'events.db'));
    this.database.exec(SCHEMA);
    this.#insert = this.database.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  }

  append(stream: string, revision: number, type: string, id: string, now: number, data: string, metadata: string): void {
    this.#insert.run(++this.#position, id, this.#idOf('streams', stream), revision, this.#idOf('types', type), now, data, metadata);
  }

  count(): number {
    return Number(this.database.prepare('SELECT count(*) AS value FROM events').get()?.['value']);
  }

  #idOf(table: 'streams' | 'types', name: string): number {
    const known = this.#names[table].get(name);
    if (known !== undefined) return known;
    const id = Number(this.database.prepare(`INSERT INTO ${table} (name) VALUES (?)`).run(name).lastInsertRowid);
    this.#names[table].set(name, id);
    return id;
  }
}

/** Ids derived from known data, so that a repetition is recognised; in the form of a UUID. */
export const derivedId = (name: string): string => {
  const hash = createHash('sha1').update(name).digest('hex');
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-5${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
};
