// Looks whether anything beyond a position is wanted: the server reports that only every 32 events.
import type { EventFilter, Position } from '@mainstem/event-store';
import { isWanted } from '@mainstem/event-store/adapter';
import { isSystemEvent } from './event-mapping.js';
import type { OpenRead } from './guarded-client.js';
import { readFew } from './read-call.js';
import { positionOf } from './recorded-event.js';
import { serverFilter } from './server-filter.js';
import type { TailEvent } from './store-tail.js';
import type { WireEvent } from './wire/wire-event.js';

/** The probe looks at this many events that pass the server's filter; the subscription brings further ones. */
const PROBE_EVENTS = 32;
const PROBE_BYTES_MAX = 1_048_576;

export interface TailProbe {
  /** No wanted event lies between the given position and this one. Undefined: unknown. */
  readonly skippable: Position | undefined;
  /** True if no wanted event lies beyond the position at all. */
  readonly isEnd: boolean;
  /** A wanted event beyond the position, if the probe saw one. */
  readonly wanted: Position | undefined;
  /** The bytes that the probe loaded. */
  readonly bytes: number;
}

/** `tail` is as seen before. The server searches everything in between, so do not ask while far behind. */
export const probeTail = async (
  openRead: OpenRead,
  after: Position | undefined,
  tail: TailEvent | undefined,
  filter: EventFilter,
): Promise<TailProbe> => {
  if (!isBeyond(tail, after)) return { skippable: undefined, isEnd: true, wanted: undefined, bytes: 0 };
  const isNews = (event: WireEvent): boolean =>
    (after === undefined || positionOf(event) > after) && !isSystemEvent(event) && isWanted(event, filter);
  let wanted: WireEvent | undefined;
  let bytes = 0;
  let count = 0;
  const isEnough = (event: WireEvent): boolean => {
    bytes += event.size;
    count++;
    if (isNews(event)) wanted = event;
    // Further events come through the subscription.
    return wanted !== undefined || bytes > PROBE_BYTES_MAX;
  };
  await readFew(openRead, { from: after ?? 'start', count: PROBE_EVENTS, filter: serverFilter(filter) }, isEnough);
  const isEnd = wanted === undefined && bytes <= PROBE_BYTES_MAX && count < PROBE_EVENTS;
  return { skippable: isEnd ? tail.position : undefined, isEnd, wanted: wanted && (BigInt(positionOf(wanted)) as Position), bytes };
};

const isBeyond = (tail: TailEvent | undefined, after: Position | undefined): tail is TailEvent =>
  tail !== undefined && (after === undefined || tail.position > after);
