// The driver of MariaDB, and TypeORM's data source on it, with every bound and setting of its sessions.
import type { DocumentClass } from '@mainstem/projection';
import type { Connection, ConnectionOptions, SslOptions } from 'mysql2/promise';
import { DataSource } from 'typeorm';
import { migrations, MIGRATIONS_TABLE } from '../bookkeeping/migrations.js';
import { InvalidSqlOptions } from '../errors.js';
import type { MariadbTarget } from './mariadb-target.js';
import { tlsOptionsOf } from './mariadb-tls.js';
import { castTextField } from './mariadb-types.js';

/** Longest wait for a connection. */
export const CONNECT_TIMEOUT_MS = 10_000;
/** Longer than the server's own limit: only a dead connection gets here. */
export const ANSWER_TIMEOUT_EXTRA_MS = 10_000;
/** Of handlers, on each connection. */
const STATEMENTS_KEPT_MAX = 200;
/** Of a text, when rows are sorted by it: more than an index holds. */
const SORTED_BYTES = 4_096;
/** So that rows can be sorted by several such texts. */
const SORT_BUFFER_BYTES_MIN = 2_097_152;
/** What TypeORM does not know of this server; a table's column gets a type of its own. */
const TYPES_ADDED = [
  ...(['character varying', 'timestamptz', 'timestamp with time zone', 'timestamp without time zone', 'time without time zone'] as const),
  ...(['uuid', 'jsonb', 'int2', 'int8'] as const),
];

/** Opens connections of the driver, which is loaded by those who use it alone. */
export class MariadbDriver {
  private constructor(
    private readonly modules: { readonly forTypeorm: unknown; readonly createConnection: (options: ConnectionOptions) => Promise<Connection> },
    private readonly target: MariadbTarget,
    private readonly tls: SslOptions | undefined,
  ) {}

  /** Errors: READ_STORE_INVALID_OPTIONS without the package, or if the file of the CA cannot be used. */
  static async load(target: MariadbTarget): Promise<MariadbDriver> {
    const tls = await tlsOptionsOf(target);
    try {
      const [{ default: forTypeorm }, { createConnection }] = await Promise.all([import('mysql2'), import('mysql2/promise')]);
      return new MariadbDriver({ forTypeorm, createConnection }, target, tls);
    } catch (error) {
      throw new InvalidSqlOptions(`MariaDB needs the package mysql2: npm install mysql2 (${error instanceof Error ? error.message : String(error)})`);
    }
  }

  /** Not connected yet. */
  dataSource(entities: readonly DocumentClass[]): DataSource {
    const dataSource = new DataSource({
      type: 'mariadb',
      driver: this.modules.forTypeorm,
      database: this.target.database,
      entities: [...entities],
      migrations: [...migrations],
      migrationsTableName: MIGRATIONS_TABLE,
      logging: false,
      enableQueryTimeout: true,
      maxQueryExecutionTime: this.target.limits.statementTimeoutMs + ANSWER_TIMEOUT_EXTRA_MS,
      extra: { ...this.#options, connectionLimit: this.target.limits.poolSizeMax },
    });
    dataSource.driver.supportedDataTypes.push(...TYPES_ADDED);
    dataSource.driver.withLengthColumnTypes.push('character varying');
    return dataSource;
  }

  /** A connection that is none of the data source's, with its session set. Errors: the driver's. */
  async connect(): Promise<Connection> {
    const connection = await this.modules.createConnection(this.#options);
    connection.on('error', () => undefined); // the statement that meets it tells it
    await this.prepare(connection);
    return connection;
  }

  /**
   * Prepares a session, whatever the server or the user has set. Names and texts are written as in the other dialects,
   * wrong values are refused instead of changed, no row of a result is left out, and everything has a limit.
   */
  async prepare(connection: Connection): Promise<void> {
    const { statementTimeoutMs, lockTimeoutMs, idleInTransactionTimeoutMs } = this.target.limits;
    const settings = {
      sql_mode: "'STRICT_ALL_TABLES,ANSI_QUOTES,PIPES_AS_CONCAT,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
      time_zone: "'+00:00'",
      autocommit: 1,
      tx_read_only: 0,
      default_storage_engine: 'InnoDB', // others have no transactions
      sql_select_limit: 'cast(-1 AS unsigned)',
      sql_safe_updates: 0,
      max_sort_length: SORTED_BYTES,
      sort_buffer_size: `greatest(@@sort_buffer_size, ${SORT_BUFFER_BYTES_MIN})`,
      group_concat_max_len: 1_073_741_824,
      max_statement_time: statementTimeoutMs / 1_000,
      innodb_lock_wait_timeout: secondsOf(lockTimeoutMs),
      lock_wait_timeout: secondsOf(lockTimeoutMs),
      idle_transaction_timeout: secondsOf(idleInTransactionTimeoutMs),
    };
    await connection.query('SET NAMES utf8mb4 COLLATE utf8mb4_nopad_bin');
    await connection.query(
      `SET SESSION ${Object.entries(settings)
        .map(([name, value]) => `${name} = ${value}`)
        .join(', ')}`,
    );
    await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
  }

  get #options(): ConnectionOptions {
    const { host, port, user, password, database } = this.target;
    return {
      ...{ host, port, user, password, database, connectTimeout: CONNECT_TIMEOUT_MS, charset: 'utf8mb4', timezone: 'Z' },
      ...{ dateStrings: true, supportBigNumbers: true, bigNumberStrings: true, jsonStrings: true, enableKeepAlive: true },
      ...{ multipleStatements: false, maxPreparedStatements: STATEMENTS_KEPT_MAX, typeCast: castTextField },
      ...(this.tls && { ssl: this.tls }),
    };
  }
}

/** In whole seconds, as the server takes its limits. */
export const secondsOf = (ms: number): number => Math.ceil(ms / 1_000);
