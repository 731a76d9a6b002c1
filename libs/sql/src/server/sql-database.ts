// The seam between the read store and a dialect: connections, transactions, snapshots and bulk statements.
import type { Runtime } from '@mainstem/event-store';
import type { DocumentClass } from '@mainstem/projection';
import type { DataSource, EntityManager, QueryRunner, Table, TableColumn, TableIndex } from 'typeorm';
import type { ProjectionDocument, ScanEntry, ScanOptions } from '@mainstem/projection/adapter';
import type { DocumentCodec, Decoder } from '../layout/document-codec.js';
import type { ColumnKind, TextLimits } from '../layout/column-kind.js';
import type { EntityLayouts } from '../layout/entity-layouts.js';
import type { StatementOrigin } from './failure-origin.js';

/** A table of one generation of one collection. */
export interface CollectionTable {
  readonly collection: string;
  /** Quoted and with its schema. */
  readonly sqlName: string;
  readonly codec: DocumentCodec;
}

/** One connection while one task uses it. Every error that leaves it is translated. */
export interface SqlConnection {
  /** Work through TypeORM: migrations, new tables, questions about tables. Errors: as `query`. */
  define<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T>;

  /** Rows of a statement with `?` placeholders, unchanged by TypeORM. Errors: READ_STORE_UNAVAILABLE and its kin. */
  query<Row extends object>(sql: string, parameters?: readonly unknown[]): Promise<readonly Row[]>;

  /**
   * Makes a table, with or without indexes; undone with the transaction. Errors: those of `query`,
   * READ_STORE_NAME_TAKEN.
   */
  createTable(table: Table, isIndexed: boolean): Promise<void>;

  /** Drops a table if it is there; it stays if the transaction is undone. Errors: as `query`. */
  dropTable(table: string): Promise<void>;

  /**
   * Makes or drops a view by one statement, inside `changeViews` if a reader may know the view; undone with the
   * transaction. Errors: those of `query`.
   */
  changeView(view: string, sql: string): Promise<void>;

  /** Number of rows that a statement changed, or found as they are to be. Errors: as `query`. */
  run(sql: string, parameters?: readonly unknown[]): Promise<number>;

  /**
   * Like `run`, without a limit of time, for a statement whose time grows with the data. Errors:
   * READ_STORE_STATEMENT_REFUSED if rows do not fit, such as into an index.
   */
  runLong(sql: string): Promise<void>;

  /** Like `run`, for a statement whose wait blocks others: it gives up after a moment (READ_STORE_UNAVAILABLE). */
  runBriefly(sql: string): Promise<void>;

  /** True if the transaction of this work is still open, also after a statement in it failed on PostgreSQL. */
  readonly isInTransaction: boolean;

  /**
   * Like `query`, for one statement of the application: its own faults come unchanged from the driver. Errors:
   * READ_STORE_STATEMENT_REFUSED for several statements, and for those that begin or end a transaction.
   */
  queryForeign<Row extends object>(sql: string, parameters: readonly unknown[]): Promise<readonly Row[]>;

  /** Documents by key; keys without a document, or that the column cannot hold, are absent. */
  load(table: CollectionTable, keys: readonly string[]): Promise<Map<string, ProjectionDocument>>;

  /** A page of documents by key in code-point order; a damaged row comes with its columns unchanged. */
  scan(table: CollectionTable, options: ScanOptions): Promise<readonly ScanEntry[]>;

  /**
   * Writes whole documents over existing ones; `newKeys` as in `CollectionChanges`. Errors:
   * READ_STORE_INVALID_DOCUMENT.
   */
  upsert(table: CollectionTable, documents: ReadonlyMap<string, ProjectionDocument>, newKeys?: ReadonlySet<string>): Promise<void>;

  delete(table: CollectionTable, keys: readonly string[]): Promise<void>;

  /**
   * Checks now what the commit would check. Only if tables may have deferred constraints. Errors: `RefusedAtCommit`.
   */
  settleConstraints?(): Promise<void>;

  /** Until the transaction ends, other transactions that lock the same name wait. */
  lockName(name: string): Promise<void>;

  /**
   * Runs work that changes views, and locks readers out until the transaction ends, so that none sees two generations.
   * Call it after any other lock: all readers would wait for that, too. If others use the views for more than a moment,
   * `transact` begins again from the start.
   */
  changeViews(work: () => Promise<void>): Promise<void>;
}

/** What a database of any dialect is opened with, besides its place. */
export interface OpenOptions {
  readonly entities: readonly DocumentClass[];
  readonly runtime: Runtime;
  /** The name of the store, for messages. */
  readonly name: string;
}

/** What a commit must survive. `relaxed`: a power cut may undo the last commits, but rows and checkpoint together. */
export type Durability = 'relaxed' | 'full';

/** A database of one dialect. Calls are safe at any time; they wait for their turn or connection, with a time limit. */
export interface SqlDatabase {
  /** Holds the entities' metadata. */
  readonly dataSource: DataSource;
  /** The layouts of its entities. */
  readonly layouts: EntityLayouts;
  /** The schema; undefined if the dialect has none. */
  readonly schema: string | undefined;
  /** Collation of text columns that sorts by code point, if that is not the default. */
  readonly textCollation: string | undefined;
  /** True: a view with the same columns can be replaced in place, and keeps its rights. */
  readonly canReplaceViews: boolean;

  /**
   * A query for the indexes of the table in its one parameter: `name`, and `columns` as JSON, or null for an index that
   * is not plain.
   */
  readonly indexesOf: string;
  /** SQL for the database's own clock, in whole milliseconds. */
  readonly nowMs: string;

  /** SQL for a true condition that makes a statement's own commit `relaxed`. */
  readonly relaxed: string;

  /** Quoted name of a table or view, with its schema. */
  sqlName(table: string): string;

  decoderOf(kind: ColumnKind): Decoder;
  /** The type of a column in a table, if TypeORM has another one. */
  nativeType(kind: ColumnKind, limits: TextLimits): string | undefined;

  /** Makes an index of a table that has none of this name; the columns are those of today's entity. */
  createIndexSql(table: string, index: TableIndex, columns: readonly TableColumn[]): string;

  /** Drops an index of a table if it is there. */
  dropIndexSql(table: string, index: string): string;

  /** Runs statements that each commit by themselves. */
  use<T>(work: (connection: SqlConnection) => Promise<T>): Promise<T>;

  /**
   * Runs the work in a transaction: all or nothing. An error of the work is passed on after the rollback. Work that
   * changes views may run more than once. A refusal of the commit, such as by a deferred constraint, comes as
   * `RefusedAtCommit`; with statements of a handler in it (`origin`), the driver's error comes unchanged.
   */
  transact<T>(durability: Durability, work: (connection: SqlConnection) => Promise<T>, origin?: StatementOrigin): Promise<T>;

  /** Runs queries on one consistent snapshot. Errors of the application's queries come unchanged from TypeORM. */
  read<T>(work: (connection: SqlConnection, manager: EntityManager) => Promise<T>): Promise<T>;

  /** Like `read`, for long reads of the engine: on a separate connection, without blocking a promotion. */
  snapshot<T>(work: (connection: SqlConnection) => Promise<T>): Promise<T>;

  /** Closes all connections; later calls fail with READ_STORE_UNAVAILABLE. More calls are harmless. */
  close(): Promise<void>;
}
