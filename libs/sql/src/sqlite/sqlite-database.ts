// The embedded SQL read store: one file, one writing connection and one reading connection.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { assertSqliteVersion, createPrivately, FileReplaced, PRIVATE_FOLDER, WatchedFile } from '@mainstem/embedded/sqlite';
import { ReadStoreUnavailable } from '@mainstem/projection/adapter';
import type { DataSource, EntityManager, TableIndex } from 'typeorm';
import { migrate } from '../bookkeeping/migrate.js';
import type { ColumnKind } from '../layout/column-kind.js';
import type { Decoder } from '../layout/document-codec.js';
import type { EntityLayouts } from '../layout/entity-layouts.js';
import { quoted } from '../layout/identifiers.js';
import { SqlFileMissing } from '../errors.js';
import type { StatementOrigin } from '../server/failure-origin.js';
import { guardSnapshot } from '../server/foreign-statement.js';
import { createIndexSql, dropIndexSql } from '../server/index-statements.js';
import type { Durability, OpenOptions, SqlConnection, SqlDatabase } from '../server/sql-database.js';
import { storeFile, translateSqliteError } from './sqlite-errors.js';
import { inTransaction, openSide } from './sqlite-side.js';
import type { SqliteSide, SqliteSideOptions } from './sqlite-side.js';

const FILE_NAME = 'sql.db';
interface SqliteOptions extends OpenOptions {
  readonly dir: string;
  readonly mustExist: boolean;
}

/** One DataSource of TypeORM is one connection, so each has a lock; reads of committed data have their own. */
export class SqliteDatabase implements SqlDatabase {
  readonly schema = undefined;
  readonly textCollation = undefined;
  readonly canReplaceViews = false;
  readonly indexesOf = `SELECT found.name, CASE WHEN found."unique" = 0 AND found.partial = 0 THEN
      (SELECT json_group_array(one.name) FROM (SELECT name FROM pragma_index_info(found.name) ORDER BY seqno) one) END AS columns
    FROM pragma_index_list(?) found`;
  /** The clock of the machine, which all processes with the file share. */
  readonly nowMs = "CAST(unixepoch('subsec') * 1000 AS integer)";
  readonly relaxed = '1'; // both kinds are the same here
  readonly #watched: WatchedFile;
  #isClosed = false;

  private constructor(
    private readonly options: Pick<SqliteSideOptions, 'entities' | 'runtime' | 'store' | 'file'>,
    private readonly writer: SqliteSide,
    private readonly reader: SqliteSide,
  ) {
    this.#watched = new WatchedFile(options.file, writer.database.database);
  }

  /**
   * Opens or makes `<dir>/sql.db`. Errors: READ_STORE_UNAVAILABLE, READ_STORE_CANNOT_OPEN, READ_STORE_INVALID_FILE,
   * READ_STORE_NEWER, READ_STORE_SQLITE_TOO_OLD, READ_STORE_READ_ONLY.
   */
  static async open({ dir, mustExist, entities, runtime, name }: SqliteOptions): Promise<SqliteDatabase> {
    const file = resolve(dir, FILE_NAME);
    const opened: SqliteSide[] = [];
    try {
      assertSqliteVersion(process.versions.sqlite ?? '0', storeFile({ store: name, file }).owner);
      if (mustExist && !existsSync(file)) throw new SqlFileMissing(file);
      await mkdir(dir, { recursive: true, mode: PRIVATE_FOLDER });
      createPrivately(file);
      const writer = await openSide({ store: name, file, entities, runtime, isReadOnly: false });
      opened.push(writer);
      await inTransaction(writer, () => migrate(writer.connection.runner, file));
      const reader = await openSide({ store: name, file, entities, runtime, isReadOnly: true });
      guardSnapshot(reader.connection.runner, { store: name, dialect: 'sqlite' });
      return new SqliteDatabase({ store: name, file, entities, runtime }, writer, reader);
    } catch (error) {
      for (const { dataSource } of opened) await dataSource.destroy();
      throw translateSqliteError(error, { store: name, file });
    }
  }

  get dataSource(): DataSource {
    return this.writer.dataSource;
  }

  get layouts(): EntityLayouts {
    return this.writer.layouts;
  }

  sqlName(table: string): string {
    return quoted(table);
  }

  nativeType(): undefined {}

  createIndexSql(table: string, index: TableIndex): string {
    return createIndexSql(quoted, table, index);
  }

  dropIndexSql(_table: string, index: string): string {
    return dropIndexSql(quoted, index);
  }

  decoderOf(kind: ColumnKind): Decoder {
    return DECODERS[kind];
  }

  use<T>(work: (connection: SqlConnection) => Promise<T>): Promise<T> {
    this.#assertOpen();
    return this.writer.lock.run(() => this.#onSameFile(() => work(this.writer.connection)));
  }

  // Both durabilities are the file's synchronous=NORMAL: a power cut may undo the last commits, never half of one.
  transact<T>(_durability: Durability, work: (connection: SqlConnection) => Promise<T>, origin?: StatementOrigin): Promise<T> {
    this.#assertOpen();
    return this.writer.lock.run(() => this.#onSameFile(() => inTransaction(this.writer, () => work(this.writer.connection), origin)));
  }

  read<T>(work: (connection: SqlConnection, manager: EntityManager) => Promise<T>): Promise<T> {
    this.#assertOpen();
    const { lock, database, connection, dataSource } = this.reader;
    return lock.run(async () => {
      try {
        this.#assertSame();
        database.exec('BEGIN');
        return await work(connection, dataSource.manager);
      } catch (error) {
        throw translateSqliteError(error, this.options, 'query');
      } finally {
        if (database.database.isTransaction) database.exec('ROLLBACK');
      }
    });
  }

  async snapshot<T>(work: (connection: SqlConnection) => Promise<T>): Promise<T> {
    this.#assertOpen();
    const side = await openSide({ ...this.options, isReadOnly: true });
    try {
      this.#assertSame();
      side.database.exec('BEGIN');
      return await work(side.connection);
    } catch (error) {
      throw translateSqliteError(error, this.options, 'query');
    } finally {
      await side.dataSource.destroy();
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const { lock, dataSource } of [this.reader, this.writer]) await lock.run(() => dataSource.destroy());
  }

  /** What the work has written counts if it is in the file that others find. Errors: READ_STORE_UNAVAILABLE. */
  async #onSameFile<T>(work: () => Promise<T>): Promise<T> {
    this.#assertSame();
    const result = await work();
    this.#assertSame(); // before the caller hears that it is there
    return result;
  }

  #assertSame(): void {
    const problem = this.#watched.problem();
    if (problem !== undefined) throw translateSqliteError(new FileReplaced(storeFile(this.options), problem), this.options);
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new ReadStoreUnavailable(this.options.store, 'it is closed');
  }
}

const same: Decoder = (value) => value;
const parsed: Decoder = (value) => JSON.parse(value as string) as unknown;

const DECODERS: Readonly<Record<ColumnKind, Decoder>> = {
  text: same,
  integer: same,
  smallint: same,
  bigint: same,
  double: same,
  boolean: (value) => value !== 0,
  json: parsed,
  'native-json': parsed,
  jsonb: parsed,
  numeric: same,
  uuid: same,
  date: same,
  time: same,
  timestamp: same,
  timestamptz: same,
};
