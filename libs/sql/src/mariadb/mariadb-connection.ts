// A MariaDB connection in the hands of one piece of work.
import { InvalidDocument, ReadStoreOverburdened, StatementRefused } from '@mainstem/projection/adapter';
import type { ProjectionDocument, ScanEntry, ScanOptions } from '@mainstem/projection/adapter';
import type { QueryOptions, ResultSetHeader } from 'mysql2';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import type { QueryRunner, Table } from 'typeorm';
import { problemOf } from '../server/database-failure.js';
import { quoted } from '../layout/identifiers.js';
import type { StatementOrigin } from '../server/failure-origin.js';
import { assertForeign } from '../server/foreign-statement.js';
import type { CollectionTable, SqlConnection } from '../server/sql-database.js';
import type { MariadbDefinitions } from './mariadb-definitions.js';
import { endsTransaction, isDataError, isUnanswered, translateMariadbError } from './mariadb-errors.js';
import { lockOf, lockTimeout } from './mariadb-locks.js';
import { deleteStatements, scanStatement, selectStatements, upsertStatements } from './mariadb-table-statements.js';
import type { BulkStatement } from './mariadb-table-statements.js';
import { castBinaryField, castOwnField, columnSql } from './mariadb-types.js';
import { mariadbWords } from './mariadb-words.js';

/** What a connection is given by its database. */
export interface MariadbLease {
  /** Name of the store. */
  readonly store: string;
  readonly runner: QueryRunner;
  readonly client: Connection;
  readonly definitions: MariadbDefinitions;
  /** Names the locks of this database. */
  readonly database: string;
  readonly lockWaitS: number;
  /** The largest statement that the server takes, in bytes. */
  readonly packetMax: number;
  /** After which no answer is waited for: longer than the server's own limit. */
  readonly answerTimeoutMs: number;
}

/** Seconds that a drop of an index may keep others waiting. */
const BRIEF_S = 1;

/** Goes to the driver directly: TypeORM has no part in statements whose cost matters. */
export class MariadbConnection implements SqlConnection {
  readonly runner: QueryRunner;
  readonly #client: Connection;
  #isInTransaction = false;
  /** Why its transaction is over before its time: what came next would be kept by itself. */
  #loss: unknown;
  #hasNames = false;

  constructor(private readonly lease: MariadbLease) {
    this.runner = lease.runner;
    this.#client = lease.client;
  }

