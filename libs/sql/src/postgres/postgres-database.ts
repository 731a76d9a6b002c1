// The SQL read store on a PostgreSQL server: a pool of connections, each with one task at a time.
import type { Runtime } from '@mainstem/event-store';
import type { Pool, PoolClient } from 'pg';
import type { DataSource, EntityManager, TableIndex } from 'typeorm';
import { migrate } from '../bookkeeping/migrate.js';
import type { ColumnKind, NativeKind } from '../layout/column-kind.js';
import type { Decoder } from '../layout/document-codec.js';
import type { EntityLayouts } from '../layout/entity-layouts.js';
import { openEntities, TEXT_KINDS } from '../layout/open-entities.js';
import { quoted } from '../layout/identifiers.js';
import type { StatementOrigin } from '../server/failure-origin.js';
import { FifoLock } from '../server/fifo-lock.js';
import { guardSnapshot } from '../server/foreign-statement.js';
import { createIndexSql, dropIndexSql } from '../server/index-statements.js';
import { ServerWork } from '../server/server-work.js';
import type { Durability, OpenOptions, SqlConnection, SqlDatabase } from '../server/sql-database.js';
import { assertExists } from './existing-schema.js';
import { hearErrors } from './heard-errors.js';
import { instantOf, localTimeOf, NATIVE_TYPES } from './native-types.js';
import { PostgresConnection } from './postgres-connection.js';
import { UnsupportedDatabase } from '../errors.js';
import { translatePostgresError } from './postgres-errors.js';
import { postgresTargetOf } from './postgres-target.js';
import { CONNECT_TIMEOUT_MS, dataSourceFor } from './postgres-data-source.js';
import { assertSettings } from './session-settings.js';
import type { PostgresLocation, PostgresTarget } from './postgres-target.js';
import type { ServerLimits } from '../server/server-limits.js';

/** Between two statements of a long read. */
const SNAPSHOT_IDLE_TIMEOUT_MS = 600_000;
/** Connections that queries leave to the engine: otherwise too many queries would block the projector. */
const KEPT_FROM_QUERIES = 1;

/** Each call holds at most one connection, so a pool of any size cannot deadlock. */
export class PostgresDatabase implements SqlDatabase {
  /** The same order as SQLite's: by code point, whatever the database's locale. */
  readonly textCollation = 'C';
  readonly canReplaceViews = true;
  /** Not the transaction's start: it may have waited for a lock. */
  readonly nowMs = 'CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)';
  // It also works without a transaction: the setting then belongs to the statement.
  readonly relaxed = "set_config('synchronous_commit', 'off', true) = 'off'";
  readonly #work: ServerWork;

  private constructor(
    readonly dataSource: DataSource,
    readonly layouts: EntityLayouts,
    private readonly parts: {
      readonly store: string;
      readonly schema: string;
      readonly runtime: Runtime;
      readonly queries: FifoLock;
      readonly limits: ServerLimits;
    },
  ) {
    this.#work = new ServerWork(parts.store, parts.runtime);
  }

  /**
   * Connects and prepares the schema. Errors: READ_STORE_UNAVAILABLE, READ_STORE_INVALID_OPTIONS,
   * READ_STORE_PERMISSION_DENIED, READ_STORE_NEWER, READ_STORE_CANNOT_OPEN.
   */
  static async open(location: PostgresLocation, { entities, runtime, name }: OpenOptions): Promise<PostgresDatabase> {
    const target = postgresTargetOf(location);
    const dataSource = dataSourceFor(target, entities);
    const layouts = await openEntities(dataSource, entities, TEXT_KINDS).catch((error: unknown) => {
      throw translatePostgresError(error, name);
    });
    hearErrors((dataSource.driver as unknown as { readonly master: Pool }).master);
    const queries = new FifoLock(name, runtime, CONNECT_TIMEOUT_MS, Math.max(1, target.poolSizeMax - KEPT_FROM_QUERIES));
    const database = new PostgresDatabase(dataSource, layouts, { store: name, schema: target.schema, runtime, queries, limits: target });
    try {
      await database.#prepare(target);
      return database;
    } catch (error) {
      await database.close();
      throw translatePostgresError(error, name);
    }
  }

  get indexesOf(): string {
    return `SELECT class.relname AS name, CASE WHEN NOT found.indisunique AND found.indpred IS NULL AND found.indexprs IS NULL THEN
        (SELECT json_agg(attname ORDER BY attnum)::text FROM pg_attribute WHERE attrelid = found.indexrelid) END AS columns
      FROM pg_index found JOIN pg_class class ON class.oid = found.indexrelid JOIN pg_class source ON source.oid = found.indrelid
      WHERE source.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = '${this.schema}') AND source.relname = ?`;
  }

  get schema(): string {
    return this.parts.schema;
  }

  sqlName(table: string): string {
    return `${quoted(this.schema)}.${quoted(table)}`;
  }

  nativeType(kind: ColumnKind): string | undefined {
    return NATIVE_TYPES[kind as NativeKind];
  }

  createIndexSql(table: string, index: TableIndex): string {
    return createIndexSql((name) => this.sqlName(name), table, index);
  }

  dropIndexSql(_table: string, index: string): string {
    return dropIndexSql((name) => this.sqlName(name), index);
  }

  decoderOf(kind: ColumnKind): Decoder {
    return DECODERS[kind];
  }

