// What a transaction makes and drops: MariaDB commits before such statements, so they have connections of their own.
import type { Connection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { quoted } from '../layout/identifiers.js';
import { columnsOf, viewSource } from '../generation-tables.js';
import { ViewsInUse } from '../server/server-work.js';
import { lockOf, lockTimeout, tableExists } from './mariadb-locks.js';
import { isLockTimeout } from './mariadb-errors.js';

/**
 * Names of tables and views that may differ from the bookkeeping: a transaction is changing them, or has broken off.
 */
export const UNSETTLED_TABLE = 'mainstem_unsettled';

/** Readers wait behind what waits for other readers, so that waits only for a moment at a time; in seconds. */
const VIEWS_WAIT_S = 1;
/** For statements that build an index there is no limit. */
const NO_LIMIT = 0;

export interface DefinitionOptions {
  readonly store: string;
  /** Names the lock that those hold who make and drop tables. */
  readonly database: string;
  readonly lockWaitS: number;
  /** Opens a connection with a session like any other's. */
  readonly connect: () => Promise<Connection>;
  readonly translate: (error: unknown) => unknown;
}

/**
 * The bookkeeping decides. Before a table or view is touched, its name is noted. After the transaction, committed or
 * not, everything noted is made to match the bookkeeping (`settle`). A process that finds a note of a crash does the
 * same.
 */
export class MariadbDefinitions {
  #definer: Connection | undefined;
  /** Holds all readers off, and alone can write notes meanwhile. */
  #keeper: Connection | undefined;
  readonly #views = new Set<string>();
  #isLocked = false;

  constructor(private readonly options: DefinitionOptions) {}

  async create(table: string, sql: string): Promise<void> {
    await this.#locked();
    const [known] = await this.#rows<KnownTable>(await this.#connected(), KNOWN, [table, table]);
    // A table of another owner: a note would have it dropped.
    if (Number(known?.isThere) === 1 && Number(known?.isNoted) === 0) throw this.options.translate(tableExists(table));
    await this.#note(table, false);
    await this.#define(`DROP TABLE IF EXISTS ${quoted(table)}`); // of a crash
    await this.#define(sql);
  }

  /** Once the transaction has committed, nothing names it any more. */
  async drop(table: string): Promise<void> {
    await this.#note(table, false);
  }

  async changeView(view: string, sql: string): Promise<void> {
    await this.#note(view, true);
    this.#views.add(view);
    await this.#define(sql);
  }

  /** Statements that can be done again, and wait for others no longer than this: they need no note. */
  async alter(sql: string, waitS: number | undefined): Promise<void> {
    await this.#waiting(waitS ?? this.options.lockWaitS);
    await this.#define(`SET STATEMENT max_statement_time = ${NO_LIMIT} FOR ${sql}`);
  }

  /** Keeps readers out until the transaction has ended and all is settled. Errors: `ViewsInUse`, those of the work. */
  async changeViews(work: () => Promise<void>): Promise<void> {
    try {
      await this.#locked(); // before readers have to wait
      this.#keeper = await this.#open();
      await this.#run(this.#keeper, `LOCK TABLES ${quoted(UNSETTLED_TABLE)} WRITE WAIT ${VIEWS_WAIT_S}`);
      await this.#waiting(VIEWS_WAIT_S);
      await work();
    } catch (error) {
      throw isLockTimeout(error) ? new ViewsInUse(this.options.store, error) : error;
    }
  }

  /**
   * Makes everything noted match the bookkeeping. Call it after the transaction; if that has committed, its views are
   * right.
   */
  async settle(isCommitted: boolean): Promise<void> {
    if (this.#definer === undefined) return;
    await this.#waiting(this.options.lockWaitS);
    const notes = this.#keeper ?? this.#definer;
    for (const { name, view } of await this.#rows<Note>(notes, NOTES)) {
      if (!(isCommitted && this.#views.has(name))) await this.#restore(name, view === 1);
      await this.#run(notes, `DELETE FROM ${quoted(UNSETTLED_TABLE)} WHERE name = ?`, [name]);
    }
  }

  /** As `settle`, for what a crash has left; if another is at work on it, that is waited for. */
  async heal(): Promise<void> {
    await this.#locked();
    await this.settle(false);
  }

  async end(): Promise<void> {
    for (const connection of [this.#keeper, this.#definer]) await connection?.end().catch(() => connection.destroy());
  }

  async #note(name: string, isView: boolean): Promise<void> {
    await this.#locked();
    const sql = `INSERT IGNORE INTO ${quoted(UNSETTLED_TABLE)} (name, is_view) VALUES (?, ?)`;
    await this.#run(this.#keeper ?? (await this.#connected()), sql, [name, isView ? 1 : 0]);
  }

  async #restore(name: string, isView: boolean): Promise<void> {
    const [truth] = await this.#rows<Truth>(await this.#connected(), isView ? VIEW_TRUTH : TABLE_TRUTH, [name]);
    if (isView) await this.#define(truth ? viewSql(truth) : `DROP VIEW IF EXISTS ${quoted(name)}`);
    else if (!truth) await this.#define(`DROP TABLE IF EXISTS ${quoted(name)}`);
  }

  /** One at a time makes and drops: what is noted is then of a crash, or one's own. */
  async #locked(): Promise<void> {
    if (this.#isLocked) return;
    const connection = await this.#connected();
    const sql = 'SELECT GET_LOCK(?, ?) AS isLocked';
    const [row] = await this.#rows<{ isLocked: number | null }>(connection, sql, [lockOf(this.options.database, 'tables'), this.options.lockWaitS]);
    if (Number(row?.isLocked) !== 1) throw this.options.translate(lockTimeout('the tables of read models'));
    this.#isLocked = true;
  }

  async #waiting(seconds: number): Promise<void> {
    await this.#define(`SET SESSION lock_wait_timeout = ${seconds}`);
  }

  async #define(sql: string): Promise<void> {
    await this.#run(await this.#connected(), sql);
  }

  async #connected(): Promise<Connection> {
    return (this.#definer ??= await this.#open());
  }

  async #open(): Promise<Connection> {
    try {
      return await this.options.connect();
    } catch (error) {
      throw this.options.translate(error);
    }
  }

  async #run(connection: Connection, sql: string, parameters: readonly unknown[] = []): Promise<void> {
    await this.#sent<ResultSetHeader>(connection, sql, parameters);
  }

  #rows<Row extends object>(connection: Connection, sql: string, parameters: readonly unknown[] = []): Promise<readonly Row[]> {
    return this.#sent<(Row & RowDataPacket)[]>(connection, sql, parameters);
  }

  async #sent<Result extends ResultSetHeader | RowDataPacket[]>(
    connection: Connection,
    sql: string,
    parameters: readonly unknown[],
  ): Promise<Result> {
    try {
      return (await connection.query<Result>(sql, [...parameters]))[0];
    } catch (error) {
      throw this.options.translate(error);
    }
  }
}

