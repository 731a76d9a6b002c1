// The embedded SQL read store: one file, one connection that writes and one that reads.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ReadStoreUnavailable } from '@mainstem/projection';
import type { DocumentClass } from '@mainstem/projection';
import type { Runtime } from '@mainstem/event-store';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { migrate } from '../bookkeeping/migrate.js';
import { migrations, MIGRATIONS_TABLE } from '../bookkeeping/migrations.js';
import type { ColumnKind } from '../entity/column-kind.js';
import type { Decoder } from '../entity/document-codec.js';
import { quoted } from '../entity/identifiers.js';
import { SqliteTooOld } from '../errors.js';
import { FifoLock } from '../fifo-lock.js';
import type { Durability, SqlConnection, SqlDatabase } from '../sql-database.js';
import { NodeSqliteDatabase } from './node-sqlite-driver.js';
import { SqliteConnection } from './sqlite-connection.js';
import { isBusy, translateSqliteError } from './sqlite-errors.js';

/** Before it, two connections to one file could lose committed writes (WAL reset); https://sqlite.org/releaselog/3_51_3.html */
const SQLITE_VERSION_MIN = '3.51.3';
const FILE_NAME = 'sql.db';
const LOCK_WAIT_MAX_MS = 30_000;
const BUSY_WAIT_MAX_MS = 30_000;
const BUSY_RETRY_MS = 5;
const BUSY_RETRY_MAX_MS = 50;

export interface SqliteOptions {
  readonly dir: string;
  readonly entities: readonly DocumentClass[];
  readonly runtime: Runtime;
}

/** One DataSource of TypeORM is one connection, so each has a lock, and reads that must not see an open transaction have their own. */
export class SqliteDatabase implements SqlDatabase {
  readonly schema = undefined;
  readonly textCollation = undefined;
  readonly canReplaceViews = false;
  #isClosed = false;

  private constructor(
    private readonly file: string,
    private readonly runtime: Runtime,
    private readonly writer: Side,
    private readonly reader: Side,
  ) {}

  /** Opens or makes `<dir>/sql.db`. Errors: READ_STORE_UNAVAILABLE, READ_STORE_INVALID_FILE, READ_STORE_NEWER, READ_STORE_SQLITE_TOO_OLD, READ_STORE_READ_ONLY. */
  static async open({ dir, entities, runtime }: SqliteOptions): Promise<SqliteDatabase> {
    const file = join(dir, FILE_NAME);
    const opened: Side[] = [];
    try {
      await mkdir(dir, { recursive: true });
      const writer = await openSide({ file, entities, runtime, isReadOnly: false });
      opened.push(writer);
      assertVersion(writer.database);
      await inTransaction(writer, runtime, () => migrate(writer.connection.runner, file));
      const reader = await openSide({ file, entities, runtime, isReadOnly: true });
      return new SqliteDatabase(file, runtime, writer, reader);
    } catch (error) {
      for (const { dataSource } of opened) await dataSource.destroy();
      throw translateSqliteError(error, file);
    }
  }

  get dataSource(): DataSource {
    return this.writer.dataSource;
  }

  sqlName(table: string): string {
    return quoted(table);
  }

  decoderOf(kind: ColumnKind): Decoder {
    return DECODERS[kind];
  }

  use<T>(work: (connection: SqlConnection) => Promise<T>): Promise<T> {
    this.#assertOpen();
    return this.writer.lock.run(() => work(this.writer.connection));
  }

  // Both kinds of durability are the file's synchronous=NORMAL: a power cut takes the last commits back, never half of one.
  transact<T>(_durability: Durability, work: (connection: SqlConnection) => Promise<T>): Promise<T> {
    this.#assertOpen();
    return this.writer.lock.run(() => inTransaction(this.writer, this.runtime, () => work(this.writer.connection), this.file));
  }

