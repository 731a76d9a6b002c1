// The SQLite file of an embedded read store: one connection that writes, one that reads snapshots beside it.
import { MainstemError, type Runtime } from '@mainstem/event-store';
import { flawOfStoreName, ReadStoreUnavailable } from '@mainstem/projection/adapter';
import type { DatabaseSync } from 'node:sqlite';
import { FileReplaced, InvalidStoreName, type FileOwner } from '../errors.js';
import { retryWhileBusy } from '../sqlite/busy-retry.js';
import { openDatabase } from '../sqlite/open-database.js';
import { sqliteCodeOf, translateSqliteError } from '../sqlite/sqlite-error.js';
import { WatchedFile } from '../sqlite/watched-file.js';
import { LEASES_SCHEMA } from './bookkeeping/lease-records.js';
import { NOTES_SCHEMA } from './bookkeeping/note-records.js';
import { LAST_EVENT_TABLES, PARTITIONS_SCHEMA, READ_STORE_SCHEMA } from './bookkeeping/schema.js';

export interface ReadStoreFileOptions {
  readonly path: string;
  /** What messages and status call the store: `cache`, `search`. */
  readonly name: string;
  readonly applicationId: number;
  /** Version of the stored layout, from 1. */
  readonly format: number;
  readonly runtime: Runtime;
  /** As for `openDatabase`. */
  readonly mustExist?: boolean;
}

/** Memory that each connection may use for pages, in KiB. */
const PAGE_CACHE_KIB = 16_384;
/** Pages of the write-ahead log before they are copied into the file: a page of several commits is copied once. */
const WAL_PAGES = 4_000;
/** What is left of the write-ahead log's file after a large transaction, in bytes. */
const WAL_SIZE_MAX = 64 * 1024 * 1024;

export class ReadStoreFile {
  readonly #owner: FileOwner;
  readonly #watched: WatchedFile;
  #isClosed = false;

  private constructor(
    readonly options: ReadStoreFileOptions,
    /** For transactions that write, and for what a session reads: it keeps those pages warm. */
    readonly writer: DatabaseSync,
    /** For queries; it cannot write. */
    readonly reader: DatabaseSync,
  ) {
    this.#owner = ownerOf(options);
    this.#watched = new WatchedFile(options.path, writer);
  }

  /** Opens the file; creates folder and tables unless they must exist. Errors: READ_STORE ones of `openDatabase`. */
  static async open(options: ReadStoreFileOptions): Promise<ReadStoreFile> {
    const flaw = flawOfStoreName(options.name);
    if (flaw !== undefined) throw new InvalidStoreName(flaw);
    const connection = connectionOf(options);
    const writer = await openDatabase(connection);
    try {
      const file = { owner: connection.owner, path: options.path };
      await retryWhileBusy(() => bringUpToDate(writer), { file, runtime: options.runtime });
      const reader = await openDatabase({ ...connection, isReadOnly: true });
      writer.exec(`PRAGMA wal_autocheckpoint = ${WAL_PAGES}; PRAGMA journal_size_limit = ${WAL_SIZE_MAX}`);
      for (const database of [writer, reader]) database.exec(`PRAGMA cache_size = -${PAGE_CACHE_KIB}`);
      return new ReadStoreFile(options, writer, reader);
    } catch (error) {
      writer.close();
      throw error;
    }
  }

