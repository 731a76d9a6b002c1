// Rules of append that do not depend on the medium: what may be appended, and what an append means for a stream.
import { EventTooLarge, InvalidInput, WrongExpectedRevision } from './errors.js';
import { encodeEvent, type EncodedEvent } from './encoded-event.js';
import type { NewEvent } from './event.js';
import { DEFAULT_LIMITS, type AppendLimits, type StoreLimits } from './event-store.js';
import { expectedRevision, type ExpectedRevision } from './expected-revision.js';
import { streamName, type StreamName } from './identifiers.js';

export interface EncodedAppend {
  readonly stream: StreamName;
  readonly events: readonly EncodedEvent[];
  readonly expected: ExpectedRevision;
  /** As the limits count them. */
  readonly bytes: number;
}

/** The limits of a store: those given, else the defaults. Errors: EVENT_STORE_INVALID_INPUT. */
export const appendLimits = (given: Partial<AppendLimits> = {}, defaults: AppendLimits = DEFAULT_LIMITS): AppendLimits => {
  const limits = { ...defaults, ...given };
  for (const [name, limit] of Object.entries(limits) as [string, unknown][]) {
    if (!Number.isSafeInteger(limit) || (limit as number) < 1) throw new InvalidInput(`limits.${name}`, 'must be a whole number from 1');
  }
  return limits;
};

/** Checks and encodes an append; it writes nothing. Errors: EVENT_STORE_INVALID_INPUT, EVENT_STORE_EVENT_TOO_LARGE. */
export const encodeAppend = (stream: StreamName, events: readonly NewEvent[], expected: ExpectedRevision, limits: StoreLimits): EncodedAppend => {
  if (!Array.isArray(events) || events.length === 0) throw new InvalidInput('events', 'must be a list with at least one event');
  if (events.length > limits.appendEventsMax) throw new InvalidInput('events', `must be at most ${limits.appendEventsMax} in one append`);
  const { encoded, bytes } = encodeEvents(events, limits, { ids: new Set(), bytes: 0 });
  return { stream: streamName(stream), events: encoded, expected: expectedRevision(expected), bytes };
};

/** What an append holds besides these events, before them. */
export interface AppendSoFar {
  readonly ids: Set<string>;
  readonly bytes: number;
  /** Beginning of the paths that errors name. */
  readonly within?: string;
}

/**
 * Checks and encodes events and adds their ids; `bytes` counts these events alone.
 * Errors: EVENT_STORE_INVALID_INPUT, EVENT_STORE_EVENT_TOO_LARGE.
 */
export const encodeEvents = (
  events: readonly NewEvent[],
  limits: StoreLimits,
  { ids, bytes: bytesBefore, within = '' }: AppendSoFar,
): { readonly encoded: readonly EncodedEvent[]; readonly bytes: number } => {
  const encoded: EncodedEvent[] = [];
  let bytesTotal = 0;
  for (let index = 0; index < events.length; index++) {
    const event = encodeEvent(events[index] as NewEvent, index, within);
    if (ids.has(event.id)) throw new InvalidInput(`${within}events[${index}].id`, `occurs twice in one append: ${event.id}`);
    ids.add(event.id);
    const beside = limits.bytesBeside?.(event.type) ?? 0;
    const bytes = Buffer.byteLength(event.dataJson) + Buffer.byteLength(event.metadataJson) + beside;
    if (bytes > limits.eventBytesMax) throw new EventTooLarge(`Event ${event.type}`, bytes, limits.eventBytesMax);
    bytesTotal += bytes;
    encoded.push(event);
  }
  const bytes = bytesBefore + bytesTotal;
  if (bytes > limits.appendBytesMax) throw new EventTooLarge('The append', bytes, limits.appendBytesMax);
  return { encoded, bytes: bytesTotal };
};

/** What a store must know about a stream to rule on an append. Revisions count as in the store; −1 means no event. */
export interface StreamState {
  readonly last: number;
  /** Ids of up to `count` events from `from` on, in order of revision. */
  idsFrom(from: number, count: number): readonly string[];
}

export type AppendRuling =
  | { readonly kind: 'append' }
  /** The events are already stored; `revision` is the revision of the last of them. */
  | { readonly kind: 'repeat'; readonly last: number };

/**
 * Rules on an append as EventStoreDB does: it checks the expected revision first, and recognises a retry by its ids.
 * One difference: it recognises a retry under `any` or `stream-exists` by the last events of the stream, durably.
 * EventStoreDB uses a bounded cache of ids. Errors: EVENT_STORE_WRONG_EXPECTED_REVISION.
 */
export const ruleOnAppend = (append: EncodedAppend, state: StreamState): AppendRuling => {
  const { expected, events, stream } = append;
  const conflict = (): never => {
    throw new WrongExpectedRevision(stream, String(expected), state.last < 0 ? null : BigInt(state.last));
  };
  if (expected === 'any' || expected === 'stream-exists') {
    const from = state.last - events.length + 1;
    if (from >= 0 && matchLength(events, state.idsFrom(from, events.length)) === events.length) return { kind: 'repeat', last: state.last };
    return expected === 'stream-exists' && state.last < 0 ? conflict() : { kind: 'append' };
  }
  const from = expected === 'no-stream' ? 0 : Number(expected) + 1;
  if (from - 1 === state.last) return { kind: 'append' };
  if (from - 1 > state.last) return conflict();
  const matching = matchLength(events, state.idsFrom(from, events.length));
  return matching === events.length ? { kind: 'repeat', last: from + events.length - 1 } : conflict();
};

const matchLength = (events: readonly EncodedEvent[], ids: readonly string[]): number => {
  let length = 0;
  while (length < events.length && length < ids.length && events[length]?.id === ids[length]) length++;
  return length;
};
