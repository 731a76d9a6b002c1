// What a column can hold, and how its values reach SQL and come back unchanged.
import { encodeJson } from '@mainstem/event-store';
import { isDay, isDecimal, isInstant, isLocalTime, isStorableJson, isTimeOfDay, isUuid, type DecimalShape } from './exact-text.js';

/** Values as parameters of statements; booleans are 0 and 1. */
export type SqlValue = string | number | null;

/** The same kinds on every dialect, so that a projection runs on all of them. */
export type ColumnKind = 'text' | 'integer' | 'smallint' | 'bigint' | 'double' | 'boolean' | 'json' | NativeKind;

/** Kinds with a type of their own in PostgreSQL. SQLite keeps the field's text, and MariaDB that of some. */
export type NativeKind = 'timestamptz' | 'timestamp' | 'date' | 'time' | 'numeric' | 'uuid' | 'native-json' | 'jsonb';

/** Turns a document's field into a SQL value; undefined if the column cannot hold it exactly. */
export type Encoder = (value: unknown) => SqlValue | undefined;

/** The limits of a column's text; undefined means none. */
export interface TextLimits {
  /** In code points, as declared. */
  readonly lengthMax: number | undefined;
  /** In bytes of UTF-8, for indexed columns. */
  readonly bytesMax: number | undefined;
  /** For a numeric column with declared digits. */
  readonly decimal?: DecimalShape | undefined;
}

/** The encoder of a kind. The limits apply only to text and JSON. */
export const encoderOf = (kind: ColumnKind, limits: TextLimits): Encoder => {
  switch (kind) {
    case 'text':
      return withinLimits(encodeText, limits);
    case 'integer':
      return encodeWhole(2 ** 31);
    case 'smallint':
      return encodeWhole(2 ** 15);
    case 'bigint':
      return encodeBigint;
    case 'double':
      return (value) => (typeof value === 'number' && Number.isFinite(value) ? value + 0 : undefined);
    case 'boolean':
      return (value) => (value === true ? 1 : value === false ? 0 : undefined);
    case 'json':
    case 'native-json':
      return withinLimits(encodeJsonColumn, limits);
    case 'jsonb':
      return (value) => storableJson(encodeJsonColumn(value));
    case 'timestamptz':
      return textThat(isInstant);
    case 'timestamp':
      return textThat(isLocalTime);
    case 'date':
      return textThat(isDay);
    case 'time':
      return textThat(isTimeOfDay);
    case 'uuid':
      return textThat(isUuid);
    case 'numeric':
      return textThat((text) => isDecimal(text, limits.decimal));
  }
};

/** What a kind accepts, for messages. */
export const describeKind = (kind: ColumnKind, { lengthMax, bytesMax, decimal }: TextLimits): string => {
  switch (kind) {
    case 'text': {
      const length = lengthMax === undefined ? '' : `, at most ${lengthMax} characters`;
      const bytes = bytesMax === undefined ? '' : `, at most ${bytesMax} bytes because it is indexed`;
      return `text without NUL and lone surrogates${length}${bytes}`;
    }
    case 'integer':
      return 'a whole number of 32 bits (use a bigint column with decimal strings for larger ones)';
    case 'smallint':
      return 'a whole number of 16 bits';
    case 'bigint':
      return 'a 64-bit number as decimal string';
    case 'double':
      return 'a finite number';
    case 'boolean':
      return 'true or false';
    case 'json':
    case 'native-json':
      return 'a JSON value';
    case 'jsonb':
      return 'a JSON value without NUL and lone surrogates';
    case 'timestamptz':
      return 'a time in UTC as new Date(…).toISOString() writes it, such as "2024-02-29T12:30:00.000Z"';
    case 'timestamp':
      return 'a time without a zone, such as "2024-02-29T12:30:00.000"';
    case 'date':
      return 'a day that exists, such as "2024-02-29"';
    case 'time':
      return 'a time of day without zeros at its end, such as "12:30:00" or "12:30:00.5"';
    case 'uuid':
      return 'a UUID in small letters';
    case 'numeric': {
      const shape = decimal && ` of at most ${decimal.precision - decimal.scale} digits before the point and exactly ${decimal.scale} behind it`;
      return `a decimal as text${shape ?? ''}, such as "${(12.5).toFixed(Math.min(decimal?.scale ?? 2, 100))}"`;
    }
  }
};

const withinLimits = (encode: Encoder, { lengthMax, bytesMax }: TextLimits): Encoder => {
  if (lengthMax === undefined && bytesMax === undefined) return encode;
  const charactersMax = lengthMax ?? Infinity;
  const sizeMax = bytesMax ?? Infinity;
  return (value) => {
    const encoded = encode(value);
    if (typeof encoded !== 'string') return encoded;
    // A UTF-16 unit has at most three bytes and is at most one character, so short text needs no counting.
    const isWithin =
      (encoded.length <= charactersMax || lengthOf(encoded) <= charactersMax) &&
      (encoded.length * 3 <= sizeMax || Buffer.byteLength(encoded) <= sizeMax);
    return isWithin ? encoded : undefined;
  };
};

/** PostgreSQL accepts no NUL in text, and UTF-8 no lone surrogates: SQLite would silently store another character. */
export const isStorableText = (value: unknown): value is string => typeof value === 'string' && value.isWellFormed() && !value.includes('\0');

const encodeText: Encoder = (value) => (isStorableText(value) ? value : undefined);

// `+ 0` turns -0 into 0, like JSON.
const encodeWhole =
  (limit: number): Encoder =>
  (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= -limit && value < limit ? value + 0 : undefined;

const DECIMAL = /^(0|-?[1-9][0-9]{0,18})$/;
const INT64_LIMIT = 2n ** 63n;

const encodeBigint: Encoder = (value) => {
  if (typeof value !== 'string' || !DECIMAL.test(value)) return undefined;
  if (value.length < 19) return value;
  const number = BigInt(value);
  return number >= -INT64_LIMIT && number < INT64_LIMIT ? value : undefined;
};

const textThat =
  (isExact: (text: string) => boolean): Encoder =>
  (value) =>
    typeof value === 'string' && isExact(value) ? value : undefined;

const storableJson = (json: SqlValue | undefined): SqlValue | undefined => (typeof json === 'string' && isStorableJson(json) ? json : undefined);

const encodeJsonColumn: Encoder = (value) => {
  if (value === undefined) return undefined;
  try {
    return encodeJson(value, 'value');
  } catch {
    return undefined; // the caller reports the field
  }
};

const lengthOf = (text: string): number => {
  let length = 0;
  for (const _ of text) length++;
  return length;
};
