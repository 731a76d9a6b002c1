// One call of a catch-up subscription: what it has delivered, and how far it is known to have come.
import type { Readable } from 'node:stream';
import { excludeSystemEvents, eventTypeFilter, START, streamNameFilter, type EventStoreDBClient, type Filter } from '@eventstore/db-client';
import {
  isWanted,
  laterPosition,
  type EventFilter,
  type Position,
  type RecordedEvent,
  type Runtime,
  type SubscriptionBatch,
} from '@mainstem/event-store';
import { EventStoreUnavailable } from './errors.js';
import { isSystemEvent, writtenEvent } from './event-mapping.js';
import { Inbox, INBOX_EVENTS_MAX } from './inbox.js';
import { positionOf, recordedEvent } from './recorded-event.js';

/** The server counts in windows of 32 events and tells a checkpoint after each. */
const CHECKPOINT_INTERVAL = 1;

export interface CatchUpOptions {
  readonly after: Position | undefined;
  readonly filter: EventFilter;
  readonly batchSize: number;
  /** Newest position before the call began: all up to there is delivered once the server says that it has caught up. */
  readonly head: Position | undefined;
}

export class CatchUpSubscription {
  readonly #options: CatchUpOptions;
  readonly #call: ReturnType<EventStoreDBClient['subscribeToAll']>;
  readonly #inbox: Inbox;
  #position: Position | undefined;
  /** Told by the server in order with the events; true once everything before is taken. */
  #checkpoint: Position | undefined;
  #isServerCaughtUp = false;
  #isLive = false;
  #isConfirmed = false;

  constructor(client: EventStoreDBClient, options: CatchUpOptions, runtime: Runtime) {
    const { after, filter } = options;
    this.#options = options;
    this.#position = after;
    const fromPosition = after === undefined ? START : { commit: after, prepare: after };
    this.#call = client.subscribeToAll(
      { fromPosition, filter: this.#serverFilter(filter) },
      // Events are held back at the server when nobody takes them.
      { highWaterMark: INBOX_EVENTS_MAX },
    );
    this.#inbox = new Inbox(this.#call as unknown as Readable, runtime);
    this.#call.on('confirmation', () => {
      this.#isConfirmed = true;
      this.#inbox.wake();
    });
    this.#call.on('caughtUp', () => {
      this.#isServerCaughtUp = true;
      this.#inbox.wake();
    });
  }

  /** Whether the server has accepted the subscription. */
  get isConfirmed(): boolean {
    return this.#isConfirmed;
  }

  /** Whether there is something to take. */
  get hasSomething(): boolean {
    return !this.#inbox.isEmpty;
  }

  get position(): Position | undefined {
    return this.#position;
  }

  /** What is here now. Undefined: nothing is. Errors: what the call failed with; EVENT_STORE_UNAVAILABLE when the server ended it. */
  take(): SubscriptionBatch | undefined {
    const taken = this.#inbox.take(this.#options.batchSize);
    if (this.#inbox.isOver) throw new EventStoreUnavailable('subscribe', 'the server ended the subscription');
    const events: RecordedEvent[] = [];
    let reached = this.#position;
    for (const resolved of taken) {
      const event = writtenEvent(resolved);
      if (!event) continue;
      const position = positionOf(event);
      if (reached !== undefined && position <= reached) continue;
      reached = position;
      if (!isSystemEvent(event) && isWanted(event, this.#options.filter)) events.push(recordedEvent(event));
    }
    const isDrained = this.#inbox.isEmpty;
    if (isDrained) reached = laterPosition(reached, this.#checkpoint);
    if (isDrained && this.#isServerCaughtUp) reached = laterPosition(reached, this.#options.head);
    return this.#advance(events, reached, isDrained && (this.#isLive || this.#isServerCaughtUp));
  }

  /** Everything up to this position was looked at elsewhere, nothing of it was wanted, and nothing lies beyond. */
  skipTo(position: Position | undefined): SubscriptionBatch | undefined {
    return this.#advance([], laterPosition(this.#position, position), true);
  }

  wait(ms: number, signal: AbortSignal): Promise<void> {
    return this.#inbox.wait(ms, signal);
  }

  wake(): void {
    this.#inbox.wake();
  }

  /** The call is over; a failure of ending it is of no interest. */
  end(): void {
    void this.#call.unsubscribe().catch(() => undefined);
  }

  #advance(events: readonly RecordedEvent[], position: Position | undefined, isCaughtUp: boolean): SubscriptionBatch | undefined {
    const hasNews = events.length > 0 || position !== this.#position || (isCaughtUp && !this.#isLive);
    this.#position = position;
    this.#isLive ||= isCaughtUp;
    return hasNews ? { events, position, isCaughtUp } : undefined;
  }

  /** The server's filter may let more through than is wanted; it takes only one kind of condition. */
  #serverFilter({ types, streamPrefixes }: EventFilter): Filter {
    const checkpoints = {
      checkpointInterval: CHECKPOINT_INTERVAL,
      checkpointReached: (_: unknown, { commit }: { readonly commit: bigint }) => {
        this.#checkpoint = commit as Position;
        this.#inbox.wake();
      },
    };
    if (types && types.length > 0) return eventTypeFilter({ ...checkpoints, prefixes: [...types] });
    if (streamPrefixes && streamPrefixes.length > 0) return streamNameFilter({ ...checkpoints, prefixes: [...streamPrefixes] });
    return excludeSystemEvents(checkpoints);
  }
}
