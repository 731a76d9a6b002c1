// Tables and views of generations, made from the entity's metadata. They never migrate: another entity needs a new
// generation.
import { createHash } from 'node:crypto';
import { Table, TableColumn, type TableIndex } from 'typeorm';
import { CollectionTaken, type CollectionDescriptor, type Generation } from '@mainstem/projection/adapter';
import type { EntityLayout } from './layout/entity-layout.js';
import { generationTableName, quoted, STATE_COLUMN } from './layout/identifiers.js';
import { ReadModelNameTaken } from './errors.js';
import { assertUnused, restoringStatements, revokingStatements, shownView, type ShownView } from './postgres/view-rights.js';
import type { SqlConnection, SqlDatabase } from './server/sql-database.js';

/** A collection of a stored generation in the bookkeeping: enough to promote or drop it without its entity. */
export interface CollectionRecord {
  readonly collection: string;
  readonly view: string;
  readonly table: string;
  /** The view's columns, see `EntityLayout.signature`. */
  readonly signature: string;
}

/** Statements for the indexes of a generation. */
export interface IndexChanges {
  /** Make the missing indexes; each takes longer for more data. */
  readonly missing: readonly string[];
  /** Drop the indexes that no entity has any more; nothing depends on them. */
  readonly superseded: readonly string[];
}

/** Makes, shows and drops tables of generations, all on the caller's connection. */
export class GenerationTables {
  readonly #collections: string;

  constructor(private readonly database: SqlDatabase) {
    this.#collections = database.sqlName('mainstem_collections');
  }

  /**
   * Makes the tables of a new generation, with indexes unless it is a bulk load without look-ups. Errors:
   * READ_STORE_UNSUPPORTED_ENTITY, and those of `#assertFree`.
   */
  async create(connection: SqlConnection, { projection, number, isBulk }: Generation, collections: readonly CollectionDescriptor[]): Promise<void> {
    await this.#assertFree(connection, projection, collections);
    for (const { name, document, hasState, hasLookups = false } of collections) {
      const layout = this.database.layouts.of(document);
      const isIndexed = !isBulk || hasLookups;
      await connection.createTable(this.#tableOf(layout, number, hasState), isIndexed);
      await connection.run(
        `INSERT INTO ${this.#collections} (projection, generation, collection, view_name, table_name, signature) VALUES (?, ?, ?, ?, ?, ?)`,
        [projection, number, name, layout.view, generationTableName(layout.view, number), layout.signature],
      );
    }
  }

  /** Makes the indexes that a bulk table lacks; existing ones stay. */
  indexStatements(collections: readonly CollectionDescriptor[], generation: number): readonly string[] {
    return collections.flatMap(({ document, hasState }) => {
      const layout = this.database.layouts.of(document);
      const table = generationTableName(layout.view, generation);
      const { indices, columns } = this.#tableOf(layout, generation, hasState);
      return indices.map((index) => this.database.createIndexSql(table, index, columns));
    });
  }

  /** Changes a generation's indexes to those of the present entities, which may differ without other documents. */
  async indexChanges(connection: SqlConnection, collections: readonly CollectionDescriptor[], generation: number): Promise<IndexChanges> {
    const changes = { missing: [] as string[], superseded: [] as string[] };
    for (const { document, hasState } of collections) {
      const layout = this.database.layouts.of(document);
      const table = generationTableName(layout.view, generation);
      const found = await connection.query<FoundIndex>(this.database.indexesOf, [table]);
      const kept = new Set<string>();
      const { indices, columns } = this.#tableOf(layout, generation, hasState);
      for (const index of indices) {
        const same = found.find(({ name }) => name === index.name) ?? found.find((one) => isOurs(table, one.name) && isSame(one, index));
        if (same) kept.add(same.name);
        else changes.missing.push(this.database.createIndexSql(table, index, columns));
      }
      const superseded = found.filter(({ name }) => isOurs(table, name) && !kept.has(name));
      changes.superseded.push(...superseded.map(({ name }) => this.database.dropIndexSql(table, name)));
    }
    return changes;
  }

  /** The collections of a stored generation. */
  async list(connection: SqlConnection, projection: string, generation: number): Promise<readonly CollectionRecord[]> {
    const sql = `SELECT collection, view_name AS "view", table_name AS "table", signature FROM ${this.#collections}
      WHERE projection = ? AND generation = ? ORDER BY collection`;
    return connection.query<CollectionRecord>(sql, [projection, generation]);
  }

  /** True if a generation's table has the hidden column for the engine's bookkeeping. */
  async hasState(connection: SqlConnection, table: string): Promise<boolean> {
    const { schema } = this.database;
    return connection.define((runner) => runner.hasColumn(schema === undefined ? table : `${schema}.${table}`, STATE_COLUMN));
  }

  /** Points the views at another generation's tables. Drops views that only the former one had. */
  async show(connection: SqlConnection, former: readonly CollectionRecord[], next: readonly CollectionRecord[]): Promise<void> {
    const shownBy = (view: string): CollectionRecord | undefined => former.find((record) => record.view === view);
    const isReplaceable = ({ view, signature }: CollectionRecord): boolean => {
      const before = shownBy(view);
      return this.database.canReplaceViews && (before === undefined || holdsAll(before.signature, signature));
    };
    const { schema } = this.database;
    const shown = new Map<string, ShownView | undefined>();
    if (schema !== undefined) for (const { view } of next) shown.set(view, await shownView(connection, schema, view));
    const remaining = next.filter(isReplaceable).map(({ view }) => view);
    const restoring = new Map<string, readonly string[]>();
    for (const { view } of former.filter((record) => !remaining.includes(record.view))) {
      const anew = next.find((record) => record.view === view);
      if (schema !== undefined) {
        await assertUnused(connection, { schema, name: view, isMadeAnew: anew !== undefined });
        if (anew && shown.get(view)) restoring.set(view, await restoringStatements(connection, { schema, view, columns: columnsOf(anew.signature) }));
      }
      await connection.changeView(view, `DROP VIEW IF EXISTS ${this.database.sqlName(view)}`);
    }
    for (const record of next) await this.#makeView(connection, record, { shown: shown.get(record.view), isReplaced: isReplaceable(record) });
    for (const [view, statements] of restoring) {
      const revoking = schema === undefined ? [] : await revokingStatements(connection, schema, view);
      for (const statement of [...revoking, ...statements]) await connection.run(statement);
    }
  }

  async #makeView(connection: SqlConnection, { view, table, signature }: CollectionRecord, { shown, isReplaced }: FormerView): Promise<void> {
    // A replaced view keeps the order of its columns.
    const columns = [...new Set([...(isReplaced ? (shown?.columns ?? []) : []), ...columnsOf(signature)])];
    const create = isReplaced ? 'CREATE OR REPLACE VIEW' : 'CREATE VIEW';
    if (shown?.otherOwner) await connection.run(`GRANT SELECT ON ${this.database.sqlName(table)} TO ${shown.otherOwner}`);
    await connection.changeView(
      view,
      `${create} ${this.database.sqlName(view)}${shown?.options ?? ''} AS ${viewSource(columns, this.database.sqlName(table))}`,
    );
  }

