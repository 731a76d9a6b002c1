// Checks of the options that every reader takes, so that all stores refuse the same.
import { InvalidInput } from './errors.js';
import type { EventFilter, ReadAllOptions, ReadStreamOptions, SubscribeOptions } from './event-store.js';
import { isPrintable, position, revision, streamName, type Position, type Revision, type StreamName } from './identifiers.js';

const BATCH_SIZE_DEFAULT = 1_000;
const BATCH_SIZE_MAX = 100_000;
const FILTER_ENTRIES_MAX = 1_000;

/** The checked options for reading one stream. */
export interface StreamRead {
  readonly stream: StreamName;
  readonly isBackwards: boolean;
  readonly from: Revision | undefined;
  /** Infinity without a limit. */
  readonly limit: number;
}

/** The checked options for reading all streams. */
export interface AllRead {
  readonly isBackwards: boolean;
  readonly after: Position | undefined;
  /** Infinity without a limit. */
  readonly limit: number;
  readonly filter: EventFilter;
  readonly batchSize: number;
  readonly needsPayload: boolean;
}

/** The checked options of a subscription. */
export interface Subscription {
  readonly after: Position | undefined;
  readonly filter: EventFilter;
  readonly batchSize: number;
  readonly signal: AbortSignal;
}

/** Errors: EVENT_STORE_INVALID_INPUT. */
export const checkStreamRead = (stream: StreamName, options: ReadStreamOptions): StreamRead => ({
  stream: streamName(stream),
  isBackwards: isBackwards(options.direction),
  from: options.from === undefined ? undefined : revision(options.from),
  limit: limitOf(options.limit),
});

/** Errors: EVENT_STORE_INVALID_INPUT. */
export const checkAllRead = (options: ReadAllOptions): AllRead => ({
  isBackwards: isBackwards(options.direction),
  after: options.after === undefined ? undefined : position(options.after),
  limit: limitOf(options.limit),
  filter: filterOf(options.filter),
  batchSize: batchSizeOf(options.batchSizeMax),
  needsPayload: needsPayload(options.needsPayload),
});

/** Errors: EVENT_STORE_INVALID_INPUT. */
export const checkSubscription = (options: SubscribeOptions): Subscription => {
  if (!(options?.signal instanceof AbortSignal)) throw new InvalidInput('signal', 'must be an AbortSignal: the signal ends the subscription');
  const { after, filter, batchSizeMax, signal } = options;
  return { after: after === undefined ? undefined : position(after), filter: filterOf(filter), batchSize: batchSizeOf(batchSizeMax), signal };
};

/** A limit on the number of events; Infinity when none is given. Errors: EVENT_STORE_INVALID_INPUT. */
export const limitOf = (limit: number | undefined): number => {
  if (limit === undefined) return Infinity;
  if (!Number.isSafeInteger(limit) || limit < 0) throw new InvalidInput('limit', `must be a whole number from 0, got ${String(limit)}`);
  return limit;
};

/** A batch size from 1 to 100,000; default 1,000. Errors: EVENT_STORE_INVALID_INPUT. */
export const batchSizeOf = (batchSizeMax: number | undefined): number => {
  const size = batchSizeMax ?? BATCH_SIZE_DEFAULT;
  if (!Number.isSafeInteger(size) || size < 1 || size > BATCH_SIZE_MAX) {
    throw new InvalidInput('batchSizeMax', `must be a whole number from 1 to ${BATCH_SIZE_MAX}, got ${String(size)}`);
  }
  return size;
};

/** True if the event is wanted. For stores that filter in process. */
export const isWanted = (event: { readonly type: string; readonly stream: string }, { types, streamPrefixes }: EventFilter): boolean =>
  (types?.includes(event.type) ?? true) && (streamPrefixes?.some((prefix) => event.stream.startsWith(prefix)) ?? true);

const isBackwards = (direction: unknown): boolean => {
  if (direction === undefined || direction === 'forwards') return false;
  if (direction === 'backwards') return true;
  throw new InvalidInput('direction', "must be 'forwards' or 'backwards'");
};

const needsPayload = (needed: unknown): boolean => {
  if (needed !== undefined && typeof needed !== 'boolean') throw new InvalidInput('needsPayload', 'must be true or false');
  return needed ?? true;
};

const filterOf = (filter: EventFilter | undefined): EventFilter => {
  if (filter === undefined) return {};
  if (filter === null || typeof filter !== 'object') throw new InvalidInput('filter', 'must be an object with types or streamPrefixes');
  const { types, streamPrefixes } = filter;
  return {
    ...(types !== undefined && { types: textsOf(types, 'filter.types') }),
    ...(streamPrefixes !== undefined && { streamPrefixes: textsOf(streamPrefixes, 'filter.streamPrefixes') }),
  };
};

const textsOf = (texts: readonly string[], field: string): readonly string[] => {
  if (!Array.isArray(texts) || texts.length > FILTER_ENTRIES_MAX)
    throw new InvalidInput(field, `must be a list of at most ${FILTER_ENTRIES_MAX} strings`);
  for (const text of texts as readonly unknown[]) {
    if (typeof text !== 'string' || text === '' || !isPrintable(text))
      throw new InvalidInput(field, 'must hold strings of printable characters, none of them empty');
  }
  return [...texts];
};
