// The source of a group of consumers and its places: a stream by revision, or all streams by position.
import { INT64_MAX } from '../semantics/expected-version.js';
import { TOMBSTONE_REVISION } from '../semantics/stream-state.js';
import type { StoredFilter } from './stored-filter.js';

export type Source = { readonly kind: 'stream'; readonly stream: string } | { readonly kind: 'all'; readonly filter: StoredFilter | undefined };

/** A revision of the stream, or a position in all streams. */
export type Place = number;

/** Inclusive. */
export type StartFrom = Place | 'end';

export const ALL_STREAMS = '$all';

export const nameOfSource = (source: Source): string => (source.kind === 'stream' ? source.stream : ALL_STREAMS);

/** The name of the group among all groups. */
export const keyOf = (sourceName: string, group: string): string => `${sourceName}::${group}`;

/** The place as checkpoints, settings and clients write it. */
export const placeText = ({ kind }: Source, place: StartFrom): string => {
  const text = place === 'end' ? '-1' : String(place === TOMBSTONE_REVISION ? INT64_MAX : place);
  return kind === 'stream' ? text : `C:${text}/P:${text}`;
};

/** Undefined for a text that is no place. */
export const parsePlace = ({ kind }: Source, text: string): StartFrom | undefined => {
  const [, digits] = (kind === 'stream' ? /^(-?\d+)$/ : /^C:(-?\d+)\/P:-?\d+$/).exec(text) ?? [];
  if (digits === undefined) return undefined;
  return digits.startsWith('-') ? 'end' : Math.min(Number(digits), TOMBSTONE_REVISION);
};
