// One call of a catch-up subscription: what it has delivered, and how far it is known to have come.
import {
  isPositionBefore,
  isWanted,
  laterPosition,
  type EventFilter,
  type Position,
  type Runtime,
  type SubscriptionBatch,
} from '@mainstem/event-store';
import { EventStoreUnavailable } from './errors.js';
import { isSystemEvent } from './event-mapping.js';
import { ReadCall, type ReadCallOptions } from './read-call.js';
import { positionOf, recordedEvent, type EventStoreDbEvent } from './recorded-event.js';
import { serverFilter } from './server-filter.js';
import type { WireEvent } from './wire/wire-event.js';

/** While catching up, what streams in is put together until it is as much or as old: a batch costs its reader much less than its parts. */
const GATHERED_BYTES_MAX = 4 * 1_048_576;
const GATHERED_MS_MAX = 100;

export interface CatchUpOptions {
  readonly after: Position | undefined;
  readonly filter: EventFilter;
  readonly batchSize: number;
  /** Where the store ended before the call began: all up to there is delivered once the server says that it has caught up. */
  readonly head: Position | undefined;
}

export class CatchUpSubscription {
  readonly #options: CatchUpOptions;
  readonly #call: ReadCall;
  readonly #runtime: Runtime;
  #position: Position | undefined;
  #isLive = false;
  /** Looked at and not handed out yet. */
  #gathered: EventStoreDbEvent[] = [];
  #gatheredBytes = 0;
  #gatheringSinceMs: number | undefined;
  #reached: Position | undefined;
  /** The furthest place of an event that is known from elsewhere: what the server says beyond it is not believed. */
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

  /** Whether the server has accepted the subscription. */
  get isConfirmed(): boolean {
    return this.#call.isConfirmed;
  }

  /** Whether there is something to take. */
  get hasSomething(): boolean {
    return !this.#call.isEmpty;
  }

  /** Whether the server has said that everything from before the call was delivered. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** Whether the server has told, since this was last asked, how far it has looked. */
  get hasMoved(): boolean {
    const heard = this.#heard;
    this.#heard = this.#call.claims;
    return heard !== this.#heard;
  }

  /** The store was seen to end there. */
  seenEnd(position: Position | undefined): void {
    this.#bound = laterPosition(this.#bound, position);
  }

  get position(): Position | undefined {
    return this.#position;
  }

  /** What is here now. Undefined: nothing is. Errors: what the call failed with; EVENT_STORE_UNAVAILABLE when the server ended it. */
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

  /** More is expected at once; what `take` has held back it hands out when nothing comes. */
  get isGathering(): boolean {
    return this.#gatheringSinceMs !== undefined;
  }

  /** Everything up to this position was looked at elsewhere, nothing of it was wanted, and nothing lies beyond. */
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

  /** Up to where the store ended when the subscription began, more is on its way. */
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
