// Parked events of a handler projection may be applied only if no later event of their key has been applied.
import type { Position, RecordedEvent } from '@mainstem/event-store';
import { filterFor } from '../definition/wanted-events.js';
import type { HandlerProjection } from '../definition/handler-projection.js';
import { readUpTo } from '../feed/event-range.js';
import type { ReplaySource } from './batch-writer.js';
import type { OpenGeneration } from '../generations/open-generation.js';
import { parkedFromOf, parkedUnder, type Place } from './parked-places.js';
import { isStreamKey, streamKeyOf } from '../fold/parking.js';

export interface HandlerOrderOptions extends ReplaySource {
  readonly open: OpenGeneration;
  /** The key under which they are parked. */
  readonly list: string;
  readonly places: readonly Place[];
}

export class HandlerOrder {
  private constructor(
    /** By key: the last applied event. */
    private readonly applied: ReadonlyMap<string, Position>,
    private readonly parkedFrom: ReadonlyMap<string, Position>,
    /** Already under this key. */
    readonly isParked: (position: Position, key: string) => boolean,
  ) {}

  /**
   * Reads what follows the first event, unless all are parked under their own key, which nothing overtakes. Errors: the
   * stores'.
   */
  static async of(projection: HandlerProjection, { open, list, places, reader, signal }: HandlerOrderOptions): Promise<HandlerOrder> {
    const applied = new Map<string, Position>();
    const [first] = places;
    const last = places.at(-1);
    if (!first || !last || places.every(({ keys }) => keys[0] === list)) return new HandlerOrder(applied, new Map(), () => false);
    const keys = new Set(places.flatMap((place) => place.keys));
    const parkedFrom = await parkedFromOf(open, keys, list, last.event.position);
    const isParked = await parkedUnder(open.session, places, parkedFrom);
    const leaving = new Set(places.map(({ event }) => event.position));
    const isBehind = (key: string, { position }: RecordedEvent): boolean => position >= (parkedFrom.get(key) ?? Infinity);
    const filter = filterFor([projection]);
    for await (const events of readUpTo(reader, { after: first.event.position, until: open.position, filter, signal })) {
      for (const event of events) {
        if (leaving.has(event.position) || isBehind(streamKeyOf(event), event)) continue;
        for (const key of keysConcerned(projection, event, keys)) if (!isBehind(key, event)) applied.set(key, event.position);
      }
    }
    return new HandlerOrder(applied, isStreamKey(list) ? parkedFrom : without(parkedFrom, list), isParked);
  }

  /** The later event of its key that was applied. */
  overtakenBy({ position }: RecordedEvent, key: string): Position | undefined {
    const last = this.applied.get(key);
    return last !== undefined && last > position ? last : undefined;
  }

  /** Its key has parked events before it. */
  waits({ position }: RecordedEvent, key: string): boolean {
    const from = this.parkedFrom.get(key);
    return from !== undefined && from <= position;
  }
}

/** All of them if the event's own key is unknown. */
const keysConcerned = (projection: HandlerProjection, event: RecordedEvent, keys: ReadonlySet<string>): Iterable<string> => {
  try {
    const key = projection.key(projection.wanted.decode(event));
    return keys.has(key) ? [key] : [];
  } catch {
    return keys;
  }
};

const without = (from: ReadonlyMap<string, Position>, list: string): ReadonlyMap<string, Position> =>
  new Map([...from].filter(([key]) => key !== list));
