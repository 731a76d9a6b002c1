// Reads and subscriptions: page after page, each from one statement, then waits for more.
import {
  laterPosition,
  throwIfAborted,
  type EventId,
  type EventMark,
  type Position,
  type RecordedEvent,
  type Revision,
  type SubscriptionBatch,
} from '@mainstem/event-store';
import type { AllRead, StreamRead, Subscription } from '@mainstem/event-store/adapter';
import type { Reads } from '../server/sessions.js';
import type { AllPages } from './event-pages.js';
import { EventPages, type Page } from './event-pages.js';
import type { LogSignal } from './log-signal.js';

const STREAM_PAGE_EVENTS = 1_000;
/** A reader learns its progress after so many positions, even if nothing was wanted there. */
const BATCH_POSITIONS_MAX = 200_000n;

export class EventReading {
  readonly #pages: EventPages;

  constructor(reads: Reads) {
    this.#pages = new EventPages(reads);
  }

  async *ofStream({ limit, from: start, ...read }: StreamRead, signal: AbortSignal | undefined): AsyncGenerator<readonly RecordedEvent[]> {
    throwIfAborted(signal, 'readStream');
    let from = start;
    for (let left = limit; left > 0;) {
      const { events, isLast } = await this.#pages.ofStream({ ...read, from, limit: Math.min(left, STREAM_PAGE_EVENTS) }, signal);
      const last = events.at(-1);
      if (!last) return;
      yield events;
      // A stream's revisions have no holes: nothing lies below 0.
      if (isLast || (read.isBackwards && last.revision === 0n)) return;
      left -= events.length;
      from = (last.revision + (read.isBackwards ? -1n : 1n)) as Revision;
    }
  }

  async *ofAll(
    { isBackwards, after, limit, filter, batchSize, needsPayload }: AllRead,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<readonly RecordedEvent[]> {
    throwIfAborted(signal, 'readAll');
    const pages = this.#pages.ofAll({ operation: 'readAll', isBackwards, filter, needsPayload });
    let reached: bigint = after ?? 0n;
    if (isBackwards) {
      const beyond = (await this.#pages.head('readAll', signal)) + 1n;
      if (after === undefined || reached > beyond) reached = beyond;
    }
    for (let left = limit; left > 0;) {
      const { events, ...page } = await pages.next(reached, Math.min(left, batchSize), signal);
      reached = page.reached;
      left -= events.length;
      if (events.length > 0) yield events;
      if (isBackwards ? reached <= 1n : reached >= (page.head?.position ?? 0n)) return;
    }
  }

  /** Takes the position before it looks: what is committed in between wakes it at once. */
  async *subscribe({ after, filter, batchSize, signal }: Subscription, log: LogSignal): AsyncGenerator<SubscriptionBatch> {
    const pages = this.#pages.ofAll({ operation: 'subscribe', isBackwards: false, filter, needsPayload: true });
    let position = after;
    let hasToldCaughtUp = false;
    while (!signal.aborted) {
      const page = await this.#batch(pages, position ?? 0n, batchSize, signal);
      if (!page) return;
      const { events, reached, head } = page;
      const isCaughtUp = reached >= (head?.position ?? 0n);
      const place = laterPosition(position, reached === 0n ? undefined : (reached as Position));
      if (events.length > 0 || place !== position || (isCaughtUp && !hasToldCaughtUp)) {
        position = place;
        hasToldCaughtUp = isCaughtUp;
        yield { events, position, ...markOf(page), isCaughtUp };
      }
      if (isCaughtUp && !signal.aborted) await log.changed(head?.position ?? 0n, signal);
    }
  }

  async head(signal: AbortSignal | undefined): Promise<Position | undefined> {
    throwIfAborted(signal, 'head');
    const head = await this.#pages.head('head', signal);
    return head === 0n ? undefined : (head as Position);
  }

  async idAt(position: Position, signal: AbortSignal | undefined): Promise<EventId | undefined> {
    throwIfAborted(signal, 'idAt');
    return this.#pages.idAt(position, signal);
  }

  /** Passes pages without a wanted event until there is progress to tell; undefined if the signal has fired. */
  async #batch(pages: AllPages, after: bigint, limit: number, signal: AbortSignal): Promise<Page | undefined> {
    let page = await unlessAborted(pages.next(after, limit, signal), signal);
    while (page && page.events.length === 0 && page.reached < (page.head?.position ?? 0n) && page.reached - after < BATCH_POSITIONS_MAX) {
      page = await unlessAborted(pages.next(page.reached, limit, signal), signal);
    }
    return page;
  }
}

/** If the batch ends with an event of its own, that event gives the mark. */
const markOf = ({ events, reached, head }: Page): { readonly lastEvent?: EventMark } =>
  head && head.position === reached && events.at(-1)?.position !== reached ? { lastEvent: head } : {};

/** A subscription ends without an error when its signal fires. */
const unlessAborted = async (page: Promise<Page>, signal: AbortSignal): Promise<Page | undefined> => {
  try {
    return await page;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
};
