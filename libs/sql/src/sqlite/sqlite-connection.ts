// A SQLite connection while one task uses it.
import { InvalidDocument, type ProjectionDocument, type ScanEntry, type ScanOptions } from '@mainstem/projection/adapter';
import type { QueryRunner, Table } from 'typeorm';
import type { StatementOrigin } from '../server/failure-origin.js';
import { quoted } from '../layout/identifiers.js';
import { assertForeign, severalRefused } from '../server/foreign-statement.js';
import type { CollectionTable, SqlConnection } from '../server/sql-database.js';
import type { NodeSqliteDatabase, NodeSqliteStatement } from './node-sqlite-driver.js';
import { isDataError, translateSqliteError, type SqliteFile } from './sqlite-errors.js';
import { statementText } from '../server/statement-text.js';
import { SqliteTableStatements } from './sqlite-table-statements.js';

const STATEMENTS_MAX = 200;

/** Runs statements synchronously; only the seam needs promises. Statements are prepared once and kept. */
export class SqliteConnection implements SqlConnection {
  readonly #statements = new Map<string, NodeSqliteStatement>();
  readonly #tables = new Map<string, SqliteTableStatements>();

  constructor(
    readonly runner: QueryRunner,
    private readonly database: NodeSqliteDatabase,
    private readonly file: SqliteFile,
  ) {}

  async define<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    try {
      return await work(this.runner);
    } catch (error) {
      throw translateSqliteError(error, this.file);
    }
  }

  createTable(table: Table, isIndexed: boolean): Promise<void> {
    return this.define((runner) => runner.createTable(table, false, false, isIndexed));
  }

  async dropTable(table: string): Promise<void> {
    await this.run(`DROP TABLE IF EXISTS ${quoted(table)}`);
  }

  async changeView(_view: string, sql: string): Promise<void> {
    await this.run(sql);
  }

  async query<Row extends object>(sql: string, parameters: readonly unknown[] = []): Promise<readonly Row[]> {
    return this.#guarded(() => this.#prepared(sql).all(...parameters) as Row[]);
  }

  async run(sql: string, parameters: readonly unknown[] = []): Promise<number> {
    return this.#guarded(() => this.#prepared(sql).run(...parameters).changes);
  }

  async runLong(sql: string): Promise<void> {
    await this.run(sql);
  }

  async runBriefly(sql: string): Promise<void> {
    await this.run(sql);
  }

  get isInTransaction(): boolean {
    return this.database.database.isTransaction;
  }

  async queryForeign<Row extends object>(sql: string, parameters: readonly unknown[]): Promise<readonly Row[]> {
    assertForeign(sql, parameters, { store: this.file.store, dialect: 'sqlite' });
    return this.#guarded(() => {
      const statement = this.#prepared(sql);
      if (statementText(sql.slice(statement.sourceText.length), 'sqlite').statements.length > 0) throw severalRefused(this.file.store);
      if (statement.reader) return statement.all(...parameters) as Row[];
      statement.run(...parameters);
      return [];
    }, 'handler');
  }

  async load(table: CollectionTable, keys: readonly string[]): Promise<Map<string, ProjectionDocument>> {
    return this.#guarded(() => this.#table(table).load(table.codec, table.codec.storable(keys)));
  }

  async scan(table: CollectionTable, options: ScanOptions): Promise<readonly ScanEntry[]> {
    return this.#guarded(() => this.#table(table).scan(table.codec, options));
  }

  async upsert(table: CollectionTable, documents: ReadonlyMap<string, ProjectionDocument>): Promise<void> {
    this.#guarded(() => {
      try {
        this.#table(table).upsert(table.codec, documents);
      } catch (error) {
        throw this.#refusedOf(table, documents, error);
      }
    });
  }

  async delete(table: CollectionTable, keys: readonly string[]): Promise<void> {
    this.#guarded(() => this.#table(table).delete(table.codec.storable(keys)));
  }

  /** Writing transactions run one at a time anyway. */
  async lockName(): Promise<void> {}

  /** Readers see one snapshot of the file, including views: there is nothing to lock. */
  async changeViews(work: () => Promise<void>): Promise<void> {
    await work();
  }

  #prepared(sql: string): NodeSqliteStatement {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.database.prepare(sql);
      if (this.#statements.size >= STATEMENTS_MAX) this.#statements.clear();
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #table(table: CollectionTable): SqliteTableStatements {
    let statements = this.#tables.get(table.sqlName);
    if (!statements) {
      statements = new SqliteTableStatements(this.database.database, table);
      if (this.#tables.size >= STATEMENTS_MAX) this.#tables.clear();
      this.#tables.set(table.sqlName, statements);
    }
    return statements;
  }

  /** Row by row, after several were refused together: the statement had no effect, and the transaction is open. */
  #refusedOf(table: CollectionTable, documents: ReadonlyMap<string, ProjectionDocument>, error: unknown): unknown {
    if (!isDataError(error)) return error;
    for (const [key, document] of documents) {
      try {
        this.#table(table).upsert(table.codec, new Map([[key, document]]));
      } catch (refusal) {
        return isDataError(refusal) ? new InvalidDocument(table.collection, key, (refusal as Error).message, refusal) : refusal;
      }
    }
    return error;
  }

  #guarded<T>(work: () => T, origin: StatementOrigin = 'engine'): T {
    try {
      return work();
    } catch (error) {
      throw translateSqliteError(error, this.file, origin);
    }
  }
}
