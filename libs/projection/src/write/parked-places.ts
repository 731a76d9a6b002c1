// The documents of parked events after a possible fix, and the events around them that stay parked.
import type { Position, RecordedEvent } from '@mainstem/event-store';
import type { ReadStoreSession } from '../read-store/read-store.js';
import type { ReplayedEvent } from './batch-writer.js';
import type { Poison } from '../fold/batch-refused.js';
import type { OpenGeneration } from '../generations/open-generation.js';
import { isStreamKey } from '../fold/parking.js';

export interface Place {
  readonly event: RecordedEvent;
  /** None: it belongs to no document any more. */
  readonly keys: readonly string[];
}

/** For the events of one list, up to the first whose place is still unknown. */
export interface Places {
  readonly places: readonly Place[];
  readonly poison?: Poison;
}

/** `placeOf` throws if payload or key fail. */
export const placesOf = (events: readonly ReplayedEvent[], placeOf: (event: RecordedEvent) => Place): Places => {
  const places: Place[] = [];
  for (const { event, parked } of events) {
    try {
      places.push(placeOf(event));
    } catch (error) {
      return { places, poison: { event, key: parked.key, error } };
    }
  }
  return { places };
};

/**
 * The first parked event of each relevant list: those of these documents, and those of whole streams. From the list
 * `leaving`, whose events up to `last` are about to leave it, the first one after them.
 */
export const parkedFromOf = async (
  { session, parkedKeys }: OpenGeneration,
  documents: ReadonlySet<string>,
  leaving: string,
  last: Position,
): Promise<Map<string, Position>> => {
  const from = new Map<string, Position>();
  for (const key of parkedKeys.keys()) {
    if (!isStreamKey(key) && !documents.has(key)) continue;
    const [first] = await session.parked({ key, limit: 1, ...(key === leaving && { after: last }) });
    if (first) from.set(key, first.position);
  }
  return from;
};

/** Those of the events that are parked under a key with parked events from `from` on. */
export const parkedUnder = async (
  session: ReadStoreSession,
  places: readonly Place[],
  parkedFrom: ReadonlyMap<string, Position>,
): Promise<(position: Position, key: string) => boolean> => {
  const found = new Set<string>();
  for (const { event, keys } of places) {
    for (const key of keys) {
      const from = parkedFrom.get(key);
      if (from === undefined || event.position < from) continue;
      const [first] = await session.parked({ key, after: (event.position - 1n) as Position, limit: 1 });
      if (first?.position === event.position) found.add(`${event.position} ${key}`);
    }
  }
  return (position, key) => found.has(`${position} ${key}`);
};
