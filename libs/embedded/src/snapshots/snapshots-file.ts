// The stored layout of snapshots.db, and what is read and written in one step.
import type { SnapshotKey, SnapshotPart, SnapshotsOf, StoredSnapshot } from '@mainstem/event-store';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { FileOwner } from '../errors.js';
import { openDatabase, type OpenDatabaseOptions } from '../sqlite/open-database.js';
import { WatchedFile } from '../sqlite/watched-file.js';

export const SNAPSHOTS_OWNER: FileOwner = { codePrefix: 'SNAPSHOT_STORE', name: 'snapshot store' };
/** "MsSn" in ASCII. */
const APPLICATION_ID = 0x4d73536e;
const FORMAT = 1;
/** A part lies in a few pages: it is read in few steps. */
const PAGE_BYTES = 32_768;
/** Pages of the write-ahead log before they are copied into the file, a moment of work. */
const WAL_PAGES = 64;

/** One open connection. Each method is one transaction, and blocks for it. */
export class SnapshotsFile {
  readonly #database: DatabaseSync;
  readonly #watched: WatchedFile;
  readonly #statements: Readonly<Record<keyof typeof SQL, StatementSync>>;

  private constructor(path: string, database: DatabaseSync) {
    this.#database = database;
    this.#watched = new WatchedFile(path, database);
    const prepared = Object.entries(SQL).map(([name, text]) => [name, database.prepare(text)]);
    this.#statements = Object.fromEntries(prepared) as Record<keyof typeof SQL, StatementSync>;
  }

  /** Makes a missing file. Errors: those of `openDatabase`, and of SQLite. */
  static async open(options: Pick<OpenDatabaseOptions, 'owner' | 'path' | 'runtime' | 'busyTimeoutMs'>): Promise<SnapshotsFile> {
    const database = await openDatabase({
      ...options,
      // What a power cut damages is noticed, and taken anew.
      ...{ synchronous: 'OFF', applicationId: APPLICATION_ID, format: FORMAT, pageSize: PAGE_BYTES },
      create: (empty) => empty.exec(SCHEMA),
    });
    try {
      database.exec(`PRAGMA wal_autocheckpoint = ${WAL_PAGES}`);
      return new SnapshotsFile(options.path, database);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** False if the path leads to another file by now, or to none. */
  get isSame(): boolean {
    return this.#watched.problem() === undefined;
  }

  load({ incarnation, stream }: SnapshotKey): StoredSnapshot | undefined {
    return this.#transact('BEGIN', () => {
      const found = this.#statements.find.get(incarnation, stream);
      if (!found) return undefined;
      const stored = new Map(this.#statements.parts.all(Number(found['id'])).map(({ id, bytes }) => [String(id), bytes as Uint8Array]));
      const parts: SnapshotPart[] = [];
      for (const id of idsIn(String(found['parts']))) {
        const bytes = stored.get(id);
        if (!bytes) return undefined;
        parts.push({ id, bytes });
      }
      return { head: found['head'] as Uint8Array, parts };
    });
  }

  save({ incarnation, stream }: SnapshotKey, { head, parts }: StoredSnapshot): void {
    const { keep, ids, insert, drop } = this.#statements;
    this.#transact('BEGIN IMMEDIATE', () => {
      const kept = keep.get(incarnation, stream, parts.map(({ id }) => id).join(' '), head);
      const snapshot = Number(kept?.['id']);
      const before = new Set(ids.all(snapshot).map(({ id }) => String(id)));
      for (const { id, bytes } of parts) if (!before.delete(id)) insert.run(snapshot, id, bytes);
      for (const id of before) drop.run(snapshot, id);
    });
  }

  remove({ incarnation, stream, streamPrefix = '' }: SnapshotsOf): number {
    const which = { $incarnation: incarnation ?? null, $stream: stream ?? null, $prefix: streamPrefix };
    return this.#transact('BEGIN IMMEDIATE', () => {
      this.#statements.removeParts.run(which);
      return Number(this.#statements.remove.run(which).changes);
    });
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #transact<Result>(begin: 'BEGIN' | 'BEGIN IMMEDIATE', work: () => Result): Result {
    this.#database.exec(begin);
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}

const idsIn = (text: string): readonly string[] => (text === '' ? [] : text.split(' '));

const SCHEMA = `
  CREATE TABLE snapshots (
    id INTEGER PRIMARY KEY,
    incarnation TEXT NOT NULL,
    stream TEXT NOT NULL,
    parts TEXT NOT NULL,
    head BLOB NOT NULL,
    UNIQUE (incarnation, stream)
  ) STRICT;
  CREATE TABLE parts (snapshot INTEGER NOT NULL, id TEXT NOT NULL, bytes BLOB NOT NULL, UNIQUE (snapshot, id)) STRICT;
`;

const WHICH = `
  ($incarnation IS NULL OR incarnation = $incarnation) AND ($stream IS NULL OR stream = $stream)
  AND substr(stream, 1, length($prefix)) = $prefix`;

const SQL = {
  find: 'SELECT id, parts, head FROM snapshots WHERE incarnation = ? AND stream = ?',
  parts: 'SELECT id, bytes FROM parts WHERE snapshot = ?',
  ids: 'SELECT id FROM parts WHERE snapshot = ?',
  keep: `INSERT INTO snapshots (incarnation, stream, parts, head) VALUES (?, ?, ?, ?)
    ON CONFLICT (incarnation, stream) DO UPDATE SET parts = excluded.parts, head = excluded.head RETURNING id`,
  insert: 'INSERT INTO parts (snapshot, id, bytes) VALUES (?, ?, ?)',
  drop: 'DELETE FROM parts WHERE snapshot = ? AND id = ?',
  remove: `DELETE FROM snapshots WHERE ${WHICH}`,
  removeParts: `DELETE FROM parts WHERE snapshot IN (SELECT id FROM snapshots WHERE ${WHICH})`,
} as const;
