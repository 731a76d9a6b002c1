// Pages of the streams of links: places come from the index, contents from the events that the links point at.
import { createHash } from 'node:crypto';
import { DamagedEvent, turn } from '@mainstem/embedded/events-file';
import { EventStoreClosed, type Runtime } from '@mainstem/event-store';
import { linkTo } from '../semantics/link-streams.js';
import { windowOf } from '../semantics/stream-window.js';
import type { LinkIndex } from './link-index.js';
import type { LogEvent } from '../semantics/log-event.js';
import type { AllPage, AllPageRequest, StreamPage, StreamPageRequest } from './log-reader.js';
import type { StreamState } from '../semantics/stream-state.js';

/** The number of events that are indexed before other work gets its turn. */
const INDEXED_AT_ONCE = 256;

/** What the index needs to know about the log. */
export interface IndexedLog {
  head(): Promise<number>;
  allPage(request: AllPageRequest): Promise<AllPage>;
  stateOf(stream: string): Promise<StreamState>;
  /** The events at these positions, in this order. Data and metadata are read for links only. */
  placesAt(positions: readonly number[]): Promise<readonly LogEvent[]>;
}

export class LinkReader {
  readonly #index: LinkIndex;
  readonly #log: IndexedLog;
  readonly #runtime: Runtime;
  #indexing: Promise<void> | undefined;
  #isVerified = false;
  #isClosed = false;

  constructor(index: LinkIndex, log: IndexedLog, runtime: Runtime) {
    this.#index = index;
    this.#log = log;
    this.#runtime = runtime;
  }

  /** A page with all events that the log had at the call. Errors: EVENT_STORE_CLOSED, those of the medium. */
  async page({ stream, isBackwards, from, limit }: StreamPageRequest): Promise<StreamPage> {
    await this.#catchUp();
    // The limits in the metadata of the stream apply here, too.
    const { hasMetadata, metadata } = await this.#log.stateOf(stream);
    const last = this.#index.last(stream);
    const state: StreamState = { last, isTombstoned: false, hasMetadata, metadata };
    const window = windowOf(state, this.#runtime.now());
    const [lowest, highest] = isBackwards ? [window.from, Math.min(from, last)] : [Math.max(from, window.from), last];
    const places = metadata.isDeleted ? [] : this.#index.places({ stream, lowest, highest, isBackwards, limit });
    const targets = await this.#log.placesAt(places.map(({ position }) => position));
    const links = targets.map((target, index) => linkAt(stream, places[index]?.revision ?? -1, target));
    const events = links.filter(({ recordedAtMs }) => recordedAtMs >= window.recordedFromMs);
    const end = places.at(-1);
    if (end && places.length === limit) return { state, events, next: end.revision + (isBackwards ? -1 : 1), isEnd: false };
    return { state, events, next: isBackwards ? -1 : Math.max(from, last + 1), isEnd: true };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#indexing?.catch(() => undefined);
    this.#index.close();
  }

  /** Indexes up to the present end of the log. Concurrent callers share the work. */
  async #catchUp(): Promise<void> {
    const head = await this.#log.head();
    this.#assertOpen();
    while (!this.#isVerified || this.#index.progress().position < head) {
      this.#indexing ??= this.#indexUpTo(head).finally(() => (this.#indexing = undefined));
      await this.#indexing;
      this.#assertOpen();
    }
  }

  async #indexUpTo(head: number): Promise<void> {
    if (!this.#isVerified) await this.#verify();
    for (let reached = this.#index.progress(); reached.position < head; reached = this.#index.progress()) {
      const { events } = await this.#log.allPage({
        isBackwards: false,
        from: reached.position + 1,
        limit: INDEXED_AT_ONCE,
        filter: undefined,
        showsHidden: true,
      });
      this.#assertOpen();
      if (events.length === 0) throw new DamagedEvent(reached.position + 1);
      this.#index.add(reached, events);
      await turn();
    }
  }

  /** Runs once. If the last indexed event is not in the log, the log is another one, and the index is built anew. */
  async #verify(): Promise<void> {
    const { position, id } = this.#index.progress();
    const { events } = await this.#log.allPage({ isBackwards: false, from: position, limit: 1, filter: undefined, showsHidden: true });
    this.#assertOpen();
    if (position > 0 && events[0]?.id !== id) this.#index.clear();
    this.#isVerified = true;
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new EventStoreClosed();
  }
}

/** A link has no position of its own in the log: it is reported at that of its event. */
const linkAt = (stream: string, revision: number, target: LogEvent): LogEvent => ({
  ...linkTo(stream, target),
  id: linkId(stream, target.id),
  isJson: false,
  metadata: Buffer.alloc(0),
  stream,
  revision,
  position: target.position,
  recordedAtMs: target.recordedAtMs,
});

/** The same id every time: a UUID of version 5 from the stream and the event. */
const linkId = (stream: string, eventId: string): string => {
  const hex = createHash('sha1').update(`${stream} ${eventId}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};
