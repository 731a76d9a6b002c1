// The port that every event store implements: a reader and a writer, so that code which only reads cannot append.
import type { NewEvent, RecordedEvent } from './event.js';
import type { ExpectedRevision } from './expected-revision.js';
import type { EventId, Incarnation, Position, Revision, StreamName } from './identifiers.js';

/** The default limits, for a store whose medium sets none. */
export const DEFAULT_LIMITS: AppendLimits = { eventBytesMax: 1_048_576, appendBytesMax: 16_777_216, appendEventsMax: 10_000 };

/** Size in bytes: payload and metadata as UTF-8 JSON, plus what the store counts besides. */
export interface AppendLimits {
  /** One event. */
  readonly eventBytesMax: number;
  /** All events of one append. */
  readonly appendBytesMax: number;
  readonly appendEventsMax: number;
}

export interface StoreLimits extends AppendLimits {
  /** What the store counts for an event of this type besides payload and metadata: its name, a time. Default 0. */
  readonly bytesBeside?: (type: string) => number;
}

export interface AppendResult {
  /** Revision of the last event of this append. */
  readonly revision: Revision;
  /** Position of that event. A reader that has reached it sees the effect. */
  readonly position: Position;
}

/** What an append to several streams says about one of them. */
export interface StreamAppend {
  readonly stream: StreamName;
  /** None at all: a condition. The stream has to be where `expectedRevision` says, and stays there. */
  readonly events: readonly NewEvent[];
  /** Always a place, so that a retry is recognised for ever. */
  readonly expectedRevision: Revision | 'no-stream';
}

export interface AppendAllResult {
  /** Position of the last event of the call: what a reader has to reach to see the whole effect. */
  readonly position: Position;
  /** Of each stream, in the order given; undefined for a condition. */
  readonly results: readonly (AppendResult | undefined)[];
}

export interface EventWriter {
  /** The limits of one append; a smaller one is never too large. They shrink when a server reports lower limits. */
  readonly limits: StoreLimits;

  /**
   * Appends the events to one stream, all or none, in order, durably: when the promise resolves they survive a power
   * cut. Concurrent appends may share one commit; they take effect in the order of the calls.
   *
   * A retry (same ids, same expected revision) appends nothing. It returns the revision and position of the first
   * append, whatever was appended since. If only some of the ids match, it is a conflict. Without a revision to compare
   * (`any`, `stream-exists`) a retry is recognised only while its events are the last of the stream.
   *
   * Bounds: 1 to `appendEventsMax` events. The signal ends the wait, but not a commit that has begun. Errors:
   * EVENT_STORE_WRONG_EXPECTED_REVISION, EVENT_STORE_INVALID_INPUT, EVENT_STORE_EVENT_TOO_LARGE, EVENT_STORE_ABORTED,
   * EVENT_STORE_CLOSED, and the adapter's own errors for its medium. An append that rejects with one of these has
   * written nothing.
   */
  append(stream: StreamName, events: readonly NewEvent[], options: AppendOptions): Promise<AppendResult>;

  /** True if `appendAll` works here. For a server: as it said when the store was opened. */
  readonly hasAppendAll: boolean;

  /**
   * Appends to several streams, all or nothing, durably. Positions follow the given order, and all events become
   * visible at the same moment. Every expected revision must hold at that moment, also those of conditions, which
   * append nothing.
   *
   * A retry (same ids, same expected revisions) appends nothing and gets the first answer; its conditions do not count
   * any more. The store refuses a call when some streams have its events and others have not. Calls of `append`
   * and of `appendAll` keep their order on each stream.
   *
   * Bounds: each stream once; at least one event; events and conditions together, and bytes, as one append may have.
   * Errors: as `append`, EVENT_STORE_APPEND_PARTLY_KNOWN, and EVENT_STORE_APPEND_ALL_UNSUPPORTED without
   * `hasAppendAll`; nothing is written when it rejects with one of these.
   */
  appendAll(appends: readonly StreamAppend[], options?: AppendAllOptions): Promise<AppendAllResult>;
}

export interface AppendAllOptions {
  readonly signal?: AbortSignal;
}

export interface AppendOptions {
  readonly expectedRevision: ExpectedRevision;
  readonly signal?: AbortSignal;
}

/** The store filters before it decodes. Each list is an "or", both together are an "and"; an absent list means all. */
export interface EventFilter {
  readonly types?: readonly string[];
  /** Beginnings of stream names, such as `order-`; see `streamPrefixOf`. */
  readonly streamPrefixes?: readonly string[];
}