  /** Drops the tables of a generation without views. */
  async drop(connection: SqlConnection, projection: string, generation: number): Promise<void> {
    for (const { table } of await this.list(connection, projection, generation)) {
      await connection.dropTable(table);
    }
    await connection.run(`DELETE FROM ${this.#collections} WHERE projection = ? AND generation = ?`, [projection, generation]);
  }

  /** Errors: READ_STORE_NAME_TAKEN, PROJECTION_INVALID_DEFINITION for a collection of another projection. */
  async #assertFree(connection: SqlConnection, projection: string, collections: readonly CollectionDescriptor[]): Promise<void> {
    const names = collections.map(({ name }) => name);
    const views = collections.map(({ document }) => this.database.layouts.of(document).view);
    // Two that begin at once would both find them free. A fixed order prevents a deadlock.
    for (const name of names.toSorted()) await connection.lockName(`collection ${name}`);
    for (const view of views.toSorted()) await connection.lockName(`view ${view}`);
    for (const view of views) await this.#assertNameFree(connection, projection, view);
    for (const name of names) await this.#assertOwn(connection, projection, name);
  }

  async #assertOwn(connection: SqlConnection, projection: string, collection: string): Promise<void> {
    const sql = `SELECT projection FROM ${this.#collections} WHERE collection = ? AND projection <> ? LIMIT 1`;
    const [owner] = await connection.query<{ projection: string }>(sql, [collection, projection]);
    if (owner) throw new CollectionTaken(projection, collection, owner.projection);
  }

  async #assertNameFree(connection: SqlConnection, projection: string, view: string): Promise<void> {
    const sql = `SELECT projection FROM ${this.#collections} WHERE view_name = ? AND projection <> ? LIMIT 1`;
    const [other] = await connection.query<{ projection: string }>(sql, [view, projection]);
    if (other) throw new ReadModelNameTaken(view, `projection ${other.projection} already fills a table of this name.`, other.projection);
    const own = `SELECT 1 AS found FROM ${this.#collections} WHERE view_name = ? AND projection = ? LIMIT 1`;
    if ((await connection.query(own, [view, projection])).length > 0) return;
    const schema = this.database.schema;
    if (await connection.define((runner) => runner.hasTable(schema === undefined ? view : `${schema}.${view}`))) {
      throw new ReadModelNameTaken(view, 'the database already has a table of this name that is no read model.');
    }
  }

  #tableOf(layout: EntityLayout, generation: number, hasState: boolean): Table {
    const { dataSource, schema, textCollation } = this.database;
    const table = Table.create(layout.metadata, dataSource.driver);
    const name = generationTableName(layout.view, generation);
    table.name = schema === undefined ? name : `${schema}.${name}`;
    // Named for its content, so that a changed index has another name, and equal ones are one.
    const indexes = new Map(table.indices.map((index) => [`${indexPrefix(name)}${wordsHash([...index.columnNames, index.where ?? ''])}`, index]));
    table.indices = [...indexes].map(([index, options]) => Object.assign(options, { name: index }));
    const columns = new Map(layout.columns.map((column) => [column.column, column]));
    for (const column of table.columns) {
      delete column.primaryKeyConstraintName; // names of indexes are unique in a schema with several generations
      // The projection gives every value, and one order holds on every database.
      delete column.default;
      delete column.collation;
      if (textCollation !== undefined && /^(text|character varying)/.test(column.type)) column.collation = textCollation;
      const { kind, limits } = columns.get(column.name) ?? STATE;
      const native = this.database.nativeType(kind, limits);
      if (native === undefined) for (const digits of ['precision', 'scale'] as const) delete column[digits];
      else Object.assign(column, { type: native, collation: undefined });
    }
    if (hasState)
      table.addColumn(new TableColumn({ name: STATE_COLUMN, type: this.database.nativeType(STATE.kind, STATE.limits) ?? 'text', isNullable: true }));
    return table;
  }
}

