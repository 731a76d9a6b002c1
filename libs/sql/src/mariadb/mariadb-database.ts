// The SQL read store on a MariaDB server: a pool of connections, each with one piece of work at a time.
import { ReadStoreUnavailable } from '@mainstem/projection/adapter';
import type { Runtime } from '@mainstem/event-store';
import type { Connection as DriverConnection } from 'mysql2';
import type { Connection } from 'mysql2/promise';
import type { DataSource, EntityManager, TableColumn, TableIndex } from 'typeorm';
import { migrate } from '../bookkeeping/migrate.js';
import type { ColumnKind, TextLimits } from '../layout/column-kind.js';
import type { Decoder } from '../layout/document-codec.js';
import type { EntityLayouts } from '../layout/entity-layouts.js';
import { openEntities, TEXT_KINDS } from '../layout/open-entities.js';
import { quoted } from '../layout/identifiers.js';
import type { StatementOrigin } from '../server/failure-origin.js';
import { FifoLock } from '../server/fifo-lock.js';
import { guardSnapshot } from '../server/foreign-statement.js';
import { ServerWork } from '../server/server-work.js';
import type { Durability, OpenOptions, SqlConnection, SqlDatabase } from '../server/sql-database.js';
import { MariadbConnection } from './mariadb-connection.js';
import { MariadbDefinitions, UNSETTLED_TABLE } from './mariadb-definitions.js';
import { assertFits } from './mariadb-entities.js';
import { translateMariadbError } from './mariadb-errors.js';
import { ANSWER_TIMEOUT_EXTRA_MS, CONNECT_TIMEOUT_MS, MariadbDriver, secondsOf } from './mariadb-driver.js';
import { assertServer, mariadbTargetOf } from './mariadb-target.js';
import type { MariadbLocation, MariadbTarget } from './mariadb-target.js';
import { columnSql, columnType, decoderOf } from './mariadb-types.js';
import { mariadbDefinition } from './mariadb-words.js';

/** Between two statements of a long read. */
const SNAPSHOT_IDLE_TIMEOUT_S = 600;
/** What a crash has left is mended once; another one may come meanwhile. */
const HEAL_ATTEMPTS_MAX = 3;
/** Connections that queries leave to the engine. */
const KEPT_FROM_QUERIES = 1;
interface DatabaseParts {
  readonly store: string;
  readonly runtime: Runtime;
  readonly target: MariadbTarget;
  readonly queries: FifoLock;
  readonly places: FifoLock;
  readonly driver: MariadbDriver;
}

/** Each call holds one connection of the pool, and never a second one; it makes and drops through others. */
export class MariadbDatabase implements SqlDatabase {
  readonly schema = undefined;
  readonly textCollation = undefined;
  readonly canReplaceViews = true;
  /** Not the statement's start: it may have waited for a lock. */
  readonly nowMs = 'CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000 AS signed)';
  /** How long a commit takes is the server's setting (innodb_flush_log_at_trx_commit). */
  readonly relaxed = '1';
  readonly indexesOf = `SELECT index_name AS name, CASE WHEN min(non_unique) = 1 AND max(sub_part) IS NULL THEN
      concat('[', group_concat(json_quote(column_name) COLLATE utf8mb4_nopad_bin ORDER BY seq_in_index SEPARATOR ','), ']') END AS "columns"
    FROM information_schema.statistics WHERE table_schema = database() AND table_name = ? AND index_name <> 'PRIMARY' GROUP BY index_name`;
  readonly decoderOf: (kind: ColumnKind) => Decoder = decoderOf;
  readonly #work: ServerWork;
  /** Connections whose session is set. */
  readonly #prepared = new WeakSet<object>();
  #packetMax = 0;

  private constructor(
    readonly dataSource: DataSource,
    readonly layouts: EntityLayouts,
    private readonly parts: DatabaseParts,
  ) {
    this.#work = new ServerWork(parts.store, parts.runtime);
  }

