// Reads what the rules of appends ask about streams: where they end, and the ids at some places.
import type { Position } from '@mainstem/event-store';
import type { EncodedAppend } from '@mainstem/event-store/adapter';
import { nameIn } from '../server/schema.js';
import type { Statement } from '../server/sessions.js';
import { plainArray, textArray } from './text-array.js';
import { StreamView } from './stream-view.js';
import type { Row } from '../server/sessions.js';

/** Events of others that may stand between an append whose answer was lost and its repetition. */
const SEARCHED_MAX = 1_000;

/** One statement for all of them. */
export const streamsStatement = (schema: string, appends: readonly EncodedAppend[], sentFrom: ReadonlyMap<EncodedAppend, number>): Statement => {
  const places = appends.map((append) => placesOf(append, sentFrom.get(append)));
  return {
    text: `SELECT r.place, h.last, e.revision, e.id, e.position
FROM unnest($1::text[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS r(stream, first, count, place)
CROSS JOIN LATERAL (
  SELECT coalesce((SELECT max(e.revision) FROM ${nameIn(schema, 'events')} AS e WHERE e.stream = r.stream COLLATE "C"), -1) AS last
) AS h
LEFT JOIN LATERAL (
  SELECT e.revision, e.id, e.position FROM ${nameIn(schema, 'events')} AS e
  WHERE e.stream = r.stream COLLATE "C" AND e.revision >= CASE WHEN r.first < 0 THEN h.last - r.count + 1 ELSE r.first END
  ORDER BY e.revision LIMIT r.count
) AS e ON true`,
    values: [
      textArray(appends.map(({ stream }) => stream)),
      plainArray(places.map(({ first }) => first)),
      plainArray(places.map(({ count }) => count)),
    ],
  };
};

/** The streams as they were found, by name. */
export const viewsOf = (appends: readonly EncodedAppend[], rows: readonly Row[]): Map<string, StreamView> => {
  const views = new Map<string, StreamView>();
  for (const [place, last, revision, id, position] of rows) {
    const { stream } = appends[Number(place) - 1] as EncodedAppend;
    const view = views.get(stream) ?? new StreamView(Number(last), true);
    views.set(stream, view);
    if (typeof id === 'string' && typeof position === 'string')
      view.learn(Number(revision), { id, place: { position: BigInt(position) as Position } });
  }
  return views;
};

const TAIL = -1;

/** `first` below 0 is the end of the stream. */
const placesOf = ({ expected, events }: EncodedAppend, sentFrom: number | undefined): { readonly first: number; readonly count: number } => {
  if (sentFrom !== undefined) return { first: sentFrom, count: events.length + SEARCHED_MAX };
  if (expected === 'any' || expected === 'stream-exists') return { first: TAIL, count: events.length };
  const first = expected === 'no-stream' ? 0 : Math.min(Number(expected) + 1, Number.MAX_SAFE_INTEGER);
  return { first, count: events.length };
};
