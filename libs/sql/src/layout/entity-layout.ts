// What an entity's metadata says about its documents, read once so that no hot loop asks TypeORM.
import type { EntityMetadata } from 'typeorm';
import { UnsupportedEntity } from '../errors.js';
import type { ColumnKind, TextLimits } from './column-kind.js';
import type { DecimalShape } from './exact-text.js';
import { STATE_COLUMN } from './identifiers.js';

type ColumnMetadata = EntityMetadata['columns'][number];

/** One field of a document, and its column. */
export interface DocumentColumn {
  readonly property: string;
  readonly column: string;
  readonly kind: ColumnKind;
  readonly isNullable: boolean;
  readonly limits: TextLimits;
}

/** An entity as a shape of documents. */
export interface EntityLayout {
  readonly entity: string;
  /** The entity's table name: the name of the view for queries. */
  readonly view: string;
  readonly columns: readonly DocumentColumn[];
  /** Index of the primary column in `columns`. */
  readonly keyIndex: number;
  readonly metadata: EntityMetadata;
  /** Describes the columns of this entity's tables; a stored generation with another signature must be rebuilt. */
  readonly signature: string;
}

/** Reads an entity's metadata. Errors: READ_STORE_UNSUPPORTED_ENTITY. */
export const entityLayoutOf = (metadata: EntityMetadata): EntityLayout => {
  assertSupported(metadata);
  const columns = metadata.columns.map((column) => documentColumnOf(metadata, column));
  const keyIndex = metadata.columns.findIndex((column) => column.isPrimary);
  const signature = JSON.stringify(metadata.columns.map((column) => [column.databaseName, storedTypeOf(column), column.isNullable, column.length]));
  return { entity: metadata.name, view: metadata.tableName, columns, keyIndex, metadata, signature };
};

/** What to declare instead of a type that cannot hold documents. */
export const USABLE_TYPES =
  'use text, integer, smallint, bigint (decimal strings), double precision, numeric (decimal strings), boolean, date, time, timestamp, timestamptz, ' +
  "uuid, json, jsonb or 'simple-json' (also for lists)";

const VIEW_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,39}$/;

const assertSupported = (metadata: EntityMetadata): void => {
  const refuse = (problem: string): never => {
    throw new UnsupportedEntity(metadata.name, problem);
  };
  const { tableName } = metadata;
  if (metadata.tableType !== 'regular' || metadata.inheritancePattern !== undefined || metadata.treeType !== undefined)
    refuse('must be a plain @Entity; the framework makes the view itself');
  if (!VIEW_NAME.test(tableName)) refuse(`its table name "${tableName}" must be letters, digits and underscores, at most 40, starting with a letter`);
  if (/^(mainstem|sqlite|pg)_/i.test(tableName) || /__g\d+$/.test(tableName)) refuse(`the table name ${tableName} is reserved`);
  if (metadata.primaryColumns.length !== 1)
    refuse(
      'must have exactly one @PrimaryColumn, which holds the key of the document; join the parts of a key in one text, and keep them in further columns',
    );
  if (metadata.relations.length > 0) refuse('has relations; a document is one row, so keep the other key in a column and query it by itself');
  if (metadata.embeddeds.length > 0) refuse("has embedded columns; use a 'simple-json' column");
  if (metadata.uniques.length > 0 || metadata.indices.some((index) => index.isUnique)) {
    refuse('has a unique index besides its key; a read model cannot refuse an event that has happened, use a plain index');
  }
  const { schema } = metadata.tableMetadataArgs;
  if (schema !== undefined || metadata.tableMetadataArgs.database !== undefined) {
    refuse('names a schema or database; read models are where the store was opened, so give the schema there (in the URL: ?schema=)');
  }
  if (metadata.columns.length > COLUMNS_MAX) refuse(`has ${metadata.columns.length} columns; ${COLUMNS_MAX} fit a table on every database`);
  const names = new Map<string, string>();
  for (const { databaseName } of metadata.columns) {
    const other = names.get(databaseName.toLowerCase());
    if (other !== undefined) refuse(`has the columns ${other} and ${databaseName}, which are one name on SQLite`);
    names.set(databaseName.toLowerCase(), databaseName);
  }
  const wide = metadata.indices.find(({ columns }) => columns.length > INDEX_COLUMNS_MAX);
  if (wide) refuse(`has an index of ${wide.columns.length} columns; ${INDEX_COLUMNS_MAX} fit an index on every database`);
  const isPlain = ({ isSpatial, isFulltext, isConcurrent, type }: (typeof metadata.indices)[number]): boolean =>
    !(isSpatial || isFulltext || isConcurrent) && (type === undefined || type === 'btree');
  if (!metadata.indices.every(isPlain)) {
    refuse('has an index that is no plain one, and one of the databases cannot make it; leave out its options');
  }
  if (metadata.checks.length > 0 || metadata.exclusions.length > 0) refuse('has constraints; a read model cannot refuse an event that has happened');
};

