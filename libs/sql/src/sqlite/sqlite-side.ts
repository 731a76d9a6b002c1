// The two connections of a SQLite read store: opening, taking turns and running transactions.
import { ReadStoreUnavailable } from '@mainstem/projection/adapter';
import type { DocumentClass } from '@mainstem/projection';
import { retryWhileBusy } from '@mainstem/embedded/sqlite';
import type { Runtime } from '@mainstem/event-store';
import { DataSource } from 'typeorm';
import { migrations, MIGRATIONS_TABLE } from '../bookkeeping/migrations.js';
import type { EntityLayouts } from '../layout/entity-layouts.js';
import { quoted } from '../layout/identifiers.js';
import { openEntities, TEXT_KINDS, type ShownTypes } from '../layout/open-entities.js';
import type { StatementOrigin } from '../server/failure-origin.js';
import { FifoLock } from '../server/fifo-lock.js';
import { NodeSqliteDatabase } from './node-sqlite-driver.js';
import { SqliteConnection } from './sqlite-connection.js';
import { storeFile, translateSqliteError, type SqliteFile } from './sqlite-errors.js';

const LOCK_WAIT_MAX_MS = 30_000;
const BUSY_WAIT_MAX_MS = 30_000;
/** How long SQLite itself may wait for another process that writes, on the thread. */
const WRITE_BUSY_WAIT_MS = 50;
/** Readers of a WAL meet a lock only while another process recovers the file. */
const READ_BUSY_WAIT_MS = 1_000;
/** Pages of the write-ahead log before they are copied into the file: a page of several commits is copied once. */
const WAL_PAGES = 4_000;
/** The size of the write-ahead log's file after a large transaction, in bytes. */
const WAL_SIZE_MAX = 64 * 1_048_576;

// SQLite has none of these and keeps the text of the field, so one entity serves all databases.
const TYPES_ADDED = [
  'character varying',
  'timestamp',
  'timestamp without time zone',
  'timestamptz',
  'timestamp with time zone',
  'time without time zone',
  'uuid',
] as const;
const SHOWN_TYPES: ShownTypes = { ...TEXT_KINDS, 'native-json': 'simple-json', jsonb: 'simple-json' };

/** One of the two connections with its parts. */
export interface SqliteSide {
  readonly store: string;
  readonly file: string;
  readonly runtime: Runtime;
  readonly dataSource: DataSource;
  readonly layouts: EntityLayouts;
  readonly database: NodeSqliteDatabase;
  readonly connection: SqliteConnection;
  readonly lock: FifoLock;
}

export interface SqliteSideOptions {
  readonly store: string;
  readonly entities: readonly DocumentClass[];
  readonly runtime: Runtime;
  readonly file: string;
  readonly isReadOnly: boolean;
}

/** Opens a connection: the writer makes the file and sets its mode; the reader cannot write. Errors: the driver's. */
export const openSide = async ({ store, file, entities, runtime, isReadOnly }: SqliteSideOptions): Promise<SqliteSide> => {
  let database: NodeSqliteDatabase | undefined;
  const dataSource = new DataSource({
    type: 'better-sqlite3',
    driver: NodeSqliteDatabase,
    database: file,
    readonly: isReadOnly,
    timeout: isReadOnly ? READ_BUSY_WAIT_MS : WRITE_BUSY_WAIT_MS,
    enableWAL: false, // set in prepareDatabase, where a busy file is tried again
    prepareDatabase: async (opened: NodeSqliteDatabase) => {
      database = opened;
      if (isReadOnly) return;
      await whileBusy({ store, file }, runtime, () => opened.pragma('journal_mode = WAL'));
      opened.pragma('synchronous = NORMAL');
      opened.pragma(`wal_autocheckpoint = ${WAL_PAGES}`);
      opened.pragma(`journal_size_limit = ${WAL_SIZE_MAX}`);
    },
    entities: [...entities],
    migrations: isReadOnly ? [] : [...migrations],
    migrationsTableName: MIGRATIONS_TABLE,
    logging: false,
  });
  dataSource.driver.supportedDataTypes.push(...TYPES_ADDED);
  dataSource.driver.withLengthColumnTypes.push('character varying');
  const layouts = await openEntities(dataSource, entities, SHOWN_TYPES).catch((error: unknown) => {
    database?.close(); // TypeORM does not close what it could not prepare
    throw error;
  });
  if (!database) throw new ReadStoreUnavailable(store, `${file} was not opened`);
  const connection = new SqliteConnection(dataSource.createQueryRunner(), database, { store, file });
  return { store, file, runtime, dataSource, layouts, database, connection, lock: new FifoLock(store, runtime, LOCK_WAIT_MAX_MS) };
};

/**
 * Runs the work in a transaction; the caller holds the lock. BEGIN IMMEDIATE takes the write lock at once, so a
 * transaction never fails half way because of it.
 */
export const inTransaction = async <T>(
  { database, store, file, runtime }: SqliteSide,
  work: () => Promise<T>,
  origin: StatementOrigin = 'engine',
): Promise<T> => {
  const control = async (statement: string, whose?: StatementOrigin): Promise<void> => {
    try {
      await whileBusy({ store, file }, runtime, () => database.exec(statement));
    } catch (error) {
      throw translateSqliteError(error, { store, file }, whose);
    }
  };
  await control('BEGIN IMMEDIATE');
  try {
    const result = await work();
    if (origin === 'handler') for (const statement of dropsOfTemporary(database)) await control(statement);
    await control('COMMIT', origin);
    return result;
  } catch (error) {
    // After some errors, such as a full disk, SQLite has already rolled back.
    if (database.database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
};

/** What a handler has made for itself: the connection, which all work shares, would keep it. */
const dropsOfTemporary = ({ database }: NodeSqliteDatabase): readonly string[] =>
  (database.prepare(TEMPORARY).all() as unknown as readonly TemporaryRow[]).map(({ type, name }) => `DROP ${type} IF EXISTS temp.${quoted(name)}`);

/** Indexes go with their tables. */
const TEMPORARY = `SELECT upper(type) AS type, name FROM sqlite_temp_master WHERE type IN ('trigger', 'view', 'table') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
  ORDER BY type = 'table', type = 'view'`;

interface TemporaryRow {
  readonly type: string;
  readonly name: string;
}

/** Tries again while another process holds the lock, for a bounded time and without blocking this one. */
const whileBusy = (file: SqliteFile, runtime: Runtime, action: () => unknown): Promise<unknown> =>
  retryWhileBusy(action, { file: storeFile(file), runtime, busyTimeoutMs: BUSY_WAIT_MAX_MS });