  /**
   * Runs `work` as one transaction that holds the write lock; if it throws, everything is rolled back and the error is
   * passed on. While another process holds the lock, it waits without blocking the event loop, so `work` may run
   * several times. Errors: READ_STORE_UNAVAILABLE.
   */
  write<Result>(work: () => Result): Promise<Result> {
    return this.#attempt(() => {
      const result = transact(this.writer, 'BEGIN IMMEDIATE', work);
      this.#assertSame(); // before the caller hears that it is there
      return result;
    });
  }

  /** Runs `query` on one snapshot of the reading connection. Errors: READ_STORE_UNAVAILABLE, those of `query`. */
  read<Result>(query: () => Result): Promise<Result> {
    return this.#attempt(() => transact(this.reader, 'BEGIN', query));
  }

  /** Runs `query` on one snapshot of the writing connection: what a session reads back. Errors: as `read`. */
  readForWriting<Result>(query: () => Result): Promise<Result> {
    return this.#attempt(() => transact(this.writer, 'BEGIN', query));
  }

  /**
   * Runs `work`, which may take long, on a snapshot of its own connection that cannot write. Errors: those of `read`.
   */
  async snapshot<Result>(work: (database: DatabaseSync) => Promise<Result>): Promise<Result> {
    if (this.#isClosed) throw new ReadStoreUnavailable(this.options.name, 'the store is closed. Open it again to go on.');
    let database: DatabaseSync | undefined;
    try {
      database = await openDatabase({ ...connectionOf(this.options), isReadOnly: true });
      database.exec('BEGIN');
      return await work(database);
    } catch (error) {
      throw unavailable(this.options.name, error, translateSqliteError(error, { owner: this.#owner, path: this.options.path }));
    } finally {
      database?.close();
    }
  }

  /** Ends both connections. May be called again. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.reader.close();
    this.writer.close();
  }

  /** Errors: READ_STORE_FILE_REPLACED, from then on every time. */
  #assertSame(): void {
    const problem = this.#watched.problem();
    if (problem !== undefined) throw new FileReplaced({ owner: this.#owner, path: this.options.path }, problem);
  }

  async #attempt<Result>(work: () => Result): Promise<Result> {
    const file = { owner: this.#owner, path: this.options.path };
    try {
      return await retryWhileBusy(
        () => {
          if (this.#isClosed) throw new ReadStoreUnavailable(this.options.name, 'the store is closed. Open it again to go on.');
          this.#assertSame();
          return work();
        },
        { file, runtime: this.options.runtime },
      );
    } catch (error) {
      throw unavailable(this.options.name, error, translateSqliteError(error, file));
    }
  }
}

/** Adds what later versions have added. A complete file is not locked: another process may be in a large commit. */
const bringUpToDate = (database: DatabaseSync): void => {
  database.exec(LEASES_SCHEMA + NOTES_SCHEMA + PARTITIONS_SCHEMA);
  const isMissing = (table: string): boolean =>
    database.prepare("SELECT 1 FROM pragma_table_info(?) WHERE name = 'last_event'").get(table) === undefined;
  if (!LAST_EVENT_TABLES.some(isMissing)) return;
  transact(database, 'BEGIN IMMEDIATE', () => {
    for (const table of LAST_EVENT_TABLES) if (isMissing(table)) database.exec(`ALTER TABLE ${table} ADD COLUMN last_event TEXT`);
  });
};

const connectionOf = (options: ReadStoreFileOptions) => ({
  ...options,
  owner: ownerOf(options),
  // A power cut may take the last batches back, but each with its checkpoint: the projection applies them again.
  synchronous: 'NORMAL' as const,
  create: (database: DatabaseSync): void => database.exec(READ_STORE_SCHEMA),
});

const ownerOf = ({ name }: ReadStoreFileOptions): FileOwner => ({ codePrefix: 'READ_STORE', name });

const transact = <Result>(database: DatabaseSync, begin: 'BEGIN' | 'BEGIN IMMEDIATE', work: () => Result): Result => {
  database.exec(begin);
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
};

/** The port has one error for a store that does not work; its cause and message say what is wrong with the file. */
const unavailable = (name: string, error: unknown, translated: unknown): unknown => {
  if (translated instanceof MainstemError && translated.code.startsWith('READ_STORE_') && isFileError(error, translated)) {
    return new ReadStoreUnavailable(name, translated.message, translated);
  }
  return sqliteCodeOf(error) === undefined ? error : new ReadStoreUnavailable(name, error instanceof Error ? error.message : String(error), error);
};

// Translated here, a lock timeout, or another file: all are about the file, not about the written data.
const isFileError = (error: unknown, translated: MainstemError): boolean =>
  error !== translated || translated.code === 'READ_STORE_BUSY' || translated instanceof FileReplaced;