interface Note {
  readonly name: string;
  readonly view: number;
}

interface KnownTable {
  readonly isThere: number | string;
  readonly isNoted: number | string;
}

interface Truth {
  readonly view: string;
  readonly table: string;
  readonly signature: string;
}

const NOTES = `SELECT name, is_view AS view FROM ${quoted(UNSETTLED_TABLE)} ORDER BY is_view DESC, name`;

const KNOWN = `SELECT EXISTS (SELECT 1 FROM information_schema.tables WHERE table_schema = database() AND table_name = ?) AS "isThere",
  EXISTS (SELECT 1 FROM ${quoted(UNSETTLED_TABLE)} WHERE name = ? AND is_view = 0) AS "isNoted"`;

// They wait for a transaction that has not ended yet: its commit may be under way although its answer is lost.
const TABLE_TRUTH = 'SELECT table_name AS "table" FROM mainstem_collections WHERE table_name = ? LOCK IN SHARE MODE';
const VIEW_TRUTH = `SELECT view_name AS view, table_name AS "table", signature FROM mainstem_collections AS collections
  JOIN mainstem_generations AS generations ON generations.projection = collections.projection AND generations.generation = collections.generation
  WHERE view_name = ? AND state = 'serving' LOCK IN SHARE MODE`;

const viewSql = ({ view, table, signature }: Truth): string =>
  `CREATE OR REPLACE VIEW ${quoted(view)} AS ${viewSource(columnsOf(signature), quoted(table))}`;
