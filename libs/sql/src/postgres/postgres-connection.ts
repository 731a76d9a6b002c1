// A PostgreSQL connection while one task uses it.
import { StatementRefused } from '@mainstem/projection/adapter';
import type { ProjectionDocument, ScanEntry, ScanOptions } from '@mainstem/projection/adapter';
import type { PoolClient, QueryArrayResult, QueryConfig, QueryResult } from 'pg';
import type { QueryRunner, Table } from 'typeorm';
import { problemOf } from '../server/database-failure.js';
import type { StatementOrigin } from '../server/failure-origin.js';
import { assertForeign, severalRefused } from '../server/foreign-statement.js';
import { RefusedAtCommit } from '../server/refused-at-commit.js';
import { ViewsInUse } from '../server/server-work.js';
import type { CollectionTable, SqlConnection } from '../server/sql-database.js';
import { CopyStatement } from './copy-statement.js';
import { numberedPlaceholders } from '../server/statement-text.js';
import { isDataError, isLockTimeout, isSeveralStatements, translatePostgresError } from './postgres-errors.js';
import { copyBatches, deleteStatement, refusedBy, scanStatement, selectStatement, upsertStatements } from './postgres-table-statements.js';
import type { BulkStatement, CopyBatch } from './postgres-table-statements.js';

/** New readers queue behind a promotion or a dropped index that waits, so each wait is short. */
const VIEWS_WAIT_MS = 250;
/** For statements that build an index: a day. */
const LONG_TIMEOUT_MS = 86_400_000;

/** Fewer new rows go with the others: a COPY needs a subtransaction, too much for a live batch of a row or two. */
const COPY_ROWS_MIN = 20;

/** What a connection gets from its database. */
export interface PostgresLease {
  /** Name of the store. */
  readonly store: string;
  readonly runner: QueryRunner;
  readonly client: PoolClient;
  /** Quotes a name, with the schema. */
  readonly sqlName: (table: string) => string;
  /** Quoted name of the table whose lock covers all views. */
  readonly viewLock: string;
}

/** Uses the driver directly: TypeORM would slow down frequent statements. */
export class PostgresConnection implements SqlConnection {
  readonly runner: QueryRunner;
  readonly #client: PoolClient;
  #isBroken = false;

  constructor(private readonly lease: PostgresLease) {
    this.runner = lease.runner;
    this.#client = lease.client;
  }

