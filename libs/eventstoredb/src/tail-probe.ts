// Looks at the newest events, to learn whether what lies beyond a position is wanted: the server says so only every 32 events.
import { BACKWARDS, END, type EventStoreDBClient } from '@eventstore/db-client';
import { isWanted, type EventFilter, type Position } from '@mainstem/event-store';
import { isSystemEvent, writtenEvent } from './event-mapping.js';
import { positionOf } from './recorded-event.js';

const PROBE_EVENTS = 64;

export interface TailProbe {
  /** Nothing that is wanted lies between the position asked about and this one. Undefined: nothing to say. */
  readonly skippable: Position | undefined;
  /** Whether nothing that is wanted lies beyond at all. */
  readonly isEnd: boolean;
  /** The first wanted event beyond, where one was seen. */
  readonly wanted: Position | undefined;
}

/** Reads backwards from the end to the position, at most 64 events; farther away it has nothing to say. */
export const probeTail = async (client: EventStoreDBClient, after: Position | undefined, filter: EventFilter): Promise<TailProbe> => {
  let newest: Position | undefined;
  let wanted: Position | undefined;
  let count = 0;
  let isComplete = false;
  for await (const resolved of client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: PROBE_EVENTS })) {
    count++;
    const event = writtenEvent(resolved);
    if (!event) continue;
    const position = positionOf(event);
    if (after !== undefined && position <= after) isComplete = true;
    if (isComplete || isSystemEvent(event)) continue;
    newest ??= position;
    if (isWanted(event, filter)) wanted = position;
  }
  isComplete ||= count < PROBE_EVENTS;
  const isEnd = isComplete && wanted === undefined;
  return { skippable: isEnd ? newest : undefined, isEnd, wanted };
};
