// A handler projection's writes: to the tables of its own generation, inside the batch's transaction.
import { isMainstemError } from '@mainstem/event-store';
import { StatementRefused } from '@mainstem/projection/adapter';
import { transactionLost } from './server/foreign-statement.js';
import type { CollectionTable, SqlConnection } from './server/sql-database.js';

/** For `handlerProjection<SqlTransaction>`. It ends with `apply`; later calls fail: READ_STORE_STATEMENT_REFUSED. */
export interface SqlTransaction {
  /** Rows by primary column, including this transaction's writes; keys without a row are absent. */
  find<T extends object>(collection: string, keys: readonly string[]): Promise<ReadonlyMap<string, T>>;
  /** Writes whole rows over those with the same primary column. Errors: READ_STORE_INVALID_DOCUMENT. */
  upsert(collection: string, rows: readonly object[]): Promise<void>;
  /** Deletes rows by primary column; missing keys do no harm. */
  delete(collection: string, keys: readonly string[]): Promise<void>;
  /** The table of a collection, quoted for SQL text. Each generation has another one. */
  table(collection: string): string;
  /**
   * Runs one statement with `?` placeholders on any dialect; 64-bit columns come as decimal strings. Errors of the
   * statement itself come unchanged from the driver. READ_STORE_STATEMENT_REFUSED: several statements, a wrong number
   * of values, or one that begins or ends a transaction, such as COMMIT; its event then fails, even if the handler
   * catches the error.
   */
  query<T extends object>(sql: string, parameters?: readonly unknown[]): Promise<readonly T[]>;
}

/** Finds the table of a collection. Errors: READ_STORE_UNSUPPORTED_ENTITY. */
export type TableFinder = (collection: string) => CollectionTable;

/** A SqlTransaction on a connection, until its owner closes it. */
export class ConnectionTransaction implements SqlTransaction {
  #isOpen = true;
  #refusal: unknown;

  constructor(
    private readonly store: string,
    private readonly connection: SqlConnection,
    private readonly tableOf: TableFinder,
  ) {}

  async find<T extends object>(collection: string, keys: readonly string[]): Promise<ReadonlyMap<string, T>> {
    return (await this.#connection().load(this.tableOf(collection), [...new Set(keys)])) as Map<string, T>;
  }

  async upsert(collection: string, rows: readonly object[]): Promise<void> {
    const table = this.tableOf(collection);
    await this.#connection().upsert(table, new Map(rows.map((row) => [table.codec.keyOf(row), row])));
  }

  async delete(collection: string, keys: readonly string[]): Promise<void> {
    await this.#connection().delete(this.tableOf(collection), keys);
  }

  table(collection: string): string {
    return this.tableOf(collection).sqlName;
  }

  async query<T extends object>(sql: string, parameters: readonly unknown[] = []): Promise<readonly T[]> {
    try {
      return await this.#connection().queryForeign<T>(sql, parameters);
    } catch (error) {
      if (isMainstemError(error, 'READ_STORE_STATEMENT_REFUSED')) this.#refusal ??= error;
      throw error;
    }
  }

  /** Throws what it has refused, even if that was caught: the handler's work would be half done. */
  assertWhole(): void {
    if (this.#refusal !== undefined) throw this.#refusal;
    if (!this.connection.isInTransaction) throw transactionLost(this.store);
  }

  /** Ends it: a call that was not awaited must not run in another transaction. */
  end(): void {
    this.#isOpen = false;
  }

  #connection(): SqlConnection {
    if (!this.#isOpen)
      throw new StatementRefused(this.store, 'this transaction has ended; await everything inside apply, and keep no transaction for later');
    if (!this.connection.isInTransaction) throw transactionLost(this.store);
    return this.connection;
  }
}
