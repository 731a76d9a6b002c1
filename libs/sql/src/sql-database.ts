// The seam between the read store and a dialect: connections, transactions, snapshots and bulk statements.
import type { DataSource, EntityManager, QueryRunner, Table, TableColumn, TableIndex } from 'typeorm';
import type { ProjectionDocument, ScanEntry, ScanOptions } from '@mainstem/projection/adapter';
import type { DocumentCodec, Decoder } from './entity/document-codec.js';
import type { ColumnKind, TextLimits } from './entity/column-kind.js';
import type { EntityLayouts } from './entity/entity-layouts.js';
import type { StatementOrigin } from './failure-origin.js';

/** A table of one generation of one collection. */
export interface CollectionTable {
  readonly collection: string;
  /** Quoted and with its schema. */
  readonly sqlName: string;
  readonly codec: DocumentCodec;
}

/** One connection while some work has it to itself. Every error that leaves it is translated. */
export interface SqlConnection {
  /** Questions about tables through TypeORM. Errors: as `query`. */
  define<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T>;

  /** Rows of a statement with `?` placeholders, whose rows TypeORM does not touch. Errors: READ_STORE_UNAVAILABLE and its kin. */
  query<Row extends object>(sql: string, parameters?: readonly unknown[]): Promise<readonly Row[]>;

  /** Makes a table, with its indexes or without; it is gone again if the transaction is undone. Errors: as `query`, READ_STORE_NAME_TAKEN. */
  createTable(table: Table, isIndexed: boolean): Promise<void>;

  /** Drops a table if it is there; it stays if the transaction is undone. Errors: as `query`. */
  dropTable(table: string): Promise<void>;

  /** Makes or drops a view by one statement, inside `changeViews` if a reader may know the view; undone with the transaction. Errors: as `query`. */
  changeView(view: string, sql: string): Promise<void>;

  /** Number of rows that a statement changed, or found as they are to be. Errors: as `query`. */
  run(sql: string, parameters?: readonly unknown[]): Promise<number>;

  /** As `run`, for one statement that may take as long as the data is large. */
  runLong(sql: string): Promise<void>;

  /** As `run`, for a statement that keeps others waiting while it waits itself: it gives up after a moment (READ_STORE_UNAVAILABLE). */
  runBriefly(sql: string): Promise<void>;

  /** Whether the transaction that this work began in is still open; a failed one of PostgreSQL is. */
  readonly isInTransaction: boolean;

  /**
   * As `query`, for one statement of the application: an error that is the statement's own fault comes as the driver throws it. Errors:
   * READ_STORE_STATEMENT_REFUSED for several statements, and for those that would begin or end a transaction.
   */
  queryForeign<Row extends object>(sql: string, parameters: readonly unknown[]): Promise<readonly Row[]>;

  /** Documents by key; keys without a document, or that text columns cannot hold, are absent. */
  load(table: CollectionTable, keys: readonly string[]): Promise<Map<string, ProjectionDocument>>;

  /** A page of documents by key in code-point order; of a row that does not decode, its columns as they are. */
  scan(table: CollectionTable, options: ScanOptions): Promise<readonly ScanEntry[]>;

  /** Writes whole documents over what is there; `newKeys` as in `CollectionChanges`. Errors: READ_STORE_INVALID_DOCUMENT. */
  upsert(table: CollectionTable, documents: ReadonlyMap<string, ProjectionDocument>, newKeys?: ReadonlySet<string>): Promise<void>;

  delete(table: CollectionTable, keys: readonly string[]): Promise<void>;

  /** Checks now what the commit would check. Only where tables may have deferred constraints. Errors: `RefusedAtCommit`. */
  settleConstraints?(): Promise<void>;

  /** Until the transaction ends, others who lock the same name wait. */
  lockName(name: string): Promise<void>;

  /**
   * Runs work that changes views, and keeps readers out until the transaction ends, so that none sees two generations. It comes after any other
   * lock: all readers would wait for that, too. If others use the views for more than a moment, `transact` begins again from the start.
   */
  changeViews(work: () => Promise<void>): Promise<void>;
}

/** How much a commit has to survive. `relaxed`: after a power cut the last commits may be gone, but rows and checkpoint together. */
export type Durability = 'relaxed' | 'full';

/** A database of one dialect. Calls are safe at any time and from anywhere; they wait for their turn or their connection, with a bound. */
export interface SqlDatabase {
  /** Holds the entities' metadata. */
  readonly dataSource: DataSource;
  /** The layouts of its entities. */
  readonly layouts: EntityLayouts;
  /** Where everything lives; undefined where the dialect has no schemas. */
  readonly schema: string | undefined;
  /** Collation of text columns that orders by code point, where that is not the default. */
  readonly textCollation: string | undefined;
  /** A view with the same columns can be replaced in place, which keeps the rights granted on it. */
  readonly canReplaceViews: boolean;

  /** A query for the indexes of the table that its one parameter names: `name`, and `columns` as JSON, or null of an index that is unique, partial or of expressions. */
  readonly indexesOf: string;
  /** SQL for the database's own clock, in whole milliseconds. */
  readonly nowMs: string;

  /** SQL for a condition that is true and makes the commit of a statement by itself `relaxed`. */
  readonly relaxed: string;

  /** Quoted name of a table or view, with its schema. */
  sqlName(table: string): string;

  decoderOf(kind: ColumnKind): Decoder;
  /** The type of a column in a table, where it is not what TypeORM takes it for. */
  nativeType(kind: ColumnKind, limits: TextLimits): string | undefined;

  /** Makes an index of a table that has none of this name; the columns are those of today's entity. */
  createIndexSql(table: string, index: TableIndex, columns: readonly TableColumn[]): string;

  /** Drops an index of a table if it is there. */
  dropIndexSql(table: string, index: string): string;

  /** Runs statements that each commit by themselves. */
  use<T>(work: (connection: SqlConnection) => Promise<T>): Promise<T>;

  /**
   * Runs the work in a transaction: all or nothing. What the work throws is thrown on after the rollback. Work that changes views may run more than
   * once. What the commit refuses, such as a deferred constraint, comes as `RefusedAtCommit`; with statements of a handler in it (`origin`), as the
   * driver throws it.
   */
  transact<T>(durability: Durability, work: (connection: SqlConnection) => Promise<T>, origin?: StatementOrigin): Promise<T>;

  /** Runs queries on one consistent snapshot. Errors of the application's own queries come as TypeORM throws them. */
  read<T>(work: (connection: SqlConnection, manager: EntityManager) => Promise<T>): Promise<T>;

  /** As `read`, for the engine and for long: on a connection of its own, and without keeping a promotion of the read model waiting. */
  snapshot<T>(work: (connection: SqlConnection) => Promise<T>): Promise<T>;

  /** Ends all connections; later calls fail with READ_STORE_UNAVAILABLE. May be called again. */
  close(): Promise<void>;
}