const documentColumnOf = (metadata: EntityMetadata, column: ColumnMetadata): DocumentColumn => {
  const refuse = (problem: string): never => {
    throw new UnsupportedEntity(metadata.name, `column ${column.propertyName} ${problem}`);
  };
  const kind = kindOfType(column.type);
  if (kind === undefined) {
    return refuse(`has type ${typeNameOf(column)}, which does not return the stored value on every database; ${USABLE_TYPES}`);
  }
  if (column.isPrimary && kind !== 'text' && kind !== 'uuid')
    return refuse('is the primary column and must be text or uuid, because it holds the key');
  if (column.isGenerated || column.generatedType || column.isCreateDate || column.isUpdateDate || column.isDeleteDate || column.isVersion) {
    return refuse('is filled by the database; the projection must give every value');
  }
  if (column.isArray || column.transformer || column.isVirtualProperty) return refuse("is an array, transformed or virtual; use 'simple-json'");
  if (column.databaseName.toLowerCase() === STATE_COLUMN.toLowerCase() || SYSTEM_COLUMNS.has(column.databaseName)) {
    return refuse('has a reserved name; give the column another one (`name` of its options)');
  }
  if (column.databaseName === '' || UNUSABLE_NAME.test(column.databaseName)) return refuse('has a name that is empty or holds NUL');
  const length = lengthProblem(column);
  if (length !== undefined) return refuse(length);
  if (Buffer.byteLength(column.databaseName) > NAME_BYTES_MAX)
    return refuse(`has a name of more than ${NAME_BYTES_MAX} bytes, which PostgreSQL would cut`);
  if (column.databaseName.includes('"')) return refuse('has a name with a double quote');
  const digits = digitsProblem(kind, column);
  if (digits !== undefined) return refuse(digits);
  const isIndexed = metadata.indices.some((index) => index.columns.includes(column));
  if (isIndexed && (kind === 'native-json' || kind === 'jsonb'))
    return refuse("is JSON and has an index, which has no order to go by; index other columns, or use 'simple-json'");
  const lengthMax = kind === 'text' && column.length ? Number(column.length) : undefined;
  const limits = { lengthMax, bytesMax: indexedBytesMax(metadata, column), decimal: decimalShapeOf(kind, column) };
  return { property: column.propertyName, column: column.databaseName, kind, isNullable: column.isNullable, limits };
};

/** Types that may declare the length of their text; TypeORM accepts it for others on only one of the databases. */
const TYPES_OF_LENGTH: ReadonlySet<unknown> = new Set([String, 'varchar', 'character varying']);

const lengthProblem = ({ length, type }: ColumnMetadata): string | undefined => {
  if (length === '') return undefined;
  if (!TYPES_OF_LENGTH.has(type)) return 'has a length, which only varchar takes; leave it out';
  if (!/^[1-9]\d*$/.test(length)) return `has the length ${length}; give a whole number from 1`;
  return Number(length) > LENGTH_MAX ? `has a length of more than ${LENGTH_MAX}, the largest on PostgreSQL; use text` : undefined;
};

const MILLISECOND_DIGITS = 3;
const MICROSECOND_DIGITS = 6;
const NUMERIC_DIGITS_MAX = 1_000;

