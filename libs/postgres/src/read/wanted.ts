// A filter as SQL: conditions on an event, and the keys of an index that finds it.
import type { EventFilter } from '@mainstem/event-store';
import { nameRanges, type NameRange } from '@mainstem/event-store/adapter';

export interface Wanted {
  /** False: nothing can match, so there is no need to look. */
  readonly isPossible: boolean;
  /**
   * Conditions on `events AS e`, less those that the keys of the index make true; begins with AND, or is empty.
   * Placeholders count from `firstParameter`.
   */
  readonly condition: string;
  readonly parameters: readonly unknown[];
  /** An index that finds the events, if it was asked for and there is one for this filter. */
  readonly index: WantedIndex | undefined;
}

export interface WantedIndex {
  /** The indexed expression on `events AS e`. */
  readonly expression: string;
  readonly keys: readonly string[];
  /** True if every event under these keys is wanted. */
  readonly isExact: boolean;
}

/** Placeholders below are taken by the statement around it. */
export const wantedBy = ({ types, streamPrefixes }: EventFilter, firstParameter: number, isByIndex: boolean): Wanted => {
  if (types?.length === 0 || streamPrefixes?.length === 0) return { isPossible: false, condition: '', parameters: [], index: undefined };
  const index = isByIndex ? indexOf(types, streamPrefixes) : undefined;
  const parameters: unknown[] = [];
  const placeholder = (value: unknown): string => `$${firstParameter + parameters.push(value) - 1}`;
  const byType = types && !index ? ` AND e.type = ANY(${placeholder([...new Set(types)])}::text[])` : '';
  const ranges = nameRanges(streamPrefixes ?? []);
  const inRange = ({ start, end }: NameRange): string =>
    end === undefined
      ? `e.stream >= ${placeholder(start)}::text`
      : `(e.stream >= ${placeholder(start)}::text AND e.stream < ${placeholder(end)}::text)`;
  const byStream = streamPrefixes && index?.isExact !== true ? ` AND (${ranges.map(inRange).join(' OR ')})` : '';
  return { isPossible: true, condition: byType + byStream, parameters, index };
};

const indexOf = (types: readonly string[] | undefined, prefixes: readonly string[] | undefined): WantedIndex | undefined => {
  if (types) return { expression: 'e.type', keys: [...new Set(types)], isExact: prefixes === undefined };
  // The beginning of a category is none.
  if (!prefixes || prefixes.some((prefix) => !prefix.includes('-'))) return undefined;
  const keys = [...new Set(prefixes.map((prefix) => prefix.slice(0, prefix.indexOf('-'))))];
  return { expression: "split_part(e.stream, '-', 1)", keys, isExact: prefixes.every((prefix) => prefix.indexOf('-') === prefix.length - 1) };
};
