// Identities and places: names of streams, revisions, positions, event ids. Branded, so that they cannot be mixed up.
import { AmbiguousCategory, InvalidInput } from './errors.js';

declare const brand: unique symbol;
type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };

/** Name of a stream, `category-id`: the ordered events of one aggregate. */
export type StreamName = Brand<string, 'StreamName'>;
/** Place in one stream: 0 for its first event, without holes. */
export type Revision = Brand<bigint, 'Revision'>;
/** Place in the whole store: strictly rising. Outside its adapter, code may only compare it. */
export type Position = Brand<bigint, 'Position'>;
/** Identity of one event: a UUID in lower case. */
export type EventId = Brand<string, 'EventId'>;
/** Identity of one event store. A store that is created anew gets another one: a foreign checkpoint is recognised. */
export type Incarnation = Brand<string, 'Incarnation'>;

const STREAM_NAME_LENGTH_MAX = 512;
const INT64_MAX = 2n ** 63n - 1n;
const DECIMAL = /^(0|[1-9][0-9]{0,18})$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
// Control characters, and code units that are no character on their own.
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;
/** Text that needs no closer look: nearly all names are made of these. */
const PLAIN = /^[ -~]+$/;

/** True if the text has no control characters and no lone surrogates: it then survives any encoding unchanged. */
export const isPrintable = (text: string): boolean => !UNPRINTABLE.test(text);

/**
 * Checks a stream name: `category-id`, at most 512 UTF-16 units, in form NFC, without control characters. It must not
 * begin with `$`, which is reserved for the store itself. Errors: EVENT_STORE_INVALID_INPUT.
 */
export const streamName = (name: string): StreamName => {
  if (typeof name !== 'string') throw new InvalidInput('stream', 'must be a string');
  const dash = name.indexOf('-');
  if (dash < 1 || dash === name.length - 1) throw new InvalidInput('stream', `must look like category-id, got ${quote(name)}`);
  if (name.length > STREAM_NAME_LENGTH_MAX) throw new InvalidInput('stream', `must have at most ${STREAM_NAME_LENGTH_MAX} characters`);
  if (name.startsWith('$')) throw new InvalidInput('stream', 'must not start with $, which is reserved');
  if (PLAIN.test(name)) return name as StreamName;
  if (!isPrintable(name)) throw new InvalidInput('stream', 'must not contain control characters or lone surrogates');
  if (name !== name.normalize('NFC')) throw new InvalidInput('stream', 'must be in Unicode normal form NFC');
  return name as StreamName;
};

/** The stream of one aggregate. Errors: EVENT_STORE_INVALID_INPUT. */
export const streamOf = (category: string, id: string): StreamName => {
  // An id that is not text would give one stream for all aggregates: category-undefined.
  if (typeof id !== 'string') throw new InvalidInput('id', `must be a string, got ${id === null ? 'null' : typeof id}`);
  if (id === '') throw new InvalidInput('id', 'must not be empty');
  return streamName(`${category}-${id}`);
};

/** The prefix of all streams of a category. See `assertCategoriesDiffer` for what a category must not be. */
export const streamPrefixOf = (category: string): string => `${category}-`;

/**
 * Checks that no two categories can make the same stream: none may be the beginning of another one up to a dash. For
 * example, `order` and `order-line` are refused, because `order-line-1` could belong to both. The same category may
 * occur more than once. Errors: EVENT_STORE_AMBIGUOUS_CATEGORY.
 */
export const assertCategoriesDiffer = (categories: Iterable<string>): void => {
  const all = [...new Set(categories)];
  for (const category of all) {
    const longer = all.find((other) => other.startsWith(streamPrefixOf(category)));
    if (longer !== undefined) throw new AmbiguousCategory(category, longer);
  }
};

/** A revision from a bigint or from its decimal string on a wire. Errors: EVENT_STORE_INVALID_INPUT. */
export const revision = (value: bigint | string): Revision => int64(value, 'revision') as Revision;

/** A position from a bigint or from its decimal string on a wire. Errors: EVENT_STORE_INVALID_INPUT. */
export const position = (value: bigint | string): Position => int64(value, 'position') as Position;

/** An event id from its text. Upper case is accepted and lowered. Errors: EVENT_STORE_INVALID_INPUT. */
export const eventId = (value: string): EventId => {
  const text = typeof value === 'string' ? value.toLowerCase() : '';
  if (!UUID.test(text)) throw new InvalidInput('id', `must be a UUID, got ${quote(value)}`);
  return text as EventId;
};

/** True if a place in the event store comes before another one. Undefined comes before everything. */
export const isPositionBefore = (position: Position | undefined, other: Position | undefined): boolean =>
  other !== undefined && (position === undefined || position < other);

/** The later of two places, where undefined stands before everything. */
export const laterPosition = (left: Position | undefined, right: Position | undefined): Position | undefined =>
  isPositionBefore(left, right) ? right : left;

const int64 = (value: bigint | string, field: string): bigint => {
  if (typeof value === 'string' && !DECIMAL.test(value)) throw new InvalidInput(field, `must be a decimal number from 0, got ${quote(value)}`);
  if (typeof value !== 'string' && typeof value !== 'bigint') throw new InvalidInput(field, 'must be a bigint or its decimal string, never a number');
  const number = BigInt(value);
  if (number < 0n || number > INT64_MAX) throw new InvalidInput(field, `must be between 0 and ${INT64_MAX}`);
  return number;
};

const quote = (value: unknown): string => JSON.stringify(String(value).slice(0, 80));
