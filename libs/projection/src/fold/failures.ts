// Sorts the engine's errors: an event that cannot be folded, a rival, a mistake for people, or a store to wait for.
import { isMainstemError, type Position } from '@mainstem/event-store';
import { BatchRefused, BatchTooMuch, type Poison } from './batch-refused.js';
import { ProjectionFailed } from './errors.js';
import { failureClassOf } from './failure-class.js';
import { narrowedByRefusal } from './narrowing.js';

export type Failure =
  /** An outage of a read store or the event store, or an unexpected error: try again, for ever. */
  | { readonly kind: 'outage'; readonly reason: string }
  /** Another instance writes the generation now. */
  | { readonly kind: 'fenced'; readonly reason: string }
  /** The serving generation is of another definition, until a generation of this one is promoted. */
  | { readonly kind: 'changed'; readonly reason: string }
  /** Trying again cannot help. */
  | { readonly kind: 'fatal'; readonly reason: string }
  /** One known event cannot be folded. */
  | { readonly kind: 'poison'; readonly position: Position; readonly key: string; readonly reason: string }
  /** A newer program has written the next event: this one waits for an upgrade and is not at fault. */
  | { readonly kind: 'newer'; readonly reason: string }
  /** `size` events were too much at once. */
  | { readonly kind: 'too-much'; readonly size: number; readonly reason: string }
  /** One of `size` events, the last of them at `until`. */
  | { readonly kind: 'refused'; readonly size: number; readonly until: Position; readonly reason: string };

export const failureOf = (error: unknown, projection: string): Failure => {
  if (error instanceof BatchRefused) return refusal(error, projection);
  if (error instanceof BatchTooMuch) return tooMuch(error);
  return { kind: KINDS[failureClassOf(error)], reason: reasonOf(error) };
};

/** An event without details, and a batch without a size, are treated like an outage. */
const KINDS = { trouble: 'outage', event: 'outage', batch: 'outage', mistake: 'fatal', fenced: 'fenced', changed: 'changed' } as const;

/** The cause that cut a batch: an event that this program cannot fold or does not know. */
export type CutFailure = Failure & { readonly kind: 'poison' | 'newer' };

export const cutFailure = (poison: Poison, projection: string): CutFailure =>
  isMainstemError(poison.error, 'EVENT_STORE_NEWER_EVENT') ? { kind: 'newer', reason: reasonOf(poison.error) } : poisonFailure(poison, projection);

export const poisonFailure = ({ event, key, error }: Poison, projection: string): Failure & { readonly kind: 'poison' } => ({
  kind: 'poison',
  position: event.position,
  key,
  reason: reasonOf(new ProjectionFailed(projection, key, event.position, event.type, error)),
});

/** `CODE: message`; an error without a code gives its name instead. */
export const reasonOf = (error: unknown): string => {
  if (isMainstemError(error)) return `${error.code}: ${error.message}`;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
};

const refusal = (error: BatchRefused, projection: string): Failure => {
  const narrowed = narrowedByRefusal(error);
  const reason = reasonOf(error.cause);
  if (!narrowed) return { kind: 'outage', reason };
  if (narrowed.kind === 'fault') return poisonFailure(narrowed.poison, projection);
  return { kind: 'refused', size: error.events.length, until: narrowed.narrowing.until, reason };
};

/** One event is never too much: then the store has a problem. */
const tooMuch = ({ size, cause }: BatchTooMuch): Failure =>
  size > 1 ? { kind: 'too-much', size, reason: reasonOf(cause) } : { kind: 'outage', reason: reasonOf(cause) };