  /**
   * Connects and prepares the database. Errors: READ_STORE_UNAVAILABLE, READ_STORE_INVALID_OPTIONS,
   * READ_STORE_UNSUPPORTED_DATABASE, READ_STORE_PERMISSION_DENIED, READ_STORE_NEWER, READ_STORE_CERTIFICATE_REFUSED,
   * READ_STORE_UNSUPPORTED_ENTITY.
   */
  static async open(location: MariadbLocation, { entities, runtime, name }: OpenOptions): Promise<MariadbDatabase> {
    const target = mariadbTargetOf(location);
    const driver = await MariadbDriver.load(target);
    const dataSource = driver.dataSource(entities);
    const layouts = await openEntities(dataSource, entities, { ...TEXT_KINDS, 'native-json': 'simple-json', jsonb: 'simple-json' }).catch(
      (error: unknown) => {
        throw translateMariadbError(error, name);
      },
    );
    const placesOf = (count: number): FifoLock => new FifoLock(name, runtime, CONNECT_TIMEOUT_MS, count);
    const { poolSizeMax } = target.limits;
    const parts = { store: name, runtime, target, places: placesOf(poolSizeMax), queries: placesOf(Math.max(1, poolSizeMax - KEPT_FROM_QUERIES)) };
    const database = new MariadbDatabase(dataSource, layouts, { ...parts, driver });
    try {
      for (const layout of layouts.all()) assertFits(layout);
      await database.#prepare();
      return database;
    } catch (error) {
      await database.close();
      throw translateMariadbError(error, name);
    }
  }

  sqlName(table: string): string {
    return quoted(table);
  }

  nativeType(kind: ColumnKind, limits: TextLimits): string {
    return columnType(kind, limits);
  }

  /** Of all rows: an index has no condition here. Text that had no index is kept as what an index takes from now on. */
  createIndexSql(table: string, { name = '', columnNames }: TableIndex, columns: readonly TableColumn[]): string {
    const changes = columns
      .filter((column) => columnNames.includes(column.name) && column.type.startsWith('var'))
      .map((column) => `MODIFY ${columnSql(column)}`);
    const index = `ADD INDEX IF NOT EXISTS ${quoted(name)} (${columnNames.map(quoted).join(', ')})`;
    return `ALTER TABLE ${quoted(table)} ${[...changes, index].join(', ')}`;
  }

  dropIndexSql(table: string, index: string): string {
    return `DROP INDEX IF EXISTS ${quoted(index)} ON ${quoted(table)}`;
  }

  use<T>(work: (connection: SqlConnection) => Promise<T>): Promise<T> {
    return this.#withConnection(work);
  }

