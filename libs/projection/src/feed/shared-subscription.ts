// One read of the event store for all projections at the same place. A projection that lags or fails gets its own read,
// and comes back to the shared one as soon as it has caught up.
import { isPositionBefore, type Position, type SilentLoop } from '@mainstem/event-store';
import type { Delivery } from './batch-ring.js';
import { EventFeed, type Arrivals, type FeedMember, type FeedOptions } from './event-feed.js';

const WAIT_FOR_OTHERS_MS_DEFAULT = 250;

export interface SubscriptionOptions extends Omit<FeedOptions, 'waitForOthersMs'> {
  /** Like for a read; default 250. */
  readonly waitForOthersMs?: number;
}

export class SharedSubscription {
  readonly #options: FeedOptions;
  readonly #feeds = new Set<EventFeed>();
  readonly #missing = new Set<FeedReader>();
  readonly #arrivals: Arrivals;

  constructor({ waitForOthersMs = WAIT_FOR_OTHERS_MS_DEFAULT, ...options }: SubscriptionOptions) {
    this.#options = { ...options, waitForOthersMs };
    const missing = this.#missing;
    this.#arrivals = {
      deadlineMs: options.runtime.monotonic() + waitForOthersMs,
      get isAnyMissing() {
        return missing.size > 0;
      },
    };
  }

  /** The number of running reads. */
  get feedCount(): number {
    return this.#feeds.size;
  }

  /** Reads that do not end. */
  silent(): readonly SilentLoop[] {
    return [...this.#feeds].flatMap((feed) => feed.silence ?? []);
  }

  /** The first reads wait briefly until every present reader has asked for something, or left. */
  join(): FeedReader {
    const feedReader: FeedReader = new FeedReader({
      feedAt: (after) => this.#feedAt(after),
      onLeft: (feed) => this.#closeIfUnused(feed),
      onArrived: () => this.#arrived(feedReader),
    });
    this.#missing.add(feedReader);
    return feedReader;
  }

  #arrived(feedReader: FeedReader): void {
    if (this.#missing.delete(feedReader)) for (const feed of this.#feeds) feed.lookAgain();
  }

  /** The most advanced read that can serve this position; a new one if there is none. */
  #feedAt(after: Position | undefined): EventFeed {
    let best: EventFeed | undefined;
    for (const feed of this.#feeds) {
      if (feed.covers(after) && (!best || isPositionBefore(best.end, feed.end))) best = feed;
    }
    if (best) return best;
    const feed = new EventFeed(after, this.#options, this.#arrivals);
    this.#feeds.add(feed);
    return feed;
  }

  #closeIfUnused(feed: EventFeed): void {
    if (feed.hasMembers && !feed.isOver) return;
    feed.close();
    this.#feeds.delete(feed);
  }
}

interface FeedReaderOptions {
  readonly feedAt: (after: Position | undefined) => EventFeed;
  readonly onLeft: (feed: EventFeed) => void;
  /** The reader has a place to read from, or is not coming. More calls are harmless. */
  readonly onArrived: () => void;
}

/** One projection's place in the shared subscription. */
export class FeedReader implements FeedMember {
  readonly #options: FeedReaderOptions;
  #feed: EventFeed | undefined;
  #position: Position | undefined;
  #isWoken = false;
  #resolve: (() => void) | undefined;

  constructor(options: FeedReaderOptions) {
    this.#options = options;
  }

  get position(): Position | undefined {
    return this.#position;
  }

  /**
   * The events after a position: at once if they were read already, else when there are some. With `isCaughtUp` the
   * caller knows that it is at the head and waits for news; otherwise reaching the head is news. Undefined after
   * `wake`. Throws the errors of the event store; the next call starts a new read.
   */
  async next(after: Position | undefined, options: { readonly limit: number; readonly isCaughtUp: boolean }): Promise<Delivery | undefined> {
    this.#position = after;
    while (!this.#isWoken) {
      const feed = this.#settle(after);
      const delivery = this.#take(feed, after, options.limit);
      if (delivery.position !== after || (delivery.isCaughtUp && !options.isCaughtUp)) return delivery;
      await this.#notified(feed);
    }
    this.#isWoken = false;
    return undefined;
  }

  /** Ends the running or the next call of `next` without events. */
  wake(): void {
    this.#isWoken = true;
    this.notify();
  }

  notify(): void {
    this.#resolve?.();
  }

  /** The projection waits for what is there now. */
  hurry(): void {
    this.#feed?.hurry();
  }

  leave(): void {
    this.#options.onArrived();
    const feed = this.#feed;
    if (!feed) return;
    this.#feed = undefined;
    feed.leave(this);
    this.#options.onLeft(feed);
  }

  #settle(after: Position | undefined): EventFeed {
    const feed = this.#feed?.isOver ? this.#feed : this.#options.feedAt(after);
    if (feed !== this.#feed) {
      this.leave();
      this.#feed = feed;
      feed.join(this);
    }
    this.#options.onArrived();
    return feed;
  }

  #take(feed: EventFeed, after: Position | undefined, limit: number): Delivery {
    try {
      return feed.take(after, limit);
    } catch (error) {
      this.leave();
      throw error;
    }
  }

  async #notified(feed: EventFeed): Promise<void> {
    const notified = new Promise<void>((resolve) => {
      this.#resolve = resolve;
    });
    feed.pull();
    await notified;
    this.#resolve = undefined;
  }
}
