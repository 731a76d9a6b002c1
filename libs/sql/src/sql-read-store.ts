// Read models in SQL through TypeORM: SQLite, PostgreSQL, MariaDB. Documents and checkpoint commit as one step.
import { systemRuntime, type Position, type Runtime } from '@mainstem/event-store';
import { flawOfStoreName, ReadStoreUnavailable, RecordedReadStore } from '@mainstem/projection/adapter';
import type { DocumentClass } from '@mainstem/projection';
import type { EntityManager } from 'typeorm';
import { GenerationRecords } from './bookkeeping/generation-records.js';
import { InvalidSqlOptions } from './errors.js';
import { openDatabase, type SqlLocation } from './open-database.js';
import type { SqlDatabase } from './server/sql-database.js';
import { SqlRecords } from './sql-records.js';
import type { SqlTransaction } from './sql-transaction.js';

export interface SqlReadStoreOptions {
  /** Entities for the documents of the projections, and for queries. */
  readonly entities: readonly DocumentClass[];
  readonly runtime?: Runtime;
  /** Its name in status, messages and `--store`; give each its own if a process has several. Default `sql`. */
  readonly name?: string;
}

/** A definition of a projection: its name cannot be misspelt. */
export interface NamedProjection {
  readonly name: string;
}

/** The result of a query, and the position that all of it reflects. */
export interface ReadResult<T> {
  readonly value: T;
  /** The smallest serving checkpoint of the named projections; undefined while one of them has not begun. */
  readonly position: Position | undefined;
}

/**
 * The read store port on TypeORM. One instance serves any number of projections and queries. Besides the port's errors,
 * `forget` fails with READ_STORE_VIEW_IN_USE while other views depend on its tables.
 */
export class SqlReadStore extends RecordedReadStore<SqlTransaction> {
  readonly #database: SqlDatabase;
  readonly #generations: GenerationRecords;

  private constructor(name: string, database: SqlDatabase, runtime: Runtime) {
    super(new SqlRecords(name, database, runtime), runtime);
    this.#database = database;
    this.#generations = new GenerationRecords(database);
  }

  /**
   * Opens the database and updates its bookkeeping tables; makes a missing file or schema. Any number of processes may
   * do so at once. Errors: READ_STORE_UNAVAILABLE, READ_STORE_INVALID_OPTIONS, READ_STORE_UNSUPPORTED_ENTITY,
   * READ_STORE_PERMISSION_DENIED, READ_STORE_READ_ONLY, READ_STORE_NEWER, READ_STORE_INVALID_FILE,
   * READ_STORE_CANNOT_OPEN, READ_STORE_SQLITE_TOO_OLD, READ_STORE_UNSUPPORTED_DATABASE,
   * READ_STORE_CERTIFICATE_REFUSED.
   */
  static async open(location: SqlLocation, { entities, runtime = systemRuntime, name = 'sql' }: SqlReadStoreOptions): Promise<SqlReadStore> {
    const flaw = flawOfStoreName(name);
    if (flaw !== undefined) throw new InvalidSqlOptions(flaw);
    return new SqlReadStore(name, await openDatabase(location, { entities, runtime, name }), runtime);
  }

  /** The database's clock, in milliseconds since 1970. Errors: READ_STORE_UNAVAILABLE. */
  async serverTimeMs(): Promise<number> {
    const [row] = await this.#database.use((connection) =>
      connection.query<{ readonly nowMs: string }>(`SELECT CAST(${this.#database.nowMs} AS text) AS "nowMs"`),
    );
    return Number(row?.nowMs);
  }

  /**
   * Runs queries on the entities of serving read models, which definitions or names tell. All are on one consistent
   * snapshot, with the position that it reflects. Reads must be short: on SQLite they take turns, and must not await
   * another read. Errors: READ_STORE_UNAVAILABLE, also while a named projection has no complete read model yet;
   * READ_STORE_STATEMENT_REFUSED for a statement that begins or ends a transaction. Other errors of the query come
   * unchanged from TypeORM.
   */
  async read<T>(projections: readonly (string | NamedProjection)[], query: (manager: EntityManager) => Promise<T>): Promise<ReadResult<T>> {
    const names = projections.map((projection) => (typeof projection === 'string' ? projection : projection.name));
    return this.#database.read(async (connection, manager) => {
      const position = smallestOf(this.name, names, await this.#generations.servingPositions(connection));
      return { value: await query(manager), position };
    });
  }
}

const smallestOf = (store: string, projections: readonly string[], serving: ReadonlyMap<string, Position | undefined>): Position | undefined => {
  let smallest: Position | undefined;
  for (const [place, projection] of projections.entries()) {
    if (!serving.has(projection))
      throw new ReadStoreUnavailable(store, `read model ${projection} does not exist yet, or is not complete; start its projector, or wait for it.`);
    const position = serving.get(projection);
    if (place === 0 || position === undefined || (smallest !== undefined && position < smallest)) smallest = position;
    if (position === undefined) return undefined;
  }
  return smallest;
};
