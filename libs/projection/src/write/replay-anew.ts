// Puts parked events that others have overtaken into their right places.
import { isDeepStrictEqual } from 'node:util';
import { isMainstemError, type Position } from '@mainstem/event-store';
import type { DocumentProjection } from '../definition/document-projection.js';
import { partitionOf } from '../read-store/partition.js';
import type { Expiry, ParkedEvent } from '../read-store/read-store.js';
import type { Replayed, ReplaySource } from './batch-writer.js';
import type { MaybeDocument } from '../fold/document-batch.js';
import { ReplayRefused } from './errors.js';
import type { OpenGeneration } from '../generations/open-generation.js';
import { parkedFromOf, parkedUnder, type Place } from './parked-places.js';
import { isStreamKey } from '../fold/parking.js';
import { refold, type Refolded } from './refold.js';

export interface ReplayAnewOptions extends ReplaySource {
  readonly open: OpenGeneration;
  /** The key under which they are parked. */
  readonly list: string;
  readonly places: readonly Place[];
  readonly expiry: Expiry | undefined;
}

/** The commit that it needs. */
export interface ReplayedAnew extends Replayed {
  readonly keys: readonly string[];
  readonly documents: ReadonlyMap<string, MaybeDocument>;
  readonly park: readonly ParkedEvent[];
}

/** All of them or none. Errors: those of the event store and of the read store. */
export const replayAnew = async (projection: DocumentProjection, options: ReplayAnewOptions): Promise<ReplayedAnew> => {
  const { open, list, reader, expiry, nowMs, signal } = options;
  const { partition, position: until } = open;
  const isMine = (key: string): boolean => partition.count === 1 || partitionOf(key, partition.count) === partition.number;
  const places = isStreamKey(list) ? options.places : firstOf(options.places, isMine);
  const last = places.at(-1)?.event.position;
  if (places.length < options.places.length && last === undefined)
    return refused(options.places, ({ position }) => new ReplayRefused(projection.name, position, 'its document now belongs to another part'));
  if (last === undefined) return NOTHING;
  const keys = new Set(places.flatMap((place) => place.keys.filter(isMine)));
  if (!isStreamKey(list)) keys.add(list);
  const parkedFrom = await parkedFromOf(open, keys, list, last);
  const isParked = await parkedUnder(open.session, places, parkedFrom);
  const leaving = new Set(places.map(({ event }) => event.position));
  let refolded: Refolded;
  try {
    refolded = await refold(projection, { reader, keys, until, parkedFrom, leaving, isParked, partition, expiry, nowMs, signal });
  } catch (error) {
    // This definition cannot read an unparked event of the history: then no document can be folded anew.
    if (!isMainstemError(error, 'PROJECTION_FAILED')) throw error;
    return refused(places, () => error);
  }
  const waiting = new Set<Position>(refolded.parked.map(({ position }) => position));
  const takesEffect = ({ event, keys: own }: Place): boolean =>
    own.length > 0 && !waiting.has(event.position) && !own.some((key) => isParked(event.position, key));
  return {
    settled: places.length,
    replayed: places.filter(takesEffect).length,
    withoutDocument: places.filter((place) => place.keys.length === 0).length,
    keys: [...keys],
    documents: refolded.documents,
    park: refolded.parked,
  };
};

/** An unchanged document is not written again. */
export const sameIfEqual = (before: MaybeDocument, after: MaybeDocument): MaybeDocument => (isDeepStrictEqual(before, after) ? before : after);

const NOTHING: ReplayedAnew = { settled: 0, replayed: 0, withoutDocument: 0, keys: [], documents: new Map(), park: [] };

/** Up to the first one with a document of another part. */
const firstOf = (places: readonly Place[], isMine: (key: string) => boolean): readonly Place[] => {
  const end = places.findIndex(({ keys }) => !keys.every(isMine));
  return end < 0 ? places : places.slice(0, end);
};

const refused = (places: readonly Place[], errorOf: (event: Place['event']) => Error): ReplayedAnew => {
  const event = places[0]?.event;
  return event ? { ...NOTHING, poison: { event, key: event.stream, error: errorOf(event) } } : NOTHING;
};