export interface ReadStreamOptions {
  readonly direction?: 'forwards' | 'backwards';
  /** First revision to read, inclusive; default the stream's beginning, or its end when reading backwards. */
  readonly from?: Revision;
  /** At most this many events; default all. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface ReadAllOptions {
  readonly direction?: 'forwards' | 'backwards';
  /** Read strictly beyond this position, in the direction of reading. Default: all. */
  readonly after?: Position | undefined;
  readonly limit?: number;
  readonly filter?: EventFilter;
  /** Largest number of events in one batch; the store may return fewer. Default 1,000. */
  readonly batchSizeMax?: number;
  /**
   * False: the caller uses neither `data` nor `metadata`. The store may then leave them out, and need not check a
   * checksum that covers them; reading one of them throws. Default true.
   */
  readonly needsPayload?: boolean;
  readonly signal?: AbortSignal;
}

export interface SubscribeOptions {
  /** Deliver strictly after this position; undefined is the beginning. */
  readonly after: Position | undefined;
  readonly filter?: EventFilter;
  /** Largest number of events in one batch. Default 1,000. */
  readonly batchSizeMax?: number;
  readonly signal: AbortSignal;
}

/** An event that identifies the log: a restored log has another event, or none, at this position. */
export interface EventMark {
  readonly position: Position;
  readonly id: EventId;
}

/** One step of a subscription. */
export interface SubscriptionBatch {
  /** In order of position. Empty when only `position` or `isCaughtUp` has changed. */
  readonly events: readonly RecordedEvent[];
  /** Every wanted event up to and including this position was delivered: a safe checkpoint. Undefined: empty store. */
  readonly position: Position | undefined;
  /** The newest event up to `position` that the store knows, wanted or not. Absent if the store knows only `events`. */
  readonly lastEvent?: EventMark;
  /** No event was beyond `position` at the time of reading. */
  readonly isCaughtUp: boolean;
}

export interface EventReader {
  readonly incarnation: Incarnation;
  /** True if positions count events, so that the difference of two positions is a number of events. */
  readonly hasDensePositions: boolean;

  /**
   * Events of one stream, in batches, in order of revision. A stream without events yields nothing.
   * Errors: EVENT_STORE_INVALID_INPUT, EVENT_STORE_ABORTED, EVENT_STORE_CLOSED, and the adapter's own.
   */
  readStream(stream: StreamName, options?: ReadStreamOptions): AsyncIterable<readonly RecordedEvent[]>;

  /** Events of all streams, in batches, in order of position, up to the head at each batch. Errors: as `readStream`. */
  readAll(options?: ReadAllOptions): AsyncIterable<readonly RecordedEvent[]>;

  /**
   * Everything after a position: catch-up, then live, in order, without holes or repetitions. The caller pulls: the
   * store reads the next batch when the caller asks for it, so a slow consumer costs nothing. A live batch holds all
   * events that have arrived. The subscription ends when the signal fires (without an error) or by throwing. Adapters
   * restore a lost connection themselves, and throw EVENT_STORE_RESTORED if the log is no longer the one they have
   * read.
   */
  subscribe(options: SubscribeOptions): AsyncIterable<SubscriptionBatch>;

  /**
   * The end of the store: no event, and no position from an append or a subscription, lies beyond it. It is the
   * position of the last event, or a later one if the store keeps events of its own after it. Undefined for an empty
   * store.
   */
  head(signal?: AbortSignal): Promise<Position | undefined>;

  /**
   * Id of the event at exactly this position, of any type and stream except the store's own; undefined if there is
   * none. It costs one look-up. A reader uses it to check that the log is still the one it has read. Errors: those of
   * `readStream`.
   */
  idAt(position: Position, signal?: AbortSignal): Promise<EventId | undefined>;

  /**
   * A count that changes when another process or connection may have changed the store. While it stays the same, each
   * stream ends where this object last saw or put its end. What it says may be 50 ms old. Undefined: the store cannot
   * tell now. It answers at once, without reading events. A store that can never tell does not have this method.
   */
  changesByOthers?(): number | undefined;

  /**
   * For a health check: why background work of this store (a connection, a writer) does not proceed, in words. Empty
   * while it proceeds. The text of an error follows its code (`codedText`), so that clients can be told the code alone.
   * A store without background work does not have this method.
   */
  troubles?(): readonly string[];

  /**
   * For metrics: what this store counts now, by a name in lower case with hyphens. One look at the store. A figure that
   * it cannot tell is left out. A store without figures does not have this method. Errors: those of `readStream`.
   */
  figures?(signal?: AbortSignal): Promise<Readonly<Record<string, number>>>;
}

export interface EventStore extends EventReader, EventWriter {
  /** Ends subscriptions, waits for commits that have begun, and releases everything. More calls are harmless. */
  close(): Promise<void>;
}
