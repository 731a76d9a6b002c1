// Reads what the rules of appends ask about streams: where they end, and the ids at some places.
import type { Position } from '@mainstem/event-store';
import type { EncodedAppend } from '@mainstem/event-store/adapter';
import { nameIn } from '../server/schema.js';
import type { Statement } from '../server/sessions.js';
import { plainArray, textArray } from './text-array.js';
import { StreamView } from './stream-view.js';
import type { Row } from '../server/sessions.js';

/**
 * One statement for all of them. What a lost answer was about is sought by the id of its first event: any number of
 * events of others may lie before it.
 */
export const streamsStatement = (schema: string, appends: readonly EncodedAppend[], sentFrom: ReadonlyMap<EncodedAppend, number>): Statement => {
  const places = appends.map((append) => placesOf(append, sentFrom.get(append)));
  return {
    text: `SELECT r.place, h.last, e.revision, e.id, e.position
FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::uuid[]) WITH ORDINALITY AS r(stream, first, count, sought, place)
CROSS JOIN LATERAL (
  SELECT coalesce((SELECT max(e.revision) FROM ${nameIn(schema, 'events')} AS e WHERE e.stream = r.stream COLLATE "C"), -1) AS last
) AS h
LEFT JOIN LATERAL (
  SELECT e.revision, e.id, e.position FROM ${nameIn(schema, 'events')} AS e
  WHERE e.stream = r.stream COLLATE "C" AND e.revision >= CASE
    WHEN r.sought IS NOT NULL THEN (
      SELECT min(f.revision) FROM ${nameIn(schema, 'events')} AS f
      WHERE f.stream = r.stream COLLATE "C" AND f.revision >= r.first AND f.id = r.sought
    )
    WHEN r.first < 0 THEN h.last - r.count + 1
    ELSE r.first
  END
  ORDER BY e.revision LIMIT r.count
) AS e ON true`,
    values: [
      textArray(appends.map(({ stream }) => stream)),
      plainArray(places.map(({ first }) => first)),
      plainArray(places.map(({ count }) => count)),
      plainArray(places.map(({ sought }) => sought ?? 'NULL')),
    ],
    columns: 5,
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

interface PlaceToRead {
  /** Below 0: the end of the stream. */
  readonly first: number;
  readonly count: number;
  /** Begin at the event with this id, at `first` or beyond. */
  readonly sought?: string | undefined;
}

const placesOf = ({ expected, events }: EncodedAppend, sentFrom: number | undefined): PlaceToRead => {
  const count = events.length;
  if (sentFrom !== undefined) return { first: sentFrom, count, sought: events[0]?.id };
  if (expected === 'any' || expected === 'stream-exists') return { first: TAIL, count };
  return { first: expected === 'no-stream' ? 0 : Math.min(Number(expected) + 1, Number.MAX_SAFE_INTEGER), count };
};