/** What a view shows of a table. */
export const viewSource = (columns: readonly string[], sqlTable: string): string => `SELECT ${columns.map(quoted).join(', ')} FROM ${sqlTable}`;

/** The hidden column for the engine's bookkeeping. */
const STATE = { kind: 'text', limits: { lengthMax: undefined, bytesMax: undefined } } as const;

interface FoundIndex {
  readonly name: string;
  /** JSON of the columns' names in order; null unless it is a plain index of columns. */
  readonly columns: string | null;
}

/** By content, not by name: an older version named indexes by their number. Those with a condition are made anew. */
const isSame = ({ columns }: FoundIndex, { columnNames, where }: TableIndex): boolean =>
  columns !== null && (where ?? '') === '' && JSON.stringify(JSON.parse(columns)) === JSON.stringify(columnNames);

/** The beginning of the names of a table's indexes, except that of its key. */
const indexPrefix = (table: string): string => `${table}_i`;

const HASH_LENGTH = 8;

/** Not those of an operator. */
const isOurs = (table: string, index: string): boolean =>
  index.startsWith(indexPrefix(table)) && /^(?:[0-9a-f]{8}|[0-9]{1,2})$/.test(index.slice(indexPrefix(table).length));

const wordsHash = (words: readonly string[]): string => createHash('sha256').update(JSON.stringify(words)).digest('hex').slice(0, HASH_LENGTH);

interface FormerView {
  /** Undefined if views have nothing to lose. */
  readonly shown: ShownView | undefined;
  readonly isReplaced: boolean;
}

/** True if a view with the former columns can be replaced in place: all are there with the same types, in any order. */
const holdsAll = (former: string, next: string): boolean => {
  const after = new Set(shapesOf(next));
  return shapesOf(former).every((shape) => after.has(shape));
};

/** Name, type and length of each column; the view does not depend on nullability. */
const shapesOf = (signature: string): readonly string[] =>
  (JSON.parse(signature) as readonly [string, string, boolean, string?][]).map(([column, type, , length]) => JSON.stringify([column, type, length]));

/** Columns of the view, in the entity's order. */
export const columnsOf = (signature: string): readonly string[] =>
  (JSON.parse(signature) as readonly [string, ...unknown[]][]).map(([column]) => column);
