// An index of the streams of links: positions of events, in a file beside the log. It can be rebuilt at any time.
import { resolve } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { openDatabase, translateSqliteError, type StoreFile } from '@mainstem/embedded/events-file';
import type { Runtime } from '@mainstem/event-store';
import { linkStreamsOf } from '../semantics/link-streams.js';
import type { LogEvent } from '../semantics/log-event.js';

/** "MsLi" in ASCII. */
const APPLICATION_ID = 0x4d734c69;
const FORMAT = 1;
const SCHEMA = `
  CREATE TABLE link_streams (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE links (
    stream INTEGER NOT NULL, revision INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (stream, revision)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE progress (position INTEGER NOT NULL, id TEXT NOT NULL) STRICT;
  INSERT INTO progress VALUES (0, '')`;

/** The last indexed event of the log; position 0 before the first. */
export interface IndexProgress {
  readonly position: number;
  readonly id: string;
}

export interface LinkPlace {
  readonly revision: number;
  /** The position of the event that the link points at. */
  readonly position: number;
}

export interface LinkRange {
  readonly stream: string;
  readonly lowest: number;
  readonly highest: number;
  readonly isBackwards: boolean;
  readonly limit: number;
}

export class LinkIndex {
  readonly #file: StoreFile;
  readonly #database: DatabaseSync;
  readonly #statements: Readonly<Record<'progress' | 'move' | 'streamId' | 'addStream' | 'last' | 'add' | 'forwards' | 'backwards', StatementSync>>;

  /** Errors: those of opening an embedded event store. */
  static async open(dir: string, runtime: Runtime): Promise<LinkIndex> {
    const file: StoreFile = { owner: { codePrefix: 'EVENT_STORE', name: 'index of links' }, path: resolve(dir, 'links.db') };
    const create = (database: DatabaseSync): void => database.exec(SCHEMA);
    const database = await openDatabase({ ...file, runtime, synchronous: 'NORMAL', applicationId: APPLICATION_ID, format: FORMAT, create });
    return new LinkIndex(file, database);
  }

  private constructor(file: StoreFile, database: DatabaseSync) {
    this.#file = file;
    this.#database = database;
    const range = 'SELECT revision, position FROM links WHERE stream = ? AND revision >= ? AND revision <= ? ORDER BY revision';
    this.#statements = {
      progress: database.prepare('SELECT position, id FROM progress'),
      move: database.prepare('UPDATE progress SET position = ?, id = ?'),
      streamId: database.prepare('SELECT id FROM link_streams WHERE name = ?'),
      addStream: database.prepare('INSERT INTO link_streams (name) VALUES (?)'),
      last: database.prepare('SELECT max(revision) AS last FROM links WHERE stream = ?'),
      add: database.prepare('INSERT INTO links VALUES (?, ?, ?)'),
      forwards: database.prepare(`${range} ASC LIMIT ?`),
      backwards: database.prepare(`${range} DESC LIMIT ?`),
    };
  }

  progress(): IndexProgress {
    return this.#told(() => this.#statements.progress.get() as unknown as IndexProgress);
  }

  /** Adds the links to events that follow `after` in the log. Does nothing if another process was faster. */
  add(after: IndexProgress, events: readonly LogEvent[]): void {
    const last = events.at(-1);
    if (!last) return;
    this.#inTransaction(() => {
      if (this.progress().position !== after.position) return;
      const streams = new Map<string, { readonly id: number; next: number }>();
      for (const event of events) {
        for (const name of linkStreamsOf(event)) {
          const stream = streams.get(name) ?? this.#streamOf(name);
          streams.set(name, stream);
          this.#statements.add.run(stream.id, stream.next++, event.position);
        }
      }
      this.#statements.move.run(last.position, last.id);
    });
  }

  /** The log is not the one that was indexed. */
  clear(): void {
    this.#inTransaction(() => {
      this.#database.exec('DELETE FROM links; DELETE FROM link_streams');
      this.#statements.move.run(0, '');
    });
  }

  /** Revision of the last link, −1 for a stream without links. */
  last(stream: string): number {
    return this.#told(() => {
      const id = this.#statements.streamId.get(stream)?.['id'];
      return id === undefined ? -1 : Number(this.#statements.last.get(Number(id))?.['last'] ?? -1);
    });
  }

  places({ stream, lowest, highest, isBackwards, limit }: LinkRange): readonly LinkPlace[] {
    return this.#told(() => {
      const id = this.#statements.streamId.get(stream)?.['id'];
      const statement = isBackwards ? this.#statements.backwards : this.#statements.forwards;
      return id === undefined ? [] : (statement.all(Number(id), lowest, highest, limit) as unknown as readonly LinkPlace[]);
    });
  }

  close(): void {
    this.#database.close();
  }

  #streamOf(name: string): { readonly id: number; next: number } {
    const known = this.#statements.streamId.get(name)?.['id'];
    if (known === undefined) return { id: Number(this.#statements.addStream.run(name).lastInsertRowid), next: 0 };
    return { id: Number(known), next: Number(this.#statements.last.get(Number(known))?.['last'] ?? -1) + 1 };
  }

  #inTransaction(work: () => void): void {
    this.#told(() => {
      this.#database.exec('BEGIN IMMEDIATE');
      try {
        work();
        this.#database.exec('COMMIT');
      } finally {
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      }
    });
  }

  #told<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw translateSqliteError(error, this.#file);
    }
  }
}
