// Column types of MariaDB, and values as the text that documents hold.
import type { TypeCastField, TypeCastNext } from 'mysql2';
import type { TableColumn } from 'typeorm';
import type { ColumnKind, SqlValue, TextLimits } from '../layout/column-kind.js';
import type { Decoder } from '../layout/document-codec.js';
import { quoted } from '../layout/identifiers.js';

/** Ordered by code point, and blanks at the end count. */
const COLLATION = 'CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin';
const ASCII = 'CHARACTER SET ascii COLLATE ascii_nopad_bin';
/** A column of a table, as statements make it. */
export const columnSql = ({ name, type, isNullable }: Pick<TableColumn, 'name' | 'type' | 'isNullable'>): string =>
  `${quoted(name)} ${type}${isNullable ? '' : ' NOT NULL'}`;

/** The type of a column. */
export const columnType = (kind: ColumnKind, limits: TextLimits): string => {
  switch (kind) {
    case 'integer':
    case 'smallint':
    case 'bigint':
    case 'double':
    case 'date':
      return kind;
    case 'boolean':
      return 'tinyint(1)';
    case 'time':
      return `time(${MICROSECONDS})`;
    // Both are without a zone: their digits tell them apart (`castField`).
    case 'timestamp':
      return `datetime(${MICROSECONDS})`;
    case 'timestamptz':
      return `datetime(${MILLISECONDS})`;
    case 'uuid':
      return `char(36) ${ASCII}`;
    case 'numeric':
      return `decimal(${limits.decimal?.precision}, ${limits.decimal?.scale})`;
    default:
      return textType(limits);
  }
};

/**
 * An index takes 3,072 bytes, and counts four for each character. So text of undeclared length is kept as its bytes,
 * which have the same order.
 */
const textType = ({ lengthMax, bytesMax }: TextLimits): string => {
  if (bytesMax === undefined) return `longtext ${COLLATION}`;
  return lengthMax !== undefined && lengthMax * 4 <= bytesMax ? `varchar(${lengthMax}) ${COLLATION}` : `varbinary(${bytesMax})`;
};

const MILLISECONDS = 3;
const MICROSECONDS = 6;
/** Of `2024-02-29 12:30:00.500`, as the server describes a column of that type. */
const INSTANT_LENGTH = 23;

/** How a value goes into a statement: MariaDB takes no `Z`. */
export const sqlValueOf = (kind: ColumnKind, value: SqlValue): SqlValue =>
  kind === 'timestamptz' && value !== null ? String(value).slice(0, -1) : value;

/** Values as documents hold them. `isText`: by the protocol that sends numbers as text. */
const castField =
  (isText: boolean) =>
  (field: TypeCastField, next: TypeCastNext): unknown => {
    switch (field.type) {
      case 'VAR_STRING': // varbinary as well
        return field.string('utf8');
      case 'DOUBLE':
        return isText ? numberOf(field.string()) : next();
      case 'TIME':
        return trimmed(next() as string | null);
      case 'DATETIME':
      case 'TIMESTAMP': {
        const text = next() as string | null;
        return text === null ? null : timeOf(text, field.length === INSTANT_LENGTH ? 'Z' : '');
      }
      default:
        return next();
    }
  };

/** Of results of `query`. */
export const castTextField = castField(true);
/** Of results of `query`, where all is text: a text and bytes together are a blob. */
export const castOwnField = (field: TypeCastField, next: TypeCastNext): unknown =>
  field.type.endsWith('BLOB') ? field.string('utf8') : castTextField(field, next);
/** Of results of `execute`. */
export const castBinaryField = castField(false);

const numberOf = (text: string | null): number | null => (text === null ? null : Number(text));

/** `12:30:00.500000` as `12:30:00.5`. */
const trimmed = (text: string | null): string | null => (text?.includes('.') ? text.replace(/\.?0+$/, '') : text);

/** `2024-02-29 12:30:00.500000` as `2024-02-29T12:30:00.500`. */
const timeOf = (text: string, zone: string): string => {
  const [seconds = '', fraction = ''] = text.split('.');
  const digits = fraction.replace(/0+$/, '').padEnd(MILLISECONDS, '0');
  return `${seconds.replace(' ', 'T')}.${digits}${zone}`;
};

/** Of values that `castField` has seen. */
export const decoderOf = (kind: ColumnKind): Decoder => {
  switch (kind) {
    case 'boolean':
      return (value) => value !== 0;
    case 'json':
    case 'native-json':
    case 'jsonb':
      return (value) => JSON.parse(value as string) as unknown;
    default:
      return (value) => value;
  }
};
