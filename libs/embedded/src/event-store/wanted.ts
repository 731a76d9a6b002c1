// A filter as SQL: numbers of types, and ranges of stream names.
import type { EventFilter } from '@mainstem/event-store';
import { nameRanges } from '@mainstem/event-store/adapter';
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
  const ranges = streamPrefixes && nameRanges(streamPrefixes);
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
