// One read of the event store that serves several projections: pulls when somebody needs more, and keeps what was read in a ring.
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

/** From this many events a second on, as an import brings them, a live read waits for more: a batch costs much less than its parts. */
const GATHER_FROM_PER_SECOND = 2_500;
/** From one live read to the next while gathering: how much later a reader sees an event then, at most. */
const GATHER_MS = 250;

export interface FeedOptions {
  readonly reader: EventReader;
  /** What any of the projections wants. */
  readonly filter: EventFilter;
  readonly batchSizeMax: number;
  readonly runtime: Runtime;
  /**
   * How long, at most, those who are fast wait for the others while catching up: one who is behind the ring needs a read of its own, which costs
   * more than waiting, but one who hangs must hold up nobody.
   */
  readonly waitForOthersMs: number;
}

/** Who has not come yet, and until when they are waited for. */
export interface Arrivals {
  readonly isAnyMissing: boolean;
  readonly deadlineMs: number;
}

/** One who reads along. `position`: everything up to here has been taken. */
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

  /** It has failed or was closed: whoever reads along has to find another one. */
  get isOver(): boolean {
    return this.#failure !== undefined || this.#abort.signal.aborted;
  }

  /** Set while a read that has something to bring does not come to an end. */
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

  /** Somebody came, went or read on: a read that waits for others may go on. */
  lookAgain(): void {
    this.#onProgress?.();
  }

  /** What follows a position that is covered, at most `limit` events. What the event store throws is thrown to every member. */
  take(after: Position | undefined, limit: number): Delivery {
    if (this.#failure !== undefined) throw this.#failure;
    this.lookAgain();
    return this.#ring.take(after, limit);
  }

  /** Reads on, unless a read is under way already; members are notified of the outcome. */
  pull(): void {
    if (this.#isPulling || this.isOver) return;
    this.#isPulling = true;
    void this.#pull().finally(() => {
      this.#isPulling = false;
      for (const member of [...this.#members]) member.notify();
    });
  }

  /** Somebody waits for what is there now: a read that gathers goes on at once. */
  hurry(): void {
    this.#hurry?.();
  }

  close(): void {
    this.#abort.abort();
    this.hurry();
    this.lookAgain();
    // Ends a generator that is between two batches; one that is reading sees the signal. What it throws on its way out concerns nobody.
    void this.#batches.return?.().then(undefined, () => undefined);
  }

  async #pull(): Promise<void> {
    try {
      await this.#waitUntil(this.#arrivals.deadlineMs, () => !this.#arrivals.isAnyMissing);
      await this.#makeRoom();
      await this.#gather();
      // At the end of the store the next batch may never come; whether it should have is for the watch of the end to say.
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
    // What was there before says nothing about how fast events arrive.
    if (this.#ring.isCaughtUp) this.#rate.add(batch.events.length, this.#readAtMs);
    this.#ring.push(batch);
  }

  /** Live under a heavy load, lets events pile up for a moment. While catching up they are there already. */
  async #gather(): Promise<void> {
    const nowMs = this.#runtime.monotonic();
    const leftMs = this.#readAtMs + GATHER_MS - nowMs;
    if (leftMs <= 0 || !this.#ring.isCaughtUp || this.#rate.perSecond(nowMs) < GATHER_FROM_PER_SECOND) return;
    const hurried = new AbortController();
    this.#hurry = () => hurried.abort();
    await this.#runtime.sleep(leftMs, hurried.signal);
    this.#hurry = undefined;
  }

  /** Waits, for a bounded time, until no member needs the batch that would have to go. Live, nobody is waited for. */
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

  /** Who has fallen out of the ring already is not waited for again. */
  #isOldestNeeded(): boolean {
    const end = this.#ring.endOfOldest;
    if (end === undefined) return false;
    for (const { position } of this.#members) {
      if (isPositionBefore(position, end) && this.#ring.covers(position)) return true;
    }
    return false;
  }
}