  define<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    return this.#guarded(() => work(this.runner));
  }

  createTable(table: Table, isIndexed: boolean): Promise<void> {
    return this.define((runner) => runner.createTable(table, false, false, isIndexed));
  }

  async dropTable(table: string): Promise<void> {
    await this.run(`DROP TABLE IF EXISTS ${this.lease.sqlName(table)}`);
  }

  async changeView(_view: string, sql: string): Promise<void> {
    await this.run(sql);
  }

  async query<Row extends object>(sql: string, parameters: readonly unknown[] = []): Promise<readonly Row[]> {
    return (await this.#guarded(() => this.#client.query<Row>(numberedPlaceholders(sql), [...parameters]))).rows;
  }

  async run(sql: string, parameters: readonly unknown[] = []): Promise<number> {
    return (await this.#guarded(() => this.#client.query(numberedPlaceholders(sql), [...parameters]))).rowCount ?? 0;
  }

  async runLong(sql: string): Promise<void> {
    await this.control('SET LOCAL statement_timeout = 0');
    const statement = { text: sql, query_timeout: LONG_TIMEOUT_MS }; // the driver has its own limit
    await this.#guarded(async () => {
      try {
        await this.#client.query(statement);
      } catch (error) {
        // Existing rows do not fit: a value too large for an index.
        throw isDataError(error) ? new StatementRefused(this.lease.store, problemOf(error), error) : error;
      }
    });
  }

  async runBriefly(sql: string): Promise<void> {
    await this.control(`SET LOCAL lock_timeout = ${VIEWS_WAIT_MS}`);
    await this.run(sql);
  }

  /** As of the last answer. */
  get isInTransaction(): boolean {
    return this.#client.getTransactionStatus() !== 'I';
  }

  async queryForeign<Row extends object>(sql: string, parameters: readonly unknown[]): Promise<readonly Row[]> {
    assertForeign(sql, parameters, { store: this.lease.store, dialect: 'postgres' });
    // Without values the simple protocol would run every statement of the text.
    const statement: OneStatement = { text: numberedPlaceholders(sql), values: [...parameters], queryMode: 'extended' };
    return this.#guarded(async () => {
      try {
        return (await this.#client.query<Row>(statement)).rows;
      } catch (error) {
        throw isSeveralStatements(error) ? severalRefused(this.lease.store) : error;
      }
    }, 'handler');
  }

  async load({ codec, ...table }: CollectionTable, keys: readonly string[]): Promise<Map<string, ProjectionDocument>> {
    const { text, values } = selectStatement({ codec, ...table }, codec.storable(keys));
    const { rows } = await this.#guarded(
      () => this.#client.query({ text, values: [...values], rowMode: 'array', types: RAW_TEXT }) as Promise<QueryArrayResult<unknown[]>>,
    );
    const keyIndex = codec.columns.findIndex(({ isKey }) => isKey);
    return new Map(rows.map((row) => [row[keyIndex] as string, codec.decode(row)]));
  }

  async scan({ codec, ...table }: CollectionTable, options: ScanOptions): Promise<readonly ScanEntry[]> {
    const { text, values } = scanStatement({ codec, ...table }, options);
    const { rows } = await this.#guarded(
      () => this.#client.query({ text, values: [...values], rowMode: 'array', types: RAW_TEXT }) as Promise<QueryArrayResult<unknown[]>>,
    );
    return rows.map((row) => codec.decodeEntry(row));
  }

  async upsert(table: CollectionTable, documents: ReadonlyMap<string, ProjectionDocument>, newKeys: ReadonlySet<string> = NO_KEYS): Promise<void> {
    if (newKeys.size < COPY_ROWS_MIN) return this.#merge(table, documents);
    const [fresh, known] = parted(documents, newKeys);
    for (const batch of copyBatches(table, fresh)) await this.#copy(table, batch);
    await this.#merge(table, known);
  }

  async delete(table: CollectionTable, keys: readonly string[]): Promise<void> {
    await this.#write(table.collection, deleteStatement(table, table.codec.storable(keys)));
  }

  async lockName(name: string): Promise<void> {
    await this.query('SELECT pg_advisory_xact_lock(hashtextextended(?, 0))', [`mainstem ${this.lease.viewLock} ${name}`]);
  }

  /** Errors: `ViewsInUse`, and those of the work. */
  async changeViews(work: () => Promise<void>): Promise<void> {
    await this.control(`SET LOCAL lock_timeout = ${VIEWS_WAIT_MS}`);
    try {
      await this.control(`LOCK TABLE ${this.lease.viewLock} IN ACCESS EXCLUSIVE MODE`);
      await work(); // waits, too, for readers of a view without that lock
    } catch (error) {
      throw isLockTimeout(error) ? new ViewsInUse(this.lease.store, error) : error;
    }
    await this.control('SET LOCAL lock_timeout TO DEFAULT');
  }

  /** Runs one or more statements without parameters and without a result. */
  async control(sql: string): Promise<void> {
    await this.#guarded(() => this.#client.query(sql));
  }

  /**
   * Commits what statements of this origin have written. Errors: those of the statements; READ_STORE_STATEMENT_REFUSED
   * if the server rolled back because of an earlier failure that was ignored.
   */
  async commit(origin: StatementOrigin): Promise<void> {
    const command = await this.#guarded(() => this.#commit(origin), origin);
    if (command !== 'COMMIT')
      throw new StatementRefused(
        this.lease.store,
        'the transaction was rolled back, because one of its statements had failed and its error was caught',
      );
  }

  async settleConstraints(): Promise<void> {
    await this.#guarded(() => this.#refusable(() => this.#client.query('SET CONSTRAINTS ALL IMMEDIATE')));
  }

  /** Undoes everything; a connection that fails to do so is dropped, and the server undoes it. Never fails. */
  async rollback(): Promise<void> {
    if (this.#isBroken) return;
    await this.#client.query('ROLLBACK').catch(() => this.#giveUp());
  }

  /** Answers with what became of it. */
  async #commit(origin: StatementOrigin): Promise<string> {
    if (origin === 'engine') return (await this.#refusable(() => this.#client.query('COMMIT'))).command;
    // A handler may have made temporary tables, or called a function that has set something for the session.
    const results: unknown = await this.#client.query('COMMIT; RESET ALL; DISCARD TEMP');
    return (results as readonly [QueryResult])[0].command;
  }

  async #refusable<T>(check: () => Promise<T>): Promise<T> {
    try {
      return await check();
    } catch (error) {
      throw isDataError(error) ? new RefusedAtCommit(this.lease.store, problemOf(error), error) : error;
    }
  }

  async #merge(table: CollectionTable, documents: ReadonlyMap<string, ProjectionDocument>): Promise<void> {
    for (const statement of upsertStatements(table, documents)) await this.#write(table.collection, statement);
  }

  /**
   * After a refusal, writes as if no key were new: either the keys exist after all, or the refusal must be reported.
   */
  async #copy(table: CollectionTable, { sql, data, documents }: CopyBatch): Promise<void> {
    const isCopied = await this.#guarded(async () => {
      const statement = new CopyStatement(`SAVEPOINT before_copy; ${sql}; RELEASE SAVEPOINT before_copy`, data);
      this.#client.query(statement);
      try {
        await statement.done;
        return true;
      } catch (error) {
        if (isDataError(error)) return false;
        throw error;
      }
    });
    if (isCopied) return;
    await this.control('ROLLBACK TO SAVEPOINT before_copy; RELEASE SAVEPOINT before_copy');
    await this.#merge(table, documents);
  }

  async #write(collection: string, { text, values, keys }: BulkStatement): Promise<void> {
    if (keys.length === 0) return;
    await this.#guarded(async () => {
      try {
        await this.#client.query(text, [...values]);
      } catch (error) {
        throw isDataError(error) ? refusedBy(collection, keys, problemOf(error), error) : error;
      }
    });
  }

  async #guarded<T>(work: () => Promise<T>, origin: StatementOrigin = 'engine'): Promise<T> {
    try {
      return await work();
    } catch (error) {
      // The driver's own timeout leaves the statement running: nothing else can use this connection.
      if (error instanceof Error && error.message === 'Query read timeout') this.#giveUp();
      throw translatePostgresError(error, this.lease.store, origin);
    }
  }

  /** Ends the connection, so that the pool does not use it again. */
  #giveUp(): void {
    this.#isBroken = true;
    this.#client.end().catch(() => undefined); // it is lost either way
  }
}

/** In the driver's form, which its types do not describe. */
interface OneStatement extends QueryConfig {
  readonly queryMode: 'extended';
}

const NO_KEYS: ReadonlySet<string> = new Set();

/** Documents with these keys, and the others. */
const parted = <Document>(
  documents: ReadonlyMap<string, Document>,
  keys: ReadonlySet<string>,
): readonly [ReadonlyMap<string, Document>, ReadonlyMap<string, Document>] => {
  if (keys.size === documents.size) return [documents, new Map()];
  const parts = [new Map<string, Document>(), new Map<string, Document>()] as const;
  for (const [key, document] of documents) parts[keys.has(key) ? 0 : 1].set(key, document);
  return parts;
};

// The codec converts; the application may have changed the driver's global parsers.
const RAW_TEXT = { getTypeParser: () => (text: unknown) => text };
