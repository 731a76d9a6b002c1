// Rules of appends to several streams that do not depend on the medium.
import { encodeEvents, ruleOnAppend, type EncodedAppend, type StreamState } from './append-rules.js';
import { AppendPartlyKnown, InvalidInput, isMainstemError, WrongExpectedRevision } from './errors.js';
import type { AppendAllResult, AppendResult, StoreLimits, StreamAppend } from './event-store.js';
import { expectedRevision } from './expected-revision.js';
import { streamName, type StreamName } from './identifiers.js';

/** An append to several streams, checked and encoded; those without events are conditions. */
export interface EncodedAppendAll {
  readonly appends: readonly EncodedAppend[];
  /** Of all. */
  readonly eventCount: number;
  readonly bytes: number;
}

/**
 * Checks and encodes an append to several streams.
 * Errors: EVENT_STORE_INVALID_INPUT, EVENT_STORE_EVENT_TOO_LARGE; nothing has happened then.
 */
export const encodeAppendAll = (appends: readonly StreamAppend[], limits: StoreLimits): EncodedAppendAll => {
  if (!Array.isArray(appends) || appends.length === 0) throw new InvalidInput('appends', 'must be a list with at least one stream');
  const countMax = limits.appendEventsMax;
  // Before anything is encoded: a list without end costs nothing.
  const count = appends.reduce((sum, append, index) => sum + Math.max(1, eventsOf(append, index).length), 0);
  if (count > countMax) throw new InvalidInput('appends', `must have at most ${countMax} events and conditions together`);
  const ids = new Set<string>();
  const streams = new Set<string>();
  let eventCount = 0;
  let bytesTotal = 0;
  const encodedAppends = appends.map((append, index): EncodedAppend => {
    const within = `appends[${index}].`;
    const stream = streamName(append.stream);
    if (streams.has(stream)) throw new InvalidInput(`${within}stream`, `occurs twice in one append: ${stream}. Give all its events together`);
    streams.add(stream);
    const { encoded, bytes } = encodeEvents(append.events, limits, { ids, bytes: bytesTotal, within });
    bytesTotal += bytes;
    eventCount += encoded.length;
    return { stream, events: encoded, expected: placeOf(append, within), bytes };
  });
  if (eventCount === 0) throw new InvalidInput('appends', 'must hold at least one event: conditions alone append nothing');
  return { appends: encodedAppends, eventCount, bytes: bytesTotal };
};

export type AppendAllRuling =
  | { readonly kind: 'append' }
  /** All events are there already: of each stream the last of them is at this revision; −1 for a condition. */
  | { readonly kind: 'repeat'; readonly lasts: readonly number[] };

/**
 * Rules on each stream as `ruleOnAppend` does, and on all together. A retry repeats every stream that has events in it;
 * its conditions held the first time. Errors: EVENT_STORE_APPEND_PARTLY_KNOWN, and EVENT_STORE_WRONG_EXPECTED_REVISION
 * of the first stream in the order given that is elsewhere.
 */
export const ruleOnAppendAll = ({ appends }: EncodedAppendAll, stateOf: (stream: StreamName) => StreamState): AppendAllRuling => {
  const rulings = appends.map((append) => ruleOnOne(append, stateOf(append.stream)));
  const known = appends.filter((_, index) => typeof rulings[index] === 'number');
  const unknown = appends.filter((append, index) => append.events.length > 0 && typeof rulings[index] !== 'number');
  if (known.length > 0 && unknown.length > 0) throw new AppendPartlyKnown(streamsOf(known), streamsOf(unknown));
  if (known.length > 0) return { kind: 'repeat', lasts: rulings.map((ruling) => (typeof ruling === 'number' ? ruling : -1)) };
  const conflict = rulings.find((ruling) => ruling instanceof WrongExpectedRevision);
  if (conflict) throw conflict;
  return { kind: 'append' };
};

/** The answer of an append to several streams, from those to each of them. */
export const resultOfAll = (results: readonly (AppendResult | undefined)[]): AppendAllResult => {
  const positions = results.flatMap((result) => (result ? [result.position] : []));
  const [first, ...others] = positions;
  if (first === undefined) throw new TypeError('an append to several streams has at least one event');
  // Of a retry whose streams were appended to one by one, the last one need not be the latest.
  return { position: others.reduce((latest, position) => (position > latest ? position : latest), first), results };
};

/** The last revision of a repeated one, why it cannot be, or neither. */
const ruleOnOne = (append: EncodedAppend, state: StreamState): number | WrongExpectedRevision | undefined => {
  const { events, expected, stream } = append;
  if (events.length === 0) {
    const last = expected === 'no-stream' ? -1 : Number(expected);
    return last === state.last ? undefined : new WrongExpectedRevision(stream, String(expected), state.last < 0 ? null : BigInt(state.last));
  }
  try {
    const ruling = ruleOnAppend(append, state);
    return ruling.kind === 'repeat' ? ruling.last : undefined;
  } catch (error) {
    if (!isMainstemError(error, 'EVENT_STORE_WRONG_EXPECTED_REVISION')) throw error;
    return error as WrongExpectedRevision;
  }
};

const eventsOf = (append: StreamAppend, index: number): StreamAppend['events'] => {
  if (append === null || typeof append !== 'object')
    throw new InvalidInput(`appends[${index}]`, 'must be an object with stream, events and expectedRevision');
  if (!Array.isArray(append.events)) throw new InvalidInput(`appends[${index}].events`, 'must be a list; an empty one for a condition');
  return append.events;
};

const placeOf = ({ expectedRevision: expected }: StreamAppend, within: string): EncodedAppend['expected'] => {
  const problem = "must be a revision or 'no-stream': by its place a retry is recognised";
  if (typeof expected !== 'bigint' && expected !== 'no-stream') throw new InvalidInput(`${within}expectedRevision`, problem);
  return expectedRevision(expected);
};

const streamsOf = (appends: readonly EncodedAppend[]): readonly string[] => appends.map(({ stream }) => stream);