/** Declared digits that would round a value. */
const digitsProblem = (kind: ColumnKind, { precision, scale }: ColumnMetadata): string | undefined => {
  const digits = precision ?? undefined;
  if (kind === 'numeric') {
    const places = scale ?? 0;
    const isShape =
      digits === undefined ? scale === undefined || scale === null : digits >= 1 && digits <= NUMERIC_DIGITS_MAX && places >= 0 && places <= digits;
    return isShape ? undefined : `must give a precision from 1 to ${NUMERIC_DIGITS_MAX} and a scale from 0 to the precision, or neither`;
  }
  const needed = kind === 'time' ? MICROSECOND_DIGITS : kind === 'timestamp' || kind === 'timestamptz' ? MILLISECOND_DIGITS : 0;
  return digits === undefined || digits >= needed ? undefined : `has precision ${digits}, which would round; leave it out`;
};

const decimalShapeOf = (kind: ColumnKind, { precision, scale }: ColumnMetadata): DecimalShape | undefined =>
  kind === 'numeric' && typeof precision === 'number' ? { precision, scale: scale ?? 0 } : undefined;

const NAME_BYTES_MAX = 63;
/** PostgreSQL allows 1,600; one is the hidden state. */
const COLUMNS_MAX = 1_599;
const INDEX_COLUMNS_MAX = 32;
const LENGTH_MAX = 10_485_760;
const UNUSABLE_NAME = /\0/;
/** Every table of PostgreSQL already has these. */
const SYSTEM_COLUMNS = new Set(['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid']);

// PostgreSQL allows 2,704 bytes in an index entry (a third of a page); the limit holds on SQLite, too.
const INDEX_ENTRY_BYTES_MAX = 2_600;

const indexedBytesMax = (metadata: EntityMetadata, column: ColumnMetadata): number | undefined => {
  const widths = metadata.indices.filter((index) => index.columns.includes(column)).map((index) => index.columns.length);
  if (column.isPrimary) widths.push(1);
  return widths.length === 0 ? undefined : Math.floor(INDEX_ENTRY_BYTES_MAX / Math.max(...widths));
};

/** The type with its declarations besides the length. */
const storedTypeOf = (column: ColumnMetadata): string => {
  const kind = kindOfType(column.type) ?? 'text';
  const shape = decimalShapeOf(kind, column);
  if (shape) return `numeric(${shape.precision},${shape.scale})`;
  const { precision } = column;
  return TIMES.has(kind) && typeof precision === 'number' ? `${typeNameOf(column)}(${precision})` : typeNameOf(column);
};

/** Their precision is part of the column's type, which a view cannot change in place. */
const TIMES: ReadonlySet<ColumnKind> = new Set(['time', 'timestamp', 'timestamptz']);

const typeNameOf = ({ type }: ColumnMetadata): string => (typeof type === 'function' ? type.name : String(type));

/** What a column of a declared type can hold; undefined for types that cannot hold documents. */
export const kindOfType = (type: unknown): ColumnKind | undefined => KINDS.get(type);

// The types that return the same values on every database.
const KINDS = new Map<unknown, ColumnKind>([
  [String, 'text'],
  ['text', 'text'],
  ['varchar', 'text'],
  ['character varying', 'text'],
  [Number, 'integer'],
  ['int', 'integer'],
  ['integer', 'integer'],
  ['smallint', 'smallint'],
  ['int2', 'smallint'],
  ['bigint', 'bigint'],
  ['int8', 'bigint'],
  ['double precision', 'double'],
  ['float', 'double'],
  [Boolean, 'boolean'],
  ['boolean', 'boolean'],
  ['simple-json', 'json'],
  ['json', 'native-json'],
  ['jsonb', 'jsonb'],
  ['numeric', 'numeric'],
  ['decimal', 'numeric'],
  ['uuid', 'uuid'],
  ['date', 'date'],
  ['time', 'time'],
  ['time without time zone', 'time'],
  ['timestamp', 'timestamp'],
  ['timestamp without time zone', 'timestamp'],
  ['timestamptz', 'timestamptz'],
  ['timestamp with time zone', 'timestamptz'],
]);
