// One call of a catch-up subscription: what it has delivered, and how far it has certainly come.
import { isPositionBefore, laterPosition, type EventFilter, type Position, type Runtime, type SubscriptionBatch } from '@mainstem/event-store';
import { isWanted } from '@mainstem/event-store/adapter';
import { EventStoreUnavailable } from './errors.js';
import { isSystemEvent } from './event-mapping.js';
import { ReadCall, type ReadCallOptions } from './read-call.js';
import { positionOf, recordedEvent, type EventStoreDbEvent } from './recorded-event.js';
import { serverFilter } from './server-filter.js';
import type { WireEvent } from './wire/wire-event.js';

/** While catching up, small batches are joined up to these limits: one large batch costs its reader much less. */
const GATHERED_BYTES_MAX = 4 * 1_048_576;
const GATHERED_MS_MAX = 100;

export interface CatchUpOptions {
  readonly after: Position | undefined;
  readonly filter: EventFilter;
  readonly batchSize: number;
  /** The end of the store before the call. All up to it is delivered once the server says that it has caught up. */
  readonly head: Position | undefined;
}

export class CatchUpSubscription {
  readonly #options: CatchUpOptions;
  readonly #call: ReadCall;
  readonly #runtime: Runtime;
  #position: Position | undefined;
  #isLive = false;
  /** Events that were read and not handed out yet. */
  #gathered: EventStoreDbEvent[] = [];
  #gatheredBytes = 0;
  #gatheringSinceMs: number | undefined;
  #reached: Position | undefined;
  /** The furthest known position of an event: a server's checkpoint beyond it is not trusted. */
  #bound: Position | undefined;
  #heard = 0;

  constructor(options: CatchUpOptions, call: ReadCallOptions) {
    const { after, filter, head } = options;
    this.#options = options;
    this.#bound = laterPosition(after, head);
    this.#runtime = call.runtime;
    this.#position = after;
    this.#reached = after;
    const isCredible = (checkpoint: bigint): boolean => this.#bound !== undefined && checkpoint <= this.#bound;
    this.#call = new ReadCall({ from: after ?? 'start', count: undefined, filter: serverFilter(filter) }, { ...call, isCredible });
  }

  /** True once the server has accepted the subscription. */
  get isConfirmed(): boolean {
    return this.#call.isConfirmed;
  }

  /** True if there is something to take. */
  get hasSomething(): boolean {
    return !this.#call.isEmpty;
  }

  /** True once the server says that it has delivered everything from before the call. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** True if the server has reported progress since the last question. */
  get hasMoved(): boolean {
    const heard = this.#heard;
    this.#heard = this.#call.claims;
    return heard !== this.#heard;
  }

  /** Another read has seen the end of the store at this position. */
  seenEnd(position: Position | undefined): void {
    this.#bound = laterPosition(this.#bound, position);
  }

  get position(): Position | undefined {
    return this.#position;
  }

  /** What has arrived; undefined if nothing has. Errors: the call's; EVENT_STORE_UNAVAILABLE if the server ends it. */
  take(): SubscriptionBatch | undefined {
    const taken = this.#call.take(this.#options.batchSize - this.#gathered.length);
    if (this.#call.isOver) throw new EventStoreUnavailable('subscribe', 'the server ended the subscription');
    this.#gather(taken);
    if (taken.length > 0 && this.#isWorthGathering()) return undefined;
    const events = this.#gathered;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#gatheringSinceMs = undefined;
    const isDrained = this.#call.isEmpty;
    if (isDrained) this.#reached = laterPosition(this.#reached, this.#call.checkpoint as Position | undefined);
    if (isDrained && this.#call.isCaughtUp) this.#reached = laterPosition(this.#reached, this.#options.head);
    return this.#advance(events, this.#reached, isDrained && (this.#isLive || this.#call.isCaughtUp));
  }

  /** True if `take` holds events back because more are expected at once; it hands them out when nothing comes. */
  get isGathering(): boolean {
    return this.#gatheringSinceMs !== undefined;
  }

  /** Another read has looked at everything up to this position and found nothing wanted; nothing lies beyond it. */
  skipTo(position: Position | undefined): SubscriptionBatch | undefined {
    this.#reached = laterPosition(this.#reached, position);
    return this.#advance([], this.#reached, true);
  }

  wait(ms: number): Promise<void> {
    return this.#call.wait(ms);
  }

  wake(): void {
    this.#call.wake();
  }

  end(): void {
    this.#call.end();
  }

  #gather(taken: readonly WireEvent[]): void {
    let reached: number | bigint | undefined = this.#reached;
    for (const event of taken) {
      const position = positionOf(event);
      if (reached !== undefined && position <= reached) continue;
      reached = position;
      if (isSystemEvent(event) || !isWanted(event, this.#options.filter)) continue;
      this.#gathered.push(recordedEvent(event));
      this.#gatheredBytes += event.size;
    }
    if (taken.length > 0 && reached !== undefined) this.#reached = BigInt(reached) as Position;
  }

  /** True while more is on its way: before the position where the store ended when the subscription began. */
  #isWorthGathering(): boolean {
    const { head, batchSize } = this.#options;
    const reached = this.#reached;
    const isBehind = isPositionBefore(reached, head);
    if (!isBehind || this.#gathered.length >= batchSize || this.#gatheredBytes >= GATHERED_BYTES_MAX) return false;
    const nowMs = this.#runtime.monotonic();
    this.#gatheringSinceMs ??= nowMs;
    return nowMs - this.#gatheringSinceMs < GATHERED_MS_MAX;
  }

  #advance(events: SubscriptionBatch['events'], position: Position | undefined, isCaughtUp: boolean): SubscriptionBatch | undefined {
    const hasNews = events.length > 0 || position !== this.#position || (isCaughtUp && !this.#isLive);
    this.#position = position;
    this.#isLive ||= isCaughtUp;
    return hasNews ? { events, position, isCaughtUp } : undefined;
  }
}
