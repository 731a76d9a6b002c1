// One read of the event store for several projections: it pulls when a reader needs more, and keeps a ring of batches.
import {
  Heartbeat,
  isPositionBefore,
  type EventFilter,
  type EventReader,
  type Position,
  type Runtime,
  type SilentLoop,
  type SubscriptionBatch,
} from '@mainstem/event-store';
import { BatchRing, type Delivery } from './batch-ring.js';
import { RateMeter } from './rate-meter.js';

/** Above this rate, as in an import, a live read waits for more events: one batch costs much less than its parts. */
const GATHER_FROM_PER_SECOND = 2_500;
/** The time between two live reads while gathering: an event arrives that much later at most. */
const GATHER_MS = 250;

export interface FeedOptions {
  readonly reader: EventReader;
  /** The events that any of the projections wants. */
  readonly filter: EventFilter;
  readonly batchSizeMax: number;
  readonly runtime: Runtime;
  /**
   * How long the fast readers wait for the others while catching up. A reader behind the ring needs its own read, which
   * costs more than waiting; but one that hangs must not block the others.
   */
  readonly waitForOthersMs: number;
}

/** Readers that have not come yet, and how long to wait for them. */
export interface Arrivals {
  readonly isAnyMissing: boolean;
  readonly deadlineMs: number;
}

/** A reader of the feed. `position`: it has taken everything up to here. */
export interface FeedMember {
  readonly position: Position | undefined;
  /** There is something new to take, or the feed has failed. */
  notify(): void;
}

export class EventFeed {
  readonly #ring: BatchRing;
  readonly #members = new Set<FeedMember>();
  readonly #abort = new AbortController();
  readonly #batches: AsyncIterator<SubscriptionBatch>;
  readonly #runtime: Runtime;
  readonly #heartbeat: Heartbeat;
  #isPulling = false;
  #failure: unknown;
  #onProgress: (() => void) | undefined;
  readonly #rate: RateMeter;
  #readAtMs = -Infinity;
  #hurry: (() => void) | undefined;
  readonly #arrivals: Arrivals;
  readonly #waitForOthersMs: number;

  constructor(after: Position | undefined, options: FeedOptions, arrivals: Arrivals) {
    const { reader, filter, batchSizeMax, runtime, waitForOthersMs } = options;
    this.#ring = new BatchRing(after);
    this.#runtime = runtime;
    this.#arrivals = arrivals;
    this.#waitForOthersMs = waitForOthersMs;
    this.#heartbeat = new Heartbeat('the subscription', runtime);
    this.#rate = new RateMeter(runtime.monotonic());
    this.#batches = reader.subscribe({ after, filter, batchSizeMax, signal: this.#abort.signal })[Symbol.asyncIterator]();
  }

  get end(): Position | undefined {
    return this.#ring.end;
  }

  /** The feed has failed or was closed: its readers must find another one. */
  get isOver(): boolean {
    return this.#failure !== undefined || this.#abort.signal.aborted;
  }

  /** Set while a read that should bring something does not end. */
  get silence(): SilentLoop | undefined {
    return this.#heartbeat.silence();
  }

  get hasMembers(): boolean {
    return this.#members.size > 0;
  }

  covers(after: Position | undefined): boolean {
    return !this.isOver && this.#ring.covers(after);
  }

  join(member: FeedMember): void {
    this.#members.add(member);
  }

  leave(member: FeedMember): void {
    this.#members.delete(member);
    this.lookAgain();
  }

  /** A reader came, left or read on: a read that waits for others may go on. */
  lookAgain(): void {
    this.#onProgress?.();
  }

  /** At most `limit` events after a covered position. Errors of the event store reach every reader. */
  take(after: Position | undefined, limit: number): Delivery {
    if (this.#failure !== undefined) throw this.#failure;
    this.lookAgain();
    return this.#ring.take(after, limit);
  }

  /** Reads on, unless a read is already running; readers are notified of the outcome. */
  pull(): void {
    if (this.#isPulling || this.isOver) return;
    this.#isPulling = true;
    void this.#pull().finally(() => {
      this.#isPulling = false;
      for (const member of [...this.#members]) member.notify();
    });
  }

  /** A reader waits for what is there now: a gathering read goes on at once. */
  hurry(): void {
    this.#hurry?.();
  }

  close(): void {
    this.#abort.abort();
    this.hurry();
    this.lookAgain();
    // Ends a generator between two batches; a reading one sees the signal. Its last error does not matter.
    void this.#batches.return?.().then(undefined, () => undefined);
  }

  async #pull(): Promise<void> {
    try {
      await this.#waitUntil(this.#arrivals.deadlineMs, () => !this.#arrivals.isAnyMissing);
      await this.#makeRoom();
      await this.#gather();
      // At the end of the store the next batch may never come; the watch of the end decides whether it should have.
      if (!this.#ring.isCaughtUp) this.#heartbeat.busy('one read');
      const { value, done } = await this.#batches.next();
      if (!done) this.#push(value);
      else if (!this.#abort.signal.aborted) throw new Error('the subscription ended without having been asked to');
    } catch (error) {
      this.#failure = error ?? new Error('the subscription failed without an error');
      this.#abort.abort();
    } finally {
      this.#heartbeat.idle();
    }
  }

  #push(batch: SubscriptionBatch): void {
    this.#readAtMs = this.#runtime.monotonic();
    // Events from before say nothing about the rate of arrival.
    if (this.#ring.isCaughtUp) this.#rate.add(batch.events.length, this.#readAtMs);
    this.#ring.push(batch);
  }

  /** Live under heavy load, lets events gather for a moment. While catching up they are already there. */
  async #gather(): Promise<void> {
    const nowMs = this.#runtime.monotonic();
    const leftMs = this.#readAtMs + GATHER_MS - nowMs;
    if (leftMs <= 0 || !this.#ring.isCaughtUp || this.#rate.perSecond(nowMs) < GATHER_FROM_PER_SECOND) return;
    const hurried = new AbortController();
    this.#hurry = () => hurried.abort();
    await this.#runtime.sleep(leftMs, hurried.signal);
    this.#hurry = undefined;
  }

  /** Waits briefly until no reader needs the oldest batch. Live, it does not wait. */
  async #makeRoom(): Promise<void> {
    if (!this.#ring.isFull || this.#ring.isCaughtUp) return;
    await this.#waitUntil(this.#runtime.monotonic() + this.#waitForOthersMs, () => !this.#isOldestNeeded());
  }

  async #waitUntil(deadlineMs: number, isReady: () => boolean): Promise<void> {
    while (!isReady() && !this.#abort.signal.aborted) {
      const leftMs = deadlineMs - this.#runtime.monotonic();
      if (leftMs <= 0) return;
      const waited = new AbortController();
      this.#onProgress = () => waited.abort();
      await this.#runtime.sleep(leftMs, waited.signal);
      this.#onProgress = undefined;
    }
  }

  /** A reader that has left the ring is not waited for again. */
  #isOldestNeeded(): boolean {
    const end = this.#ring.endOfOldest;
    if (end === undefined) return false;
    for (const { position } of this.#members) {
      if (isPositionBefore(position, end) && this.#ring.covers(position)) return true;
    }
    return false;
  }
}
