// One call of a catch-up subscription: what it has delivered, and how far it is known to have come.
import { isWanted, laterPosition, type EventFilter, type Position, type RecordedEvent, type SubscriptionBatch } from '@mainstem/event-store';
import { EventStoreUnavailable } from './errors.js';
import { isSystemEvent } from './event-mapping.js';
import { ReadCall, type ReadCallOptions } from './read-call.js';
import { positionOf, recordedEvent } from './recorded-event.js';
import { NOT_SYSTEM, type WireFilter } from './wire/read-request.js';

export interface CatchUpOptions {
  readonly after: Position | undefined;
  readonly filter: EventFilter;
  readonly batchSize: number;
  /** Newest position before the call began: all up to there is delivered once the server says that it has caught up. */
  readonly head: Position | undefined;
}

export class CatchUpSubscription {
  readonly #options: CatchUpOptions;
  readonly #call: ReadCall;
  #position: Position | undefined;
  #isLive = false;

  constructor(options: CatchUpOptions, call: ReadCallOptions) {
    const { after, filter } = options;
    this.#options = options;
    this.#position = after;
    this.#call = new ReadCall({ from: after ?? 'start', count: undefined, filter: serverFilter(filter) }, call);
  }

  /** Whether the server has accepted the subscription. */
  get isConfirmed(): boolean {
    return this.#call.isConfirmed;
  }

  /** Whether there is something to take. */
  get hasSomething(): boolean {
    return !this.#call.isEmpty;
  }

  get position(): Position | undefined {
    return this.#position;
  }

  /** What is here now. Undefined: nothing is. Errors: what the call failed with; EVENT_STORE_UNAVAILABLE when the server ended it. */
  take(): SubscriptionBatch | undefined {
    const taken = this.#call.take(this.#options.batchSize);
    if (this.#call.isOver) throw new EventStoreUnavailable('subscribe', 'the server ended the subscription');
    const events: RecordedEvent[] = [];
    let reached: number | bigint | undefined = this.#position;
    for (const event of taken) {
      const position = positionOf(event);
      if (reached !== undefined && position <= reached) continue;
      reached = position;
      if (!isSystemEvent(event) && isWanted(event, this.#options.filter)) events.push(recordedEvent(event));
    }
    let position = reached === undefined ? undefined : (BigInt(reached) as Position);
    const isDrained = this.#call.isEmpty;
    if (isDrained) position = laterPosition(position, this.#call.checkpoint as Position | undefined);
    if (isDrained && this.#call.isCaughtUp) position = laterPosition(position, this.#options.head);
    return this.#advance(events, position, isDrained && (this.#isLive || this.#call.isCaughtUp));
  }

  /** Everything up to this position was looked at elsewhere, nothing of it was wanted, and nothing lies beyond. */
  skipTo(position: Position | undefined): SubscriptionBatch | undefined {
    return this.#advance([], laterPosition(this.#position, position), true);
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

  #advance(events: readonly RecordedEvent[], position: Position | undefined, isCaughtUp: boolean): SubscriptionBatch | undefined {
    const hasNews = events.length > 0 || position !== this.#position || (isCaughtUp && !this.#isLive);
    this.#position = position;
    this.#isLive ||= isCaughtUp;
    return hasNews ? { events, position, isCaughtUp } : undefined;
  }
}

/** The server's filter may let more through than is wanted; it takes only one kind of condition. */
const serverFilter = ({ types, streamPrefixes }: EventFilter): WireFilter => {
  if (types && types.length > 0) return { on: 'type', prefixes: types };
  if (streamPrefixes && streamPrefixes.length > 0) return { on: 'stream', prefixes: streamPrefixes };
  return NOT_SYSTEM;
};
