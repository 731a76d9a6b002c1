// The stored layout of events.db, and how its connections are opened.
import { resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Incarnation, Runtime } from '@mainstem/event-store';
import { FileCorrupt, type FileOwner, type StoreFile } from '../errors.js';
import { openDatabase } from '../sqlite/open-database.js';

const OWNER: FileOwner = { codePrefix: 'EVENT_STORE', name: 'event store' };
/** "MsEv" in ASCII. */
const APPLICATION_ID = 0x4d734576;
const FORMAT = 2;

export interface EventsFileOptions {
  readonly runtime: Runtime;
  readonly busyTimeoutMs?: number;
}

export const eventsFile = (dir: string): StoreFile => ({ owner: OWNER, path: resolve(dir, 'events.db') });

/** The one writing connection of this process. Creates a missing file. Errors: those of `openDatabase`. */
export const openToWrite = (file: StoreFile, options: EventsFileOptions): Promise<DatabaseSync> =>
  openDatabase({
    ...file,
    ...options,
    synchronous: 'FULL',
    applicationId: APPLICATION_ID,
    format: FORMAT,
    create: (database) => {
      database.exec(SCHEMA);
      database.prepare(`INSERT INTO meta (key, value) VALUES ('incarnation', ?)`).run(options.runtime.uuid());
    },
  });

/** A connection that cannot write, for an existing file. Errors: those of `openDatabase`. */
export const openToRead = (file: StoreFile, options: EventsFileOptions): Promise<DatabaseSync> =>
  openDatabase({
    ...file,
    ...options,
    synchronous: 'FULL',
    applicationId: APPLICATION_ID,
    format: FORMAT,
    isReadOnly: true,
    create: () => undefined,
  });

/** Errors: EVENT_STORE_CORRUPT. */
export const readIncarnation = (database: DatabaseSync, file: StoreFile): Incarnation => {
  const row = database.prepare(`SELECT value FROM meta WHERE key = 'incarnation'`).get();
  if (typeof row?.['value'] !== 'string') throw new FileCorrupt(file, 'it does not hold the identity of the store');
  return row['value'] as Incarnation;
};

// Streams and types are stored once and events refer to them by number: half the size of the index, twice the append
// rate. Ids are text: a blob costs Node an ArrayBuffer a row, and makes reading three times slower.
const SCHEMA = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE streams (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE types (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    stream INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    type INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    data TEXT NOT NULL,
    metadata TEXT NOT NULL,
    checksum INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX events_by_stream ON events (stream, revision);
`;
