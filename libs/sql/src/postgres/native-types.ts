// Types of PostgreSQL for the kinds of columns that SQLite keeps as text, and their values as documents hold them.
import { createRequire } from 'node:module';
import type { types } from 'pg';
import type { NativeKind } from '../layout/column-kind.js';

export const NATIVE_TYPES: Readonly<Record<NativeKind, string>> = {
  timestamptz: 'timestamp with time zone',
  timestamp: 'timestamp without time zone',
  date: 'date',
  time: 'time without time zone',
  numeric: 'numeric',
  uuid: 'uuid',
  'native-json': 'json',
  jsonb: 'jsonb',
};

// As a session in UTC with ISO dates writes them; other values, such as `infinity`, are passed on unchanged.
const TIME = /^([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]+))?(\+00)?$/;

/** `2024-02-29 12:30:00.5` as `2024-02-29T12:30:00.500`. */
export const localTimeOf = (text: string): string => {
  const [, day, time, fraction = '', zone] = TIME.exec(text) ?? [];
  return day === undefined || zone !== undefined ? text : `${day}T${time}.${fraction.padEnd(3, '0')}`;
};

/** `2024-02-29 12:30:00.5+00` as `2024-02-29T12:30:00.500Z`. */
export const instantOf = (text: string): string => {
  const [, day, time, fraction = '', zone] = TIME.exec(text) ?? [];
  return day === undefined || zone === undefined ? text : `${day}T${time}.${fraction.padEnd(3, '0')}Z`;
};

/** Object ids of the server's own types, the same on every server. */
const [DATE, TIMESTAMP, TIMESTAMPTZ] = [1082, 1114, 1184] as const;
const AS_TEXT = new Map<number, (text: string) => string>([
  [DATE, (text) => text],
  [TIMESTAMP, localTimeOf],
  [TIMESTAMPTZ, instantOf],
]);

/** The driver's types, except times, which come as in documents: a `Date` has no microseconds and a time zone. */
export const driverTypes = {
  getTypeParser: (oid: number, format?: 'text' | 'binary'): ((value: string) => unknown) =>
    AS_TEXT.get(oid) ?? (ofDriver().getTypeParser(oid, format as 'text') as (value: string) => unknown),
};

/** The driver is loaded when a server answers: an application with SQLite alone need not install it. */
const ofDriver = (): typeof types => (load('pg') as { readonly types: typeof types }).types;
const load = createRequire(import.meta.url);