  define<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    return this.#guarded(() => work(this.runner));
  }

  createTable({ name, columns, indices }: Table, isIndexed: boolean): Promise<void> {
    const parts = columns.map(columnSql);
    parts.push(
      `PRIMARY KEY (${columns
        .filter(({ isPrimary }) => isPrimary)
        .map((column) => quoted(column.name))
        .join(', ')})`,
    );
    if (isIndexed) parts.push(...indices.map((index) => `INDEX ${quoted(index.name ?? '')} (${index.columnNames.map(quoted).join(', ')})`));
    return this.#defined(
      this.lease.definitions.create(name, `CREATE TABLE ${quoted(name)} (${parts.join(', ')}) ENGINE = InnoDB ROW_FORMAT = DYNAMIC`),
    );
  }

  dropTable(table: string): Promise<void> {
    return this.lease.definitions.drop(table);
  }

  changeView(view: string, sql: string): Promise<void> {
    return this.lease.definitions.changeView(view, sql);
  }

  async query<Row extends object>(sql: string, parameters: readonly unknown[] = []): Promise<readonly Row[]> {
    return this.#sent<(Row & RowDataPacket)[]>({ sql: mariadbWords(sql), values: [...parameters], typeCast: castOwnField });
  }

  async run(sql: string, parameters: readonly unknown[] = []): Promise<number> {
    return (await this.#sent<ResultSetHeader>({ sql: mariadbWords(sql), values: [...parameters] })).affectedRows;
  }

  runLong(sql: string): Promise<void> {
    return this.#defined(this.lease.definitions.alter(sql, undefined));
  }

  async runBriefly(sql: string): Promise<void> {
    await this.lease.definitions.alter(sql, BRIEF_S);
  }

  /** After the server has undone it, each further statement fails with the reason. */
  get isInTransaction(): boolean {
    return this.#isInTransaction;
  }

  async queryForeign<Row extends object>(sql: string, parameters: readonly unknown[]): Promise<readonly Row[]> {
    const { store, packetMax } = this.lease;
    assertForeign(sql, parameters, { store, dialect: 'mariadb' });
    // The server would end the connection.
    const size = parameters.reduce<number>((sum, value) => sum + (typeof value === 'string' ? Buffer.byteLength(value) : 0), Buffer.byteLength(sql));
    if (size > packetMax) throw new ReadStoreOverburdened(store, `a statement of ${size} bytes is larger than max_allowed_packet, ${packetMax}`);
    const options = {
      sql: sql.replace(/^[\s;]+/, ''),
      values: [...parameters] as string[],
      timeout: this.lease.answerTimeoutMs,
      typeCast: castBinaryField,
    };
    const [rows] = await this.#guarded(() => this.#client.execute<(Row & RowDataPacket)[] | ResultSetHeader>(options), 'handler');
    return Array.isArray(rows) ? rows : [];
  }

  async load(table: CollectionTable, keys: readonly string[]): Promise<Map<string, ProjectionDocument>> {
    const { codec } = table;
    const keyIndex = codec.columns.findIndex(({ isKey }) => isKey);
    const documents = new Map<string, ProjectionDocument>();
    for (const { sql } of selectStatements(table, codec.storable(keys), this.lease.packetMax)) {
      for (const row of await this.#arrays(sql)) documents.set(row[keyIndex] as string, codec.decode(row));
    }
    return documents;
  }

  async scan(table: CollectionTable, options: ScanOptions): Promise<readonly ScanEntry[]> {
    return (await this.#arrays(scanStatement(table, options))).map((row) => table.codec.decodeEntry(row));
  }

  async upsert(table: CollectionTable, documents: ReadonlyMap<string, ProjectionDocument>): Promise<void> {
    await this.#write(table.collection, upsertStatements(table, documents, this.lease.packetMax));
  }

  async delete(table: CollectionTable, keys: readonly string[]): Promise<void> {
    await this.#write(table.collection, deleteStatements(table, table.codec.storable(keys), this.lease.packetMax));
  }

  async lockName(name: string): Promise<void> {
    this.#hasNames = true;
    const { database, lockWaitS } = this.lease;
    const [row] = await this.query<{ isLocked: number | null }>('SELECT GET_LOCK(?, ?) AS "isLocked"', [lockOf(database, name), lockWaitS]);
    if (Number(row?.isLocked) !== 1) throw translateMariadbError(lockTimeout(name), this.lease.store);
  }

  /** Errors: `ViewsInUse`, besides those of the work. */
  changeViews(work: () => Promise<void>): Promise<void> {
    return this.lease.definitions.changeViews(work);
  }

  async begin(sql: string): Promise<void> {
    for (const statement of sql.split('; ')) await this.#sent({ sql: statement });
    this.#isInTransaction = true;
  }

  /** Commits what statements of this origin have written. Errors: as theirs. */
  async commit(origin: StatementOrigin): Promise<void> {
    await this.#guarded(() => this.#client.query('COMMIT'), origin);
    this.#isInTransaction = false;
  }

  /**
   * Undoes the uncommitted part and releases names. If that fails, the connection is closed and the server undoes it.
   * Never fails.
   */
  async end(): Promise<void> {
    try {
      if (this.#isInTransaction) await this.#client.query('ROLLBACK');
      if (this.#hasNames) await this.#client.query('DO RELEASE_ALL_LOCKS()');
    } catch {
      this.#client.destroy();
    }
  }

  /** Columns make a row too large, or rows that are there already do not fit an index: a retry does not help. */
  async #defined(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      throw isDataError(cause) ? new StatementRefused(this.lease.store, problemOf(cause), cause) : error;
    }
  }

  async #arrays(sql: string): Promise<readonly (readonly unknown[])[]> {
    return this.#sent<RowDataPacket[][]>({ sql, rowsAsArray: true });
  }

  async #write(collection: string, statements: Iterable<BulkStatement>): Promise<void> {
    for (const { sql, keys } of statements) {
      await this.#guarded(async () => {
        try {
          await this.#client.query({ sql, timeout: this.lease.answerTimeoutMs });
        } catch (error) {
          throw isDataError(error) ? new InvalidDocument(collection, keys.length === 1 ? keys[0] : undefined, problemOf(error), error) : error;
        }
      });
    }
  }

  async #sent<Result extends ResultSetHeader | RowDataPacket[] | RowDataPacket[][]>(options: QueryOptions): Promise<Result> {
    return (await this.#guarded(() => this.#client.query<Result>({ ...options, timeout: this.lease.answerTimeoutMs })))[0];
  }

  async #guarded<T>(work: () => Promise<T>, origin: StatementOrigin = 'engine'): Promise<T> {
    if (this.#loss !== undefined) throw this.#loss;
    try {
      return await work();
    } catch (error) {
      if (isUnanswered(error)) this.#client.destroy();
      const translated = translateMariadbError(error, this.lease.store, origin);
      if (this.#isInTransaction && endsTransaction(error)) this.#loss = translated;
      throw translated;
    }
  }
}
