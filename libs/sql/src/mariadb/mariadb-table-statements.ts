// Bulk statements for the documents of one table, as text that is never larger than the server takes.
import { InvalidDocument, type ProjectionDocument, type ScanOptions } from '@mainstem/projection/adapter';
import type { SqlValue } from '../layout/column-kind.js';
import { quoted } from '../layout/identifiers.js';
import type { CollectionTable } from '../server/sql-database.js';
import { sqlValueOf } from './mariadb-types.js';

/** A statement, and the keys of the documents that it names. */
export interface BulkStatement {
  readonly sql: string;
  readonly keys: readonly string[];
}

/** Larger statements gain nothing more. */
const BYTES_PER_STATEMENT = 1_000_000;
/** Of a packet, for what stands around the rows. */
const BYTES_AROUND = 100_000;

/** Rows by key, in the order of the codec's columns. */
export const selectStatements = (table: CollectionTable, keys: readonly string[], packetMax: number): Generator<BulkStatement> =>
  statementsOf(`SELECT ${namesOf(table)} FROM ${table.sqlName} WHERE ${quoted(table.codec.keyColumn)} IN (`, ')', keyEntries(keys), packetMax);

/** A page of rows in the order of their keys, whose bytes are that order. */
export const scanStatement = (table: CollectionTable, { after, limit }: ScanOptions): string => {
  const key = quoted(table.codec.keyColumn);
  return `SELECT ${namesOf(table)} FROM ${table.sqlName}${after === undefined ? '' : ` WHERE ${key} > ${literal(after)}`} ORDER BY ${key} LIMIT ${limit}`;
};

/** Rows to delete by key. */
export const deleteStatements = ({ sqlName, codec }: CollectionTable, keys: readonly string[], packetMax: number): Generator<BulkStatement> =>
  statementsOf(`DELETE FROM ${sqlName} WHERE ${quoted(codec.keyColumn)} IN (`, ')', keyEntries(keys), packetMax);

/** Statements that replace the stored documents. Errors: READ_STORE_INVALID_DOCUMENT, while they are being made. */
export const upsertStatements = (
  table: CollectionTable,
  documents: ReadonlyMap<string, ProjectionDocument>,
  packetMax: number,
): Generator<BulkStatement> => {
  const { sqlName, codec } = table;
  const changed = codec.columns.filter(({ isKey }) => !isKey).map(({ name }) => `${quoted(name)} = VALUES(${quoted(name)})`);
  const key = quoted(codec.keyColumn);
  const tail = ` ON DUPLICATE KEY UPDATE ${changed.length > 0 ? changed.join(', ') : `${key} = ${key}`}`;
  return statementsOf(`INSERT INTO ${sqlName} (${namesOf(table)}) VALUES `, tail, rowEntries(table, documents, packetMax), packetMax);
};

type Entry = readonly [key: string, text: string];

function* rowEntries(
  { collection, codec }: CollectionTable,
  documents: ReadonlyMap<string, ProjectionDocument>,
  packetMax: number,
): Generator<Entry> {
  for (const [key, document] of documents) {
    const row: SqlValue[] = [];
    codec.encode(key, document, row);
    const text = `(${row.map((value, index) => literal(sqlValueOf(codec.columns[index]?.kind ?? 'text', value))).join(', ')})`;
    if (Buffer.byteLength(text) > packetMax - BYTES_AROUND)
      throw new InvalidDocument(collection, key, `it is larger than the server takes (max_allowed_packet is ${packetMax} bytes)`);
    yield [key, text];
  }
}

function* keyEntries(keys: readonly string[]): Generator<Entry> {
  for (const key of keys) yield [key, literal(key)];
}

function* statementsOf(head: string, tail: string, entries: Iterable<Entry>, packetMax: number): Generator<BulkStatement> {
  const bytesMax = Math.min(BYTES_PER_STATEMENT, packetMax - BYTES_AROUND);
  let keys: string[] = [];
  let texts: string[] = [];
  let bytes = 0;
  for (const [key, text] of entries) {
    const size = Buffer.byteLength(text) + 2;
    if (keys.length > 0 && bytes + size > bytesMax) {
      yield { sql: `${head}${texts.join(', ')}${tail}`, keys };
      [keys, texts, bytes] = [[], [], 0];
    }
    keys.push(key);
    texts.push(text);
    bytes += size;
  }
  if (keys.length > 0) yield { sql: `${head}${texts.join(', ')}${tail}`, keys };
}

const namesOf = ({ codec }: CollectionTable): string => codec.columns.map(({ name }) => quoted(name)).join(', ');

/** The session takes a backslash for the beginning of an escape. */
const literal = (value: SqlValue): string => (typeof value === 'string' ? `'${value.replace(/[\\']/g, '\\$&')}'` : String(value ?? 'NULL'));
