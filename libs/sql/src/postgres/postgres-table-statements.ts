// Bulk statements for the documents of one table: one parameter for each column, with any number of rows.
import { InvalidDocument, type ProjectionDocument, type ScanOptions } from '@mainstem/projection/adapter';
import type { ColumnKind, SqlValue } from '../layout/column-kind.js';
import type { DocumentCodec } from '../layout/document-codec.js';
import { quoted } from '../layout/identifiers.js';
import type { CollectionTable } from '../server/sql-database.js';
import { NATIVE_TYPES } from './native-types.js';
import { arrayLiteral } from './array-literal.js';
import { copyLine } from './copy-text.js';

/** A statement with its parameters, for the driver. */
export interface BulkStatement {
  readonly text: string;
  readonly values: readonly string[];
  readonly keys: readonly string[];
}

/** New rows as the data of one COPY. */
export interface CopyBatch {
  readonly sql: string;
  readonly data: string;
  readonly documents: ReadonlyMap<string, ProjectionDocument>;
}

// Both limit the size of a statement, and so its memory here and on the server.
const ROWS_PER_STATEMENT = 5_000;
const TEXT_PER_STATEMENT = 8_000_000;

/** Rows by key, as text in the order of the codec's columns. */
export const selectStatement = ({ sqlName, codec }: CollectionTable, keys: readonly string[]): BulkStatement => {
  const columns = codec.columns.map(({ name }) => quoted(name)).join(', ');
  return {
    text: `SELECT ${columns} FROM ${sqlName} WHERE ${quoted(codec.keyColumn)} = ANY($1::${keyType(codec)}[])`,
    values: [arrayLiteral(keys)],
    keys,
  };
};

/** A page of rows in order of keys. The column has that collation, and its index serves the query. */
export const scanStatement = ({ sqlName, codec }: CollectionTable, { after, limit }: ScanOptions): Omit<BulkStatement, 'keys'> => {
  const columns = codec.columns.map(({ name }) => quoted(name)).join(', ');
  const key = quoted(codec.keyColumn);
  const where = after === undefined ? '' : `WHERE ${key} > $2`;
  const text = `SELECT ${columns} FROM ${sqlName} ${where} ORDER BY ${key} LIMIT $1`;
  return { text, values: after === undefined ? [String(limit)] : [String(limit), after] };
};

/** Rows to delete by key. */
export const deleteStatement = ({ sqlName, codec }: CollectionTable, keys: readonly string[]): BulkStatement => ({
  text: `DELETE FROM ${sqlName} WHERE ${quoted(codec.keyColumn)} = ANY($1::${keyType(codec)}[])`,
  values: [arrayLiteral(keys)],
  keys,
});

/** Statements that write the documents over existing ones. Errors: READ_STORE_INVALID_DOCUMENT, while they are made. */
export function* upsertStatements({ sqlName, codec }: CollectionTable, documents: ReadonlyMap<string, ProjectionDocument>): Generator<BulkStatement> {
  const text = upsertSql(sqlName, codec);
  let batch = new ColumnBatch(codec.columns.length);
  for (const [key, document] of documents) {
    const row: SqlValue[] = [];
    codec.encode(key, document, row);
    batch.add(key, row);
    if (!batch.isFull) continue;
    yield batch.statement(text);
    batch = new ColumnBatch(codec.columns.length);
  }
  if (batch.keys.length > 0) yield batch.statement(text);
}

/**
 * COPYs into the table itself, which refuses existing keys. Errors while they are made: READ_STORE_INVALID_DOCUMENT.
 */
export function* copyBatches({ sqlName, codec }: CollectionTable, documents: ReadonlyMap<string, ProjectionDocument>): Generator<CopyBatch> {
  const sql = `COPY ${sqlName} (${codec.columns.map(({ name }) => quoted(name)).join(', ')}) FROM STDIN`;
  let batch = new Map<string, ProjectionDocument>();
  let data = '';
  for (const [key, document] of documents) {
    const row: SqlValue[] = [];
    codec.encode(key, document, row);
    data += copyLine(row);
    batch.set(key, document);
    if (batch.size < ROWS_PER_STATEMENT && data.length < TEXT_PER_STATEMENT) continue;
    yield { sql, data, documents: batch };
    batch = new Map();
    data = '';
  }
  if (batch.size > 0) yield { sql, data, documents: batch };
}

/** Rows turned into columns. */
class ColumnBatch {
  readonly keys: string[] = [];
  readonly #columns: SqlValue[][];
  #textLength = 0;

  constructor(width: number) {
    this.#columns = Array.from({ length: width }, () => []);
  }

  get isFull(): boolean {
    return this.keys.length >= ROWS_PER_STATEMENT || this.#textLength >= TEXT_PER_STATEMENT;
  }

  add(key: string, row: readonly SqlValue[]): void {
    this.keys.push(key);
    for (let index = 0; index < row.length; index++) {
      const value = row[index] as SqlValue;
      if (typeof value === 'string') this.#textLength += value.length;
      (this.#columns[index] as SqlValue[]).push(value);
    }
  }

  statement(text: string): BulkStatement {
    return { text, values: this.#columns.map(arrayLiteral), keys: this.keys };
  }
}

/** The server refuses data that the codec has accepted. */
export const refusedBy = (collection: string, keys: readonly string[], problem: string, cause: unknown): InvalidDocument =>
  new InvalidDocument(collection, keys.length === 1 ? keys[0] : undefined, problem, cause);

const upsertSql = (sqlName: string, codec: DocumentCodec): string => {
  const names = codec.columns.map(({ name }) => quoted(name)).join(', ');
  const arrays = codec.columns.map(({ kind }, index) => `$${index + 1}::${TYPES[kind]}[]`).join(', ');
  const changes = codec.columns.filter(({ isKey }) => !isKey).map(({ name }) => `${quoted(name)} = excluded.${quoted(name)}`);
  const action = changes.length > 0 ? `DO UPDATE SET ${changes.join(', ')}` : 'DO NOTHING';
  return `INSERT INTO ${sqlName} (${names}) SELECT * FROM unnest(${arrays}) ON CONFLICT (${quoted(codec.keyColumn)}) ${action}`;
};

const keyType = (codec: DocumentCodec): string => TYPES[codec.columns.find(({ isKey }) => isKey)?.kind ?? 'text'];

const TYPES: Readonly<Record<ColumnKind, string>> = {
  text: 'text',
  integer: 'integer',
  smallint: 'smallint',
  bigint: 'bigint',
  double: 'double precision',
  boolean: 'boolean',
  json: 'text',
  ...NATIVE_TYPES,
};
