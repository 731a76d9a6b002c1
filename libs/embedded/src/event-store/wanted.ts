// A filter as SQL: numbers of types, and ranges of stream names.
import type { EventFilter } from '@mainstem/event-store';
import type { Names } from './names.js';

/** Conditions on `events AS e` and, with ranges, on `streams AS s`. */
export interface Wanted {
  /** False: nothing can match, so there is no need to look. */
  readonly isPossible: boolean;
  /** Begins with AND, or is empty. Holds only numbers and placeholders, never text of the caller. */
  readonly condition: string;
  readonly parameters: readonly string[];
  readonly needsStreams: boolean;
}

const EVERYTHING: Wanted = { isPossible: true, condition: '', parameters: [], needsStreams: false };
const NOTHING: Wanted = { ...EVERYTHING, isPossible: false };

/** Ask it for each read: a type without events so far may get one at any time. */
export const wantedBy = ({ types, streamPrefixes }: EventFilter, typeNames: Names): Wanted => {
  const typeIds = types && [...new Set(types)].map((type) => typeNames.idOf(type)).filter((id) => id !== undefined);
  if (typeIds?.length === 0 || streamPrefixes?.length === 0) return NOTHING;
  const ranges = streamPrefixes && [...new Set(streamPrefixes)].map(rangeOf);
  const byType = typeIds ? ` AND e.type IN (${typeIds.toSorted((a, b) => a - b).join(',')})` : '';
  const byStream = ranges
    ? ` AND (${ranges.map(({ end }) => (end === undefined ? 's.name >= ?' : '(s.name >= ? AND s.name < ?)')).join(' OR ')})`
    : '';
  return {
    isPossible: true,
    condition: byType + byStream,
    parameters: ranges?.flatMap(({ start, end }) => (end === undefined ? [start] : [start, end])) ?? [],
    needsStreams: ranges !== undefined,
  };
};

interface NameRange {
  readonly start: string;
  /** Exclusive; undefined if no name lies beyond. */
  readonly end: string | undefined;
}

/** The names that begin with a prefix, in SQLite's order (bytes of UTF-8, which is the order of code points). */
export const rangeOf = (prefix: string): NameRange => {
  const codePoints = [...prefix].map((character) => character.codePointAt(0) ?? 0);
  while (codePoints.at(-1) === 0x10ffff) codePoints.pop();
  const last = codePoints.pop();
  if (last === undefined) return { start: prefix, end: undefined };
  // Surrogates are no characters: U+E000 follows U+D7FF.
  codePoints.push(last === 0xd7ff ? 0xe000 : last + 1);
  return { start: prefix, end: String.fromCodePoint(...codePoints) };
};
