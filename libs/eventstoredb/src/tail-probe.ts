// Looks whether what lies beyond a position is wanted: the server says so only every 32 events.
import { isWanted, type EventFilter, type Position } from '@mainstem/event-store';
import { isSystemEvent } from './event-mapping.js';
import type { OpenRead } from './guarded-client.js';
import { readFew } from './read-call.js';
import { positionOf } from './recorded-event.js';
import { serverFilter } from './server-filter.js';
import type { TailEvent } from './store-tail.js';
import type { WireEvent } from './wire/wire-event.js';

/** What the server's filter lets through is looked at here; more than so many come through the subscription all the same. */
const PROBE_EVENTS = 32;
const PROBE_BYTES_MAX = 1_048_576;

export interface TailProbe {
  /** Nothing that is wanted lies between the position asked about and this one. Undefined: nothing to say. */
  readonly skippable: Position | undefined;
  /** Whether nothing that is wanted lies beyond at all. */
  readonly isEnd: boolean;
  /** A wanted event beyond, where one was seen. */
  readonly wanted: Position | undefined;
  /** Loaded for it. */
  readonly bytes: number;
}

/** `tail`: as seen before the probe. The server looks through what lies between, so a subscription that is far behind must not ask. */
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
    // What is more than that comes through the subscription by itself.
    return wanted !== undefined || bytes > PROBE_BYTES_MAX;
  };
  await readFew(openRead, { from: after ?? 'start', count: PROBE_EVENTS, filter: serverFilter(filter) }, isEnough);
  const isEnd = wanted === undefined && bytes <= PROBE_BYTES_MAX && count < PROBE_EVENTS;
  return { skippable: isEnd ? tail.position : undefined, isEnd, wanted: wanted && (BigInt(positionOf(wanted)) as Position), bytes };
};

const isBeyond = (tail: TailEvent | undefined, after: Position | undefined): tail is TailEvent =>
  tail !== undefined && (after === undefined || tail.position > after);