  use<T>(work: (connection: SqlConnection) => Promise<T>): Promise<T> {
    return this.#withConnection(work);
  }

  transact<T>(durability: Durability, work: (connection: SqlConnection) => Promise<T>, origin: StatementOrigin = 'engine'): Promise<T> {
    return this.#work.runUntilViewsAreFree(() => this.#leased((connection) => inTransaction(connection, { durability, origin, work })));
  }

  read<T>(work: (connection: SqlConnection, manager: EntityManager) => Promise<T>): Promise<T> {
    const query = async (connection: PostgresConnection): Promise<T> => {
      // LOCK takes no snapshot: it waits until a promotion has ended; then the first query takes the snapshot.
      await connection.control(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; LOCK TABLE ${this.#viewLock} IN ACCESS SHARE MODE`);
      guardSnapshot(connection.runner, { store: this.parts.store, dialect: 'postgres' });
      try {
        return await work(connection, connection.runner.manager);
      } catch (error) {
        throw translatePostgresError(error, this.parts.store, 'query');
      } finally {
        await connection.rollback();
      }
    };
    return this.parts.queries.run(() => this.#withConnection(query));
  }

  snapshot<T>(work: (connection: SqlConnection) => Promise<T>): Promise<T> {
    return this.#withConnection(async (connection) => {
      const idleMs = SNAPSHOT_IDLE_TIMEOUT_MS;
      await connection.control(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = ${idleMs}`);
      try {
        return await work(connection);
      } catch (error) {
        throw translatePostgresError(error, this.parts.store, 'query');
      } finally {
        await connection.rollback();
      }
    });
  }

  close(): Promise<void> {
    return this.#work.close(() => this.dataSource.destroy());
  }

  /** Makes schema and bookkeeping, one process at a time. A replica gets these from its primary. */
  async #prepare({ mustExist }: PostgresTarget): Promise<void> {
    const isReplica = await this.use(async (connection) => {
      const [row] = await connection.query<{ replica: boolean }>('SELECT pg_is_in_recovery() AS replica');
      return row?.replica === true;
    });
    await this.#assertUnicode();
    await this.use((connection) => assertSettings(connection, this.parts.limits));
    if (mustExist) await this.use((connection) => assertExists(connection, this.schema));
    if (isReplica) return;
    await this.transact('full', async (connection) => {
      await connection.query('SELECT pg_advisory_xact_lock(hashtextextended(?, 0))', [`mainstem ${this.schema}`]);
      const schemas = await connection.query('SELECT 1 FROM pg_namespace WHERE nspname = ?', [this.schema]);
      if (schemas.length === 0) await connection.run(`CREATE SCHEMA ${quoted(this.schema)}`);
      await connection.define((runner) => migrate(runner, this.parts.store));
    });
  }

  /** Another encoding lacks letters, and SQL_ASCII counts bytes. */
  async #assertUnicode(): Promise<void> {
    const [row] = await this.use((connection) => connection.query<{ encoding: string }>("SELECT current_setting('server_encoding') AS encoding"));
    if (row?.encoding === 'UTF8') return;
    throw new UnsupportedDatabase(`its encoding is ${row?.encoding}, and must be UTF8. Create another one with ENCODING 'UTF8' TEMPLATE template0.`);
  }

  get #viewLock(): string {
    return this.sqlName('mainstem_projections');
  }

  #withConnection<T>(work: (connection: PostgresConnection) => Promise<T>): Promise<T> {
    return this.#work.run(() => this.#leased(work));
  }

  async #leased<T>(work: (connection: PostgresConnection) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const client = await this.#connected(runner.connect() as Promise<PoolClient>);
      return await work(
        new PostgresConnection({ store: this.parts.store, runner, client, sqlName: (table) => this.sqlName(table), viewLock: this.#viewLock }),
      );
    } finally {
      await runner.release();
    }
  }

  async #connected(client: Promise<PoolClient>): Promise<PoolClient> {
    try {
      return await client;
    } catch (error) {
      throw translatePostgresError(error, this.parts.store);
    }
  }
}

interface TransactionParts<T> {
  readonly durability: Durability;
  readonly origin: StatementOrigin;
  readonly work: (connection: SqlConnection) => Promise<T>;
}

const inTransaction = async <T>(connection: PostgresConnection, { durability, origin, work }: TransactionParts<T>): Promise<T> => {
  // After a server crash, rows and checkpoint go back together, so a commit need not wait for the disk.
  await connection.control(durability === 'full' ? 'BEGIN' : 'BEGIN; SET LOCAL synchronous_commit = off');
  try {
    const result = await work(connection);
    await connection.commit(origin);
    return result;
  } catch (error) {
    await connection.rollback();
    throw error;
  }
};

const same: Decoder = (value) => value;
const parsed: Decoder = (value) => JSON.parse(value as string) as unknown;

// Values come as the server's text.
const DECODERS: Readonly<Record<ColumnKind, Decoder>> = {
  text: same,
  integer: Number,
  smallint: Number,
  bigint: same,
  double: Number,
  boolean: (value) => value === 't',
  json: parsed,
  'native-json': parsed,
  jsonb: parsed,
  numeric: same,
  uuid: same,
  date: same,
  time: same,
  timestamp: (value) => localTimeOf(value as string),
  timestamptz: (value) => instantOf(value as string),
};
