// Narrows refused events down to the one at fault: half of them, and half of those, until one is left.
import { isPositionBefore, type Position, type RecordedEvent } from '@mainstem/event-store';
import { BatchRefused, type Poison } from './batch-refused.js';
import { failureClassOf } from './failure-class.js';

/** At most `limit` events at once, until everything up to a position is written. */
export interface Narrowing {
  readonly limit: number;
  readonly until: Position;
}

/** The next step after a refusal: `narrower`: fewer at once; `fault`: this single event is refused. */
export type Narrowed = { readonly kind: 'narrower'; readonly narrowing: Narrowing } | { readonly kind: 'fault'; readonly poison: Poison };

/** Half of a batch, rounded down, but at least one event. At most log2(size) steps lead to one event. */
export const halfOf = (size: number): number => Math.max(1, size >> 1);

export const narrower = (size: number, until: Position): Narrowing => ({ limit: halfOf(size), until });

/** The remaining narrowing at a position. */
export const narrowingAt = (narrowing: Narrowing | undefined, reached: Position | undefined): Narrowing | undefined =>
  narrowing && isPositionBefore(reached, narrowing.until) ? narrowing : undefined;

/** The events were refused: one of them is at fault. Undefined if there are no events. */
export const narrowedByRefusal = ({ events, key, cause }: BatchRefused): Narrowed | undefined => {
  const [event] = events;
  const last = events.at(-1);
  if (!event || !last) return undefined;
  if (events.length > 1) return { kind: 'narrower', narrowing: narrower(events.length, last.position) };
  return { kind: 'fault', poison: { event, key: key ?? event.stream, error: cause } };
};

/**
 * `events` were written at once and failed. A store with transactions has written none of them, and its session goes
 * on: so too many at once are also tried with fewer. Undefined: their number does not matter.
 */
export const narrowedBy = (error: unknown, events: readonly RecordedEvent[], hasTransactions: boolean): Narrowed | undefined => {
  if (error instanceof BatchRefused) return narrowedByRefusal(error);
  const last = events.at(-1);
  const isTooMuch = events.length > 1 && hasTransactions && failureClassOf(error) === 'batch';
  return isTooMuch && last ? { kind: 'narrower', narrowing: narrower(events.length, last.position) } : undefined;
};