  transact<T>(_durability: Durability, work: (connection: SqlConnection) => Promise<T>, origin: StatementOrigin = 'engine'): Promise<T> {
    return this.#work.runUntilViewsAreFree(() =>
      this.#inTurn(async (connection) => {
        await connection.begin('START TRANSACTION');
        const result = await work(connection);
        await connection.commit(origin);
        return result;
      }),
    );
  }

  async read<T>(work: (connection: SqlConnection, manager: EntityManager) => Promise<T>): Promise<T> {
    const query = async (connection: MariadbConnection): Promise<{ readonly value: T } | undefined> => {
      await connection.begin(SNAPSHOT);
      // Waits until a promotion is through; only then the snapshot is taken, by this query.
      const notes = await connection.query(`SELECT name FROM ${quoted(UNSETTLED_TABLE)} WHERE is_view = 1 LIMIT 1`);
      if (notes.length > 0) return undefined;
      guardSnapshot(connection.runner, { store: this.parts.store, dialect: 'mariadb' });
      try {
        return { value: await work(connection, connection.runner.manager) };
      } catch (error) {
        throw translateMariadbError(error, this.parts.store, 'query');
      }
    };
    for (let attempt = 1; attempt <= HEAL_ATTEMPTS_MAX; attempt++) {
      const result = await this.parts.queries.run(() => this.#withConnection(query));
      if (result) return result.value;
      await this.#heal();
    }
    throw new ReadStoreUnavailable(this.parts.store, 'its views are being changed');
  }

  snapshot<T>(work: (connection: SqlConnection) => Promise<T>): Promise<T> {
    return this.#withConnection(async (connection) => {
      const idleS = Math.ceil(this.parts.target.limits.idleInTransactionTimeoutMs / 1_000);
      await connection.run(`SET SESSION idle_transaction_timeout = ${SNAPSHOT_IDLE_TIMEOUT_S}`);
      await connection.begin(SNAPSHOT);
      try {
        return await work(connection);
      } catch (error) {
        throw translateMariadbError(error, this.parts.store, 'query');
      } finally {
        await connection.end();
        await connection.run(`SET SESSION idle_transaction_timeout = ${idleS}`).catch(() => undefined); // it is lost then
      }
    });
  }

  close(): Promise<void> {
    return this.#work.close(() => this.dataSource.destroy());
  }

  /** Makes the bookkeeping, one process at a time, and repairs it after a crash. A replica has what its primary has. */
  async #prepare(): Promise<void> {
    const isReadOnly = await this.use(async (connection) => {
      const [row] = await connection.query<ServerRow>(
        'SELECT version() AS version, @@max_allowed_packet AS packet, @@global.read_only AS "isReadOnly"',
      );
      this.#packetMax = Number(row?.packet);
      assertServer(row?.version ?? '', this.#packetMax);
      return Number(row?.isReadOnly) === 1;
    });
    if (isReadOnly) return;
    await this.#withConnection(async (connection) => {
      await connection.lockName('bookkeeping');
      const notes = `CREATE TABLE IF NOT EXISTS ${quoted(UNSETTLED_TABLE)} (name varbinary(255) NOT NULL PRIMARY KEY, is_view tinyint NOT NULL)`;
      await connection.define(async (runner) => {
        const query = runner.query.bind(runner) as (...all: Parameters<typeof runner.query>) => Promise<unknown>;
        runner.query = (async (sql: string, ...rest: unknown[]) => query(mariadbDefinition(sql), ...(rest as []))) as typeof runner.query;
        await runner.query(notes);
        await migrate(runner, this.parts.store);
      });
    });
    const [note] = await this.use((connection) => connection.query(`SELECT 1 AS found FROM ${quoted(UNSETTLED_TABLE)} LIMIT 1`));
    if (note) await this.#heal();
  }

  async #heal(): Promise<void> {
    const definitions = this.#definitions();
    try {
      await definitions.heal();
    } finally {
      await definitions.end();
    }
  }

  #definitions(): MariadbDefinitions {
    const { store, target, driver } = this.parts;
    const translate = (error: unknown): unknown => translateMariadbError(error, store);
    const { database, limits } = target;
    return new MariadbDefinitions({ store, database, lockWaitS: secondsOf(limits.lockTimeoutMs), connect: () => driver.connect(), translate });
  }

  #withConnection<T>(work: (connection: MariadbConnection) => Promise<T>): Promise<T> {
    return this.#work.run(() => this.#inTurn(work));
  }

  #inTurn<T>(work: (connection: MariadbConnection) => Promise<T>): Promise<T> {
    return this.parts.places.run(() => this.#leased(work));
  }

  async #leased<T>(work: (connection: MariadbConnection) => Promise<T>): Promise<T> {
    const { store, target } = this.parts;
    const runner = this.dataSource.createQueryRunner();
    const definitions = this.#definitions();
    let isDone = false;
    try {
      const client = await this.#connected(runner.connect() as Promise<DriverConnection>);
      const { statementTimeoutMs, lockTimeoutMs } = target.limits;
      const limits = { lockWaitS: secondsOf(lockTimeoutMs), answerTimeoutMs: statementTimeoutMs + ANSWER_TIMEOUT_EXTRA_MS };
      const lease = { store, runner, client, definitions, database: target.database, packetMax: this.#packetMax, ...limits };
      const connection = new MariadbConnection(lease);
      try {
        const result = await work(connection);
        isDone = true;
        return result;
      } finally {
        await connection.end();
      }
    } finally {
      await runner.release();
      await definitions.settle(isDone).catch(() => undefined); // what is noted stays noted, for the next who comes
      await definitions.end();
    }
  }

  async #connected(connecting: Promise<DriverConnection>): Promise<Connection> {
    try {
      const connection = await connecting;
      const client = (connection as DriverConnection & { promise(): Connection }).promise();
      if (!this.#prepared.has(connection)) await this.parts.driver.prepare(client);
      this.#prepared.add(connection);
      return client;
    } catch (error) {
      throw translateMariadbError(error, this.parts.store);
    }
  }
}

interface ServerRow {
  readonly version: string;
  readonly packet: string;
  readonly isReadOnly: number | string;
}

const SNAPSHOT = 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; START TRANSACTION READ ONLY';
