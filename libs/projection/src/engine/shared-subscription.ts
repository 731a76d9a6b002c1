// One read of the event store for all projections that are at the same place. A projection that lags or fails gets a read of its own,
// and comes back to the shared one as soon as it has caught up with it.
import type { Position, SilentLoop } from '@mainstem/event-store';
import type { Delivery } from './batch-ring.js';
import { EventFeed, type FeedMember, type FeedOptions } from './event-feed.js';

export class SharedSubscription {
  readonly #options: FeedOptions;
  readonly #feeds = new Set<EventFeed>();

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /** Reads under way. */
  get feedCount(): number {
    return this.#feeds.size;
  }

  /** Reads that do not come to an end. */
  silent(): readonly SilentLoop[] {
    return [...this.#feeds].flatMap((feed) => feed.silence ?? []);
  }

  seat(): Seat {
    return new Seat(
      (after) => this.#feedAt(after),
      (feed) => this.#closeIfUnused(feed),
    );
  }

  /** The read that is furthest ahead of those that can serve this position; a new one if there is none. */
  #feedAt(after: Position | undefined): EventFeed {
    let best: EventFeed | undefined;
    for (const feed of this.#feeds) {
      if (feed.covers(after) && (!best || isBefore(best.end, feed.end))) best = feed;
    }
    if (best) return best;
    const feed = new EventFeed(after, this.#options);
    this.#feeds.add(feed);
    return feed;
  }

  #closeIfUnused(feed: EventFeed): void {
    if (feed.hasMembers && !feed.isOver) return;
    feed.close();
    this.#feeds.delete(feed);
  }
}

/** One projection's place in the shared subscription. */
export class Seat implements FeedMember {
  readonly #feedAt: (after: Position | undefined) => EventFeed;
  readonly #onLeft: (feed: EventFeed) => void;
  #feed: EventFeed | undefined;
  #position: Position | undefined;
  #isWoken = false;
  #resolve: (() => void) | undefined;

  constructor(feedAt: (after: Position | undefined) => EventFeed, onLeft: (feed: EventFeed) => void) {
    this.#feedAt = feedAt;
    this.#onLeft = onLeft;
  }

  get position(): Position | undefined {
    return this.#position;
  }

  /**
   * What follows a position: at once if it has been read already, else when there is something. With `isCaughtUp` the caller knows
   * that it is at the head, and waits for news; otherwise being at the head is news. Undefined after `wake`. Throws what the event store
   * throws; the next call starts a new read.
   */
  async next(after: Position | undefined, options: { readonly limit: number; readonly isCaughtUp: boolean }): Promise<Delivery | undefined> {
    this.#position = after;
    while (!this.#isWoken) {
      const feed = this.#sit(after);
      const delivery = this.#take(feed, after, options.limit);
      if (delivery.position !== after || (delivery.isCaughtUp && !options.isCaughtUp)) return delivery;
      await this.#notified(feed);
    }
    this.#isWoken = false;
    return undefined;
  }

  /** Ends the current or the next call of `next` without events. */
  wake(): void {
    this.#isWoken = true;
    this.notify();
  }

  notify(): void {
    this.#resolve?.();
  }

  /** Somebody waits for what is there now. */
  hurry(): void {
    this.#feed?.hurry();
  }

  leave(): void {
    const feed = this.#feed;
    if (!feed) return;
    this.#feed = undefined;
    feed.leave(this);
    this.#onLeft(feed);
  }

  #sit(after: Position | undefined): EventFeed {
    const feed = this.#feed?.isOver ? this.#feed : this.#feedAt(after);
    if (feed !== this.#feed) {
      this.leave();
      this.#feed = feed;
      feed.join(this);
    }
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

const isBefore = (left: Position | undefined, right: Position | undefined): boolean => right !== undefined && (left === undefined || left < right);
