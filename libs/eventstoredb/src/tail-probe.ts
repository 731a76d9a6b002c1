// Looks at the newest events, to learn whether what lies beyond a position is wanted: the server says so only every 32 events.
import { isWanted, type EventFilter, type Position } from '@mainstem/event-store';
import { isSystemEvent } from './event-mapping.js';
import type { OpenRead } from './guarded-client.js';
import { readFew } from './read-call.js';
import { positionOf } from './recorded-event.js';
import type { WireEvent } from './wire/wire-event.js';

const PROBE_EVENTS = 64;

export interface TailProbe {
  /** Nothing that is wanted lies between the position asked about and this one. Undefined: nothing to say. */
  readonly skippable: Position | undefined;
  /** Whether nothing that is wanted lies beyond at all. */
  readonly isEnd: boolean;
  /** A wanted event beyond, where one was seen. */
  readonly wanted: Position | undefined;
}

/** Reads backwards from the end, at most 64 events; farther away it has nothing to say. */
export const probeTail = async (openRead: OpenRead, after: Position | undefined, filter: EventFilter): Promise<TailProbe> => {
  const isReached = (event: WireEvent): boolean => after !== undefined && positionOf(event) <= after;
  const isNews = (event: WireEvent): boolean => !isSystemEvent(event) && isWanted(event, filter);
  // To its end, though the first wanted event would do: a few events cost less than a cancelled call.
  const events = await readFew(openRead, { from: 'end', isBackwards: true, count: PROBE_EVENTS });
  const beyond = events.filter((event) => !isReached(event));
  const wanted = beyond.find(isNews);
  const isEnd = wanted === undefined && (beyond.length < events.length || events.length < PROBE_EVENTS);
  const newest = beyond.find((event) => !isSystemEvent(event));
  return { skippable: isEnd && newest ? asPosition(newest) : undefined, isEnd, wanted: wanted && asPosition(wanted) };
};

const asPosition = (event: WireEvent): Position => BigInt(positionOf(event)) as Position;
