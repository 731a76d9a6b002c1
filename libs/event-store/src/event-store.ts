// The port that every event store implements: a writer and a reader, so that code which may only read cannot append.
import type { NewEvent, RecordedEvent } from './event.js';
import type { ExpectedRevision } from './expected-revision.js';
import type { EventId, Incarnation, Position, Revision, StreamName } from './identifiers.js';

/** What a store takes whose medium has no limits of its own, unless it is opened with others. */
export const DEFAULT_LIMITS: AppendLimits = { eventBytesMax: 1_048_576, appendBytesMax: 16_777_216, appendEventsMax: 10_000 };

/** In bytes of payload and metadata as UTF-8 JSON, and of what the store counts beside. */
export interface AppendLimits {
  /** One event. */
  readonly eventBytesMax: number;
  /** All events of one append. */
  readonly appendBytesMax: number;
  readonly appendEventsMax: number;
}

export interface StoreLimits extends AppendLimits {
  /** What the store counts for an event of this type beside payload and metadata: its name, a time. Default 0. */
  readonly bytesBeside?: (type: string) => number;
}

export interface AppendResult {
  /** Revision of the stream's last event of this append. */
  readonly revision: Revision;
  /** Position of that event: what a reader has to reach to see the effect. */
  readonly position: Position;
}

export interface EventWriter {
  /** What one append may be: within it, it is not refused for its size. It may become less when a server says that it takes less. */
  readonly limits: StoreLimits;

  /**
   * Appends the events to one stream, all or none, in order, durably: when the promise resolves they survive a power cut.
   * Concurrent appends may share one commit and take effect in the order of the calls.
   *
   * A retry (same ids, same expected revision) appends nothing and answers as the first time, with the original revision and
   * position, whatever was appended since. Ids that match only in part are a conflict. Without a revision to compare from
   * (`any`, `stream-exists`) a retry is recognised only while its events are the last of the stream.
   *
   * Bounds: 1 to `appendEventsMax` events. The signal ends the wait, not a commit that has begun.
   * Errors: EVENT_STORE_WRONG_EXPECTED_REVISION, EVENT_STORE_INVALID_INPUT, EVENT_STORE_EVENT_TOO_LARGE, EVENT_STORE_ABORTED,
   * EVENT_STORE_CLOSED, and the adapter's own for its medium; nothing is written when it rejects with one of these.
   */
  append(stream: StreamName, events: readonly NewEvent[], options: AppendOptions): Promise<AppendResult>;
}

export interface AppendOptions {
  readonly expectedRevision: ExpectedRevision;
  readonly signal?: AbortSignal;
}

/** Chosen by the store before it decodes anything. Each list is an "or", the two together an "and"; absent means all. */
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
  /** Read strictly beyond this position, in the direction of reading; default from the beginning, or from the end backwards. */
  readonly after?: Position | undefined;
  readonly limit?: number;
  readonly filter?: EventFilter;
  /** Largest number of events in one batch; the store may return fewer. Default 1,000. */
  readonly batchSizeMax?: number;
  /**
   * False: the caller touches neither `data` nor `metadata`, so a store may leave them out, and with them the check of a checksum that covers them;
   * reading one throws then. Default true.
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

/** An event by which a log is known again: one that was restored to an earlier state has another one at this position, or none. */
export interface EventMark {
  readonly position: Position;
  readonly id: EventId;
}

/** One step of a subscription. */
export interface SubscriptionBatch {
  /** In order of position; empty when only `position` or `isCaughtUp` has news. */
  readonly events: readonly RecordedEvent[];
  /** Every wanted event up to and including this position has been delivered: safe as a checkpoint. Undefined: an empty store. */
  readonly position: Position | undefined;
  /** The newest event up to `position` that the store knows of, wanted or not. Absent where it knows of none but `events`. */
  readonly lastEvent?: EventMark;
  /** At the time of reading, nothing lay beyond `position`. */
  readonly isCaughtUp: boolean;
}

export interface EventReader {
  readonly incarnation: Incarnation;
  /** Whether positions count events, so that the difference of two of them is a number of events. */
  readonly hasDensePositions: boolean;

  /**
   * Events of one stream, in batches, in order of revision. A stream without events yields nothing.
   * Errors: EVENT_STORE_INVALID_INPUT, EVENT_STORE_ABORTED, EVENT_STORE_CLOSED, and the adapter's own.
   */
  readStream(stream: StreamName, options?: ReadStreamOptions): AsyncIterable<readonly RecordedEvent[]>;

  /** Events of all streams, in batches, in order of position, up to the head at the time of each batch. Errors: as `readStream`. */
  readAll(options?: ReadAllOptions): AsyncIterable<readonly RecordedEvent[]>;

  /**
   * Everything after a position: catch-up, then live, in order, without hole or repetition. Pull-based: the next batch is read when it
   * is asked for, so a slow consumer costs nothing. Live batches hold whatever has arrived. It ends only when the signal fires
   * (then it just ends) or by throwing; adapters with a connection restore it by themselves, and throw EVENT_STORE_RESTORED where the log is not
   * the one any more that it was before.
   */
  subscribe(options: SubscribeOptions): AsyncIterable<SubscriptionBatch>;

  /**
   * Where the store ends: no event lies beyond it, and no position that an append or a subscription has told. It is the last event's position, or a
   * later one where the store keeps events of its own behind it. Undefined while there is none.
   */
  head(signal?: AbortSignal): Promise<Position | undefined>;

  /**
   * Id of the event at exactly this position, of any type and stream but the store's own; undefined if none is there. One look-up, whatever the
   * store holds: so a reader finds out whether the log is still the one that it has read. Errors: as `readStream`.
   */
  idAt(position: Position, signal?: AbortSignal): Promise<EventId | undefined>;

  /**
   * A count that changes once anything but this object may have changed the store: another process, another connection. While it stays the same, each
   * stream ends where this object has last seen or put its end. Undefined: it cannot tell now. At once, without a read of events; a store that
   * can never tell does not have it.
   */
  changesByOthers?(): number | undefined;

  /**
   * For a health check: why background work of this store (a connection, a writer) does not proceed, in words; empty while it does. What an
   * error says follows its code (`codedText`), so that clients can be told the code alone. A store without any background work does not have it.
   */
  troubles?(): readonly string[];
}

export interface EventStore extends EventReader, EventWriter {
  /** Ends subscriptions, waits for commits that have begun, releases everything. May be called again. */
  close(): Promise<void>;
}
