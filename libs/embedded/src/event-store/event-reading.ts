// The reader of an events file: reads pages, lets other work run between them, and waits for commits.
import type { DatabaseSync } from 'node:sqlite';
import {
  EventStoreClosed,
  laterPosition,
  throwIfAborted,
  type EventFilter,
  type EventId,
  type EventMark,
  type Position,
  type RecordedEvent,
  type Revision,
  type Runtime,
  type SubscriptionBatch,
} from '@mainstem/event-store';
import type { AllRead, StreamRead, Subscription } from '@mainstem/event-store/adapter';
import type { StoreFile } from '../errors.js';
import { retryWhileBusy } from '../sqlite/busy-retry.js';
import { CommitSignal } from './commit-signal.js';
import { EventPages, type AllScan } from './event-pages.js';
import { translateEventsFileError } from './events-file-error.js';
import type { OpenedFile } from './opened-file.js';
import { turn } from './turn.js';

const STREAM_PAGE_EVENTS = 1_000;
/** A batch covers no more positions than this before the reader learns its progress. */
const BATCH_POSITIONS_MAX = 200_000n;
const BATCH_SIZE_MAX = 16 * 1_048_576;

export interface EventReadingOptions {
  readonly database: DatabaseSync;
  readonly file: StoreFile;
  readonly opened: OpenedFile;
  readonly runtime: Runtime;
  readonly busyTimeoutMs?: number | undefined;
}

interface Batch {
  readonly events: readonly RecordedEvent[];
  readonly reached: bigint;
}

export class EventReading {
  readonly #options: EventReadingOptions;
  readonly #pages: EventPages;
  readonly #signal: CommitSignal;
  #isClosed = false;

  constructor(options: EventReadingOptions) {
    this.#options = options;
    this.#pages = new EventPages(options.database);
    this.#signal = new CommitSignal(options.database, options);
  }

