// Opens a store's SQLite file, creating a missing one, and never touching a foreign one.
import { closeSync, constants, openSync } from 'node:fs';
import { access, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Runtime } from '@mainstem/event-store';
import { CannotOpenFile, FileCorrupt, ForeignFile, NewerFormat, type StoreFile } from '../errors.js';
import { BUSY_BLOCKING_MS, retryWhileBusy } from './busy-retry.js';
import { translateSqliteError } from './sqlite-error.js';
import { assertSqliteVersion } from './sqlite-version.js';

/** The smallest page of SQLite. */
const DATABASE_BYTES_MIN = 512;
/** Of what is made new: for the user of this process alone. What exists keeps the permissions that it has. */
export const PRIVATE_FOLDER = 0o700;
const PRIVATE_FILE = 0o600;

export interface OpenDatabaseOptions extends StoreFile {
  readonly runtime: Runtime;
  /**
   * FULL: a commit survives a power cut. NORMAL: a power cut may undo the last commits, each as a whole. OFF: it may
   * damage the file; nothing waits for the device.
   */
  readonly synchronous: 'FULL' | 'NORMAL' | 'OFF';
  /** Four bytes in the file's header that identify its owner. */
  readonly applicationId: number;
  /** Version of the stored layout, from 1. A file with a higher one is refused. */
  readonly format: number;
  /** Creates the tables of an empty file, in one transaction with the header; it may run again after a lost race. */
  readonly create: (database: DatabaseSync) => void;
  /** Bytes of a page of a new file; a power of two. Default: that of SQLite. */
  readonly pageSize?: number;
  readonly isReadOnly?: boolean;
  /** True: a missing file is refused instead of made. Default false. */
  readonly mustExist?: boolean;
  /** The longest wait for other processes. Default 5,000. */
  readonly busyTimeoutMs?: number;
}

/**
 * Opens the file in WAL mode, creating missing folder and tables. Any number of processes may do so at once. The caller
 * owns and closes the connection. Errors: `…_FOREIGN_FILE`, `…_NEWER_FORMAT`, `…_CORRUPT`, `…_READ_ONLY`,
 * `…_DISK_FULL`, `…_BUSY`, `…_CANNOT_OPEN`, `…_IO_FAILED`, `…_SQLITE_TOO_OLD`; the file is unchanged after any of them.
 */
export const openDatabase = async (options: OpenDatabaseOptions): Promise<DatabaseSync> => {
  assertSqliteVersion(process.versions.sqlite ?? '0', options.owner);
  try {
    if (options.mustExist) await assertThere(options);
    else if (!options.isReadOnly) await prepareFolder(options);
    await refuseFragment(options);
    return await retryWhileBusy(() => openOnce(options), { file: options, ...options });
  } catch (error) {
    throw translateSqliteError(error, options);
  }
};

const assertThere = async (options: OpenDatabaseOptions): Promise<void> => {
  if (!(await stat(options.path)).isFile()) throw new CannotOpenFile(options);
};

const prepareFolder = async ({ path }: OpenDatabaseOptions): Promise<void> => {
  const folder = dirname(path);
  const first = await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER });
  // A new folder's own entry must also reach the disk, or a power cut takes the whole store.
  if (first !== undefined) await syncFolder(dirname(first));
  await access(folder, constants.W_OK | constants.X_OK);
  createPrivately(path);
};

/**
 * Makes the file if there is none. SQLite gives its file's permissions to the files beside it. Closing at once is
 * safe: a new file has no locks.
 */
export const createPrivately = (path: string): void => {
  try {
    closeSync(openSync(path, 'wx', PRIVATE_FILE));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
};

// SQLite takes a file that is too small to be a database for an empty one, and would overwrite it. Opening the file to
// look inside is not allowed: closing it would drop SQLite's locks of this process (sqlite.org/howtocorrupt.html,
// section 2.2).
const refuseFragment = async (options: OpenDatabaseOptions): Promise<void> => {
  const { size } = await stat(options.path).catch(() => ({ size: 0 }));
  if (size > 0 && size < DATABASE_BYTES_MIN) throw new FileCorrupt(options, 'it is too small to be a database');
};

const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const openOnce = (options: OpenDatabaseOptions): DatabaseSync => {
  const database = new DatabaseSync(options.path, { readOnly: options.isReadOnly ?? false, timeout: BUSY_BLOCKING_MS });
  try {
    const isEmpty = inspect(database, options);
    if (options.isReadOnly) {
      if (isEmpty) throw new CannotOpenFile(options);
    } else {
      // Only an empty file takes a size, and only before its first write.
      if (options.pageSize !== undefined) database.exec(`PRAGMA page_size = ${options.pageSize}`);
      database.exec('PRAGMA journal_mode = WAL');
      database.exec(`PRAGMA synchronous = ${options.synchronous}`);
      if (isEmpty) createOnce(database, options);
      assertWritable(database, options);
    }
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
};

/** True if the file is empty. */
const inspect = (database: DatabaseSync, options: OpenDatabaseOptions): boolean => {
  const applicationId = pragma(database, 'application_id');
  const format = pragma(database, 'user_version');
  if (applicationId === options.applicationId) {
    if (format > options.format) throw new NewerFormat(options, format, options.format);
    if (format !== options.format) throw new FileCorrupt(options, `it has the unknown format ${format}`);
    return false;
  }
  const { count } = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get() as { count: number };
  if (applicationId !== 0 || format !== 0 || count > 0) throw new ForeignFile(options);
  return true;
};

const createOnce = (database: DatabaseSync, options: OpenDatabaseOptions): void => {
  database.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have been first.
    if (inspect(database, options)) {
      options.create(database);
      database.exec(`PRAGMA application_id = ${options.applicationId}`);
      database.exec(`PRAGMA user_version = ${options.format}`);
    }
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
};

// SQLite silently opens a write-protected file for reading, and even begins to write; only a real change shows it.
const assertWritable = (database: DatabaseSync, { format }: OpenDatabaseOptions): void => {
  database.exec('BEGIN IMMEDIATE');
  try {
    database.exec(`PRAGMA user_version = ${format}`);
  } finally {
    if (database.isTransaction) database.exec('ROLLBACK');
  }
};

const pragma = (database: DatabaseSync, name: string): number => {
  const row = database.prepare(`PRAGMA ${name}`).get() as Record<string, number> | undefined;
  return row?.[name] ?? 0;
};