  read<T>(work: (connection: SqlConnection, manager: EntityManager) => Promise<T>): Promise<T> {
    this.#assertOpen();
    const { lock, database, connection, dataSource } = this.reader;
    return lock.run(async () => {
      database.exec('BEGIN');
      try {
        return await work(connection, dataSource.manager);
      } catch (error) {
        throw translateSqliteError(error, this.file, true);
      } finally {
        database.exec('ROLLBACK');
      }
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const { lock, dataSource } of [this.reader, this.writer]) await lock.run(() => dataSource.destroy());
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new ReadStoreUnavailable('sql', 'it is closed');
  }
}

/** One of the two connections with what belongs to it. */
interface Side {
  readonly dataSource: DataSource;
  readonly database: NodeSqliteDatabase;
  readonly connection: SqliteConnection;
  readonly lock: FifoLock;
}

interface SideOptions extends Omit<SqliteOptions, 'dir'> {
  readonly file: string;
  readonly isReadOnly: boolean;
}

const openSide = async ({ file, entities, runtime, isReadOnly }: SideOptions): Promise<Side> => {
  let database: NodeSqliteDatabase | undefined;
  const dataSource = new DataSource({
    type: 'better-sqlite3',
    driver: NodeSqliteDatabase,
    database: file,
    readonly: isReadOnly,
    timeout: BUSY_RETRY_MAX_MS,
    enableWAL: false, // set in prepareDatabase, where a busy file is tried again
    prepareDatabase: async (opened: NodeSqliteDatabase) => {
      database = opened;
      if (isReadOnly) return;
      await retryBusy(runtime, () => opened.pragma('journal_mode = WAL'));
      opened.pragma('synchronous = NORMAL');
    },
    entities: [...entities],
    migrations: isReadOnly ? [] : [...migrations],
    migrationsTableName: MIGRATIONS_TABLE,
    logging: false,
  });
  await dataSource.initialize();
  if (!database) throw new ReadStoreUnavailable('sql', `${file} was not opened`);
  const connection = new SqliteConnection(dataSource.createQueryRunner(), database, file);
  return { dataSource, database, connection, lock: new FifoLock('sql', runtime, LOCK_WAIT_MAX_MS) };
};

/** BEGIN IMMEDIATE takes the write lock at once, so that a transaction never fails half-way for want of it. */
const inTransaction = async <T>({ database }: Side, runtime: Runtime, work: () => Promise<T>, file = ''): Promise<T> => {
  const control = async (statement: string): Promise<void> => {
    try {
      await retryBusy(runtime, () => database.exec(statement));
    } catch (error) {
      throw translateSqliteError(error, file);
    }
  };
  await control('BEGIN IMMEDIATE');
  try {
    const result = await work();
    await control('COMMIT');
    return result;
  } catch (error) {
    // SQLite has rolled back by itself after some errors, such as a full disk.
    if (database.database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
};

/** Tries again while another process holds the lock, for a bounded time and without blocking this one. */
const retryBusy = async (runtime: Runtime, attempt: () => unknown): Promise<void> => {
  const deadline = runtime.monotonic() + BUSY_WAIT_MAX_MS;
  for (let delayMs = BUSY_RETRY_MS; ; delayMs = Math.min(delayMs * 2, BUSY_RETRY_MAX_MS)) {
    try {
      attempt();
      return;
    } catch (error) {
      if (!isBusy(error) || runtime.monotonic() >= deadline) throw error;
    }
    await runtime.sleep(runtime.random() * delayMs);
  }
};

const assertVersion = (database: NodeSqliteDatabase): void => {
  const row = database.database.prepare('SELECT sqlite_version() AS version').get();
  const actual = String(row?.['version']);
  const [major = 0, minor = 0, patch = 0] = actual.split('.').map(Number);
  const [majorMin = 0, minorMin = 0, patchMin = 0] = SQLITE_VERSION_MIN.split('.').map(Number);
  const isNewEnough = major !== majorMin ? major > majorMin : minor !== minorMin ? minor > minorMin : patch >= patchMin;
  if (!isNewEnough) throw new SqliteTooOld(SQLITE_VERSION_MIN, actual);
};

const same: Decoder = (value) => value;

const DECODERS: Readonly<Record<ColumnKind, Decoder>> = {
  text: same,
  integer: same,
  smallint: same,
  bigint: same,
  double: same,
  boolean: (value) => value !== 0,
  json: (value) => JSON.parse(value as string) as unknown,
};