  async *ofStream({ limit, from: start, ...read }: StreamRead, signal: AbortSignal | undefined): AsyncGenerator<readonly RecordedEvent[]> {
    let from = start;
    for (let left = limit; left > 0; await turn()) {
      throwIfAborted(signal, 'readStream');
      const { events, reached, isLast } = await this.#attempt(() =>
        this.#pages.ofStream({ ...read, from, limit: Math.min(left, STREAM_PAGE_EVENTS) }),
      );
      if (reached === undefined) return;
      if (events.length > 0) yield events;
      // A stream's revisions have no holes: nothing lies below 0.
      if (isLast || (read.isBackwards && reached === 0n)) return;
      left -= events.length;
      from = (reached + (read.isBackwards ? -1n : 1n)) as Revision;
    }
  }

  async *ofAll(
    { isBackwards, after, limit, filter, batchSize, needsPayload }: AllRead,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<readonly RecordedEvent[]> {
    let reached = isBackwards ? (after ?? INT64_MAX) : (after ?? 0n);
    for (let left = limit; left > 0; await turn()) {
      throwIfAborted(signal, 'readAll');
      const head = await this.#head();
      if (isBackwards && reached > head) reached = head + 1n;
      const until = isBackwards ? 1n : head;
      if (isBackwards ? reached <= until : reached >= until) return;
      const scan = { isBackwards, after: reached, until, limit: Math.min(left, batchSize), filter, needsPayload };
      const batch = await this.#batch(scan, signal);
      reached = batch.reached;
      left -= batch.events.length;
      if (batch.events.length > 0) yield batch.events;
      if (reached === until) return;
    }
  }

  async *subscribe({ after, filter, batchSize, signal }: Subscription): AsyncGenerator<SubscriptionBatch> {
    let position = after;
    let hasToldCaughtUp = false;
    while (!signal.aborted) {
      // Taken before reading: a commit in between wakes once too often, never too rarely.
      const seen = await this.#attempt(() => this.#signal.observe());
      const { events, reached, isCaughtUp } = await this.#next(position, batchSize, filter, signal);
      if (signal.aborted) return;
      if (events.length > 0 || reached !== position || (isCaughtUp && !hasToldCaughtUp)) {
        position = reached;
        hasToldCaughtUp = isCaughtUp;
        // If the batch ends with an event of its own, that event gives this id.
        const lastEvent = events.at(-1)?.position === position ? undefined : await this.#markAt(position);
        yield { events, position, ...(lastEvent && { lastEvent }), isCaughtUp };
      }
      // Also when live: a neighbour that commits without pause must not block all other work of this process.
      await turn();
      if (isCaughtUp) await this.#signal.changed(seen, signal);
    }
  }

  head(signal: AbortSignal | undefined): Promise<Position | undefined> {
    throwIfAborted(signal, 'head');
    return this.#head().then(placeOf);
  }

  idAt(position: Position, signal: AbortSignal | undefined): Promise<EventId | undefined> {
    throwIfAborted(signal, 'idAt');
    return this.#attempt(() => {
      this.#options.opened.assertSame();
      return this.#pages.idAt(position);
    });
  }

  /** Call it after a commit of this process: its subscribers then need not wait for the next poll. */
  onCommit(): void {
    this.#signal.check();
  }

  /** Readers and subscribers end with EVENT_STORE_CLOSED. The connection may be closed after. */
  close(): void {
    this.#isClosed = true;
    this.#signal.close();
  }

  /** The mark of the event at a position, if there is one. */
  async #markAt(position: Position | undefined): Promise<EventMark | undefined> {
    const id = position === undefined ? undefined : await this.#attempt(() => this.#pages.idAt(position));
    return position === undefined || id === undefined ? undefined : { position, id };
  }

  async #next(
    position: Position | undefined,
    batchSize: number,
    filter: EventFilter,
    signal: AbortSignal,
  ): Promise<{ readonly events: readonly RecordedEvent[]; readonly reached: Position | undefined; readonly isCaughtUp: boolean }> {
    const head = await this.#head();
    const after = position ?? 0n;
    if (after >= head) return { events: [], reached: position, isCaughtUp: true };
    const scan = { isBackwards: false, after, until: head, limit: batchSize, filter, needsPayload: true };
    const { events, reached } = await this.#batch(scan, signal);
    return { events, reached: laterPosition(position, placeOf(reached)), isCaughtUp: reached >= head };
  }

  /** Reads pages until the batch is full or large, or until the end or enough positions were seen. */
  async #batch(scan: AllScan, signal: AbortSignal | undefined): Promise<Batch> {
    let { events, reached, size }: { events: readonly RecordedEvent[]; reached: bigint; size: number } = await this.#attempt(() =>
      this.#pages.ofAll(scan),
    );
    const isAtEnd = (): boolean => (scan.isBackwards ? reached <= scan.until : reached >= scan.until);
    while (!isAtEnd() && events.length < scan.limit && size < BATCH_SIZE_MAX && distance(scan.after, reached) < BATCH_POSITIONS_MAX) {
      await turn();
      if (signal?.aborted) break;
      const page = await this.#attempt(() => this.#pages.ofAll({ ...scan, after: reached, limit: scan.limit - events.length }));
      events = [...events, ...page.events];
      reached = page.reached;
      size += page.size;
    }
    return { events, reached };
  }

  /** Called once for each batch. Errors, besides those of reading: EVENT_STORE_FILE_REPLACED. */
  #head(): Promise<bigint> {
    return this.#attempt(() => {
      this.#options.opened.assertSame();
      return this.#pages.head();
    });
  }

  async #attempt<Result>(read: () => Result): Promise<Result> {
    try {
      return await retryWhileBusy(() => {
        if (this.#isClosed) throw new EventStoreClosed();
        return read();
      }, this.#options);
    } catch (error) {
      throw translateEventsFileError(error, this.#options.file);
    }
  }
}

const INT64_MAX = 2n ** 63n - 1n;

const placeOf = (position: bigint): Position | undefined => (position === 0n ? undefined : (position as Position));
const distance = (from: bigint, to: bigint): bigint => (from < to ? to - from : from - to);
