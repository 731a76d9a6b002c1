// Follows the log for all groups, and hands each commit to the groups whose source it belongs to.
import { isMainstemError } from '@mainstem/event-store';
import type { LogEvent } from '../semantics/log-event.js';
import type { LogFilter } from '../semantics/event-filter.js';
import { isHiddenFromAll } from '../semantics/own-streams.js';
import type { Group } from './group.js';
import type { ServingOptions } from './serving-options.js';

/** The number of events handled before other work gets its turn. */
const PAGE_EVENTS = 256;
/** The pause after a failure of the medium. */
const RETRY_MS = 1_000;

export class LiveFeed {
  readonly #options: ServingOptions;
  readonly #closing = new AbortController();
  /** Groups by the name of their stream. */
  readonly #ofStreams = new Map<string, Set<Group>>();
  readonly #ofAll = new Set<Group>();
  /** The streams of links, which are not in the log: where each goes on. */
  readonly #linkStreams = new Map<string, number>();
  #from = 0;
  #running: Promise<void> | undefined;

  constructor(options: ServingOptions) {
    this.#options = options;
  }

  /** From now on the group gets every commit. */
  async add(group: Group): Promise<void> {
    const { source } = group.settings;
    const { log } = this.#options;
    if (this.#running === undefined) this.#from = (await log.head()) + 1;
    if (source.kind === 'all') this.#ofAll.add(group);
    else {
      const groups = this.#ofStreams.get(source.stream) ?? new Set();
      this.#ofStreams.set(source.stream, groups.add(group));
      if (log.isLinkStream(source.stream) && !this.#linkStreams.has(source.stream)) {
        this.#linkStreams.set(source.stream, await group.parts.reader.end());
      }
    }
    this.#running ??= this.#run();
  }

  remove(group: Group): void {
    const { source } = group.settings;
    this.#ofAll.delete(group);
    if (source.kind !== 'stream') return;
    const groups = this.#ofStreams.get(source.stream);
    groups?.delete(group);
    if (groups?.size !== 0) return;
    this.#ofStreams.delete(source.stream);
    this.#linkStreams.delete(source.stream);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { log, runtime, report } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        const seen = await log.observe();
        await this.#follow();
        await log.changed(seen, signal);
      } catch (error) {
        if (isMainstemError(error, 'EVENT_STORE_CLOSED')) return;
        report(error);
        await runtime.sleep(RETRY_MS, signal);
      }
    }
  }

  async #follow(): Promise<void> {
    for (let isEnd = false; !isEnd && !this.#closing.signal.aborted;) {
      const filter = { isMatch: (stream: string, type: string): boolean => this.#isWanted(stream, type) };
      const page = await this.#options.log.allPage({ isBackwards: false, from: this.#from, limit: PAGE_EVENTS, filter, showsHidden: true });
      await this.#handOut(page.events, this.#from, page.next);
      // Only now: after a failure these events are handed out again, and each group takes each of them once.
      this.#from = page.next;
      ({ isEnd } = page);
    }
    for (const [stream, from] of this.#linkStreams) await this.#followLinks(stream, from);
  }

  async #followLinks(stream: string, from: number): Promise<void> {
    let next = from;
    for (let isEnd = false; !isEnd && this.#linkStreams.has(stream) && !this.#closing.signal.aborted;) {
      const page = await this.#options.log.streamPage({ stream, isBackwards: false, from: next, limit: PAGE_EVENTS });
      ({ isEnd } = page);
      next = isEnd ? Math.max(page.next, page.state.last + 1) : page.next;
      for (const group of this.#ofStreams.get(stream) ?? []) await handTo(group, page.events, 0, next);
      if (this.#linkStreams.has(stream)) this.#linkStreams.set(stream, next);
    }
  }

  async #handOut(events: readonly LogEvent[], begin: number, next: number): Promise<void> {
    for (const [stream, ofStream] of groupedByStream(events)) {
      for (const group of this.#ofStreams.get(stream) ?? []) await handTo(group, ofStream, 0, 0);
    }
    for (const group of this.#ofAll) {
      const wanted = events.filter(({ stream, type }) => isFor(group.parts.reader.filter, stream, type));
      const last = wanted.at(-1)?.position ?? begin - 1;
      await handTo(group, wanted, next - 1 - last, next - 1);
    }
  }

  #isWanted(stream: string, type: string): boolean {
    if (this.#ofStreams.has(stream)) return true;
    for (const group of this.#ofAll) if (isFor(group.parts.reader.filter, stream, type)) return true;
    return false;
  }
}

const isFor = (filter: LogFilter | undefined, stream: string, type: string): boolean =>
  !isHiddenFromAll(stream) && (filter === undefined || filter.isMatch(stream, type));

const handTo = async (group: Group, events: readonly LogEvent[], skipped: number, end: number): Promise<void> => {
  if (events.length > 0 || skipped > 0) group.addLive(await group.parts.reader.messages(events), skipped, end);
};

const groupedByStream = (events: readonly LogEvent[]): ReadonlyMap<string, readonly LogEvent[]> => {
  const grouped = new Map<string, LogEvent[]>();
  for (const event of events) {
    const known = grouped.get(event.stream);
    if (known) known.push(event);
    else grouped.set(event.stream, [event]);
  }
  return grouped;
};
