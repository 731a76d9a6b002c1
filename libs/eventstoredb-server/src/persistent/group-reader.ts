// Pages of a group's source.
import { StreamTombstoned } from '../errors.js';
import type { EventLog } from '../log/event-log.js';
import type { LogEvent } from '../semantics/log-event.js';
import { isLink } from '../log/log-reader.js';
import type { LogFilter } from '../semantics/event-filter.js';
import { newMessage, type Message } from './message.js';
import type { Place, Source } from './source.js';
import { compiled } from './stored-filter.js';

/** The limits of one read, and the default where the group sets none. */
const READ_EVENTS_MAX = 100;
const READ_EVENTS_DEFAULT = 10;
/** While a filter finds nothing, reads look at more and more events at once. */
const SEARCH_EVENTS_MAX = 2_048;

export interface SourcePage {
  readonly messages: readonly Message[];
  /** Where the next page begins. */
  readonly next: Place;
  /** The number of unwanted events after the last message. */
  readonly skipped: number;
  readonly isEnd: boolean;
}

export interface GroupReaderOptions {
  readonly source: Source;
  readonly resolvesLinks: boolean;
  readonly readBatchSize: number;
}

export class GroupReader {
  /** The filter of a group on all streams. */
  readonly filter: LogFilter | undefined;
  readonly #options: GroupReaderOptions;
  readonly #log: Pick<EventLog, 'streamPage' | 'allPage' | 'resolve' | 'head'>;
  /** The number of events that the next page of a filtered source looks at. */
  #search: number;

  /** Errors: EVENT_STORE_SERVER_FILTER_NOT_SUPPORTED. */
  constructor(options: GroupReaderOptions, log: Pick<EventLog, 'streamPage' | 'allPage' | 'resolve' | 'head'>) {
    this.#options = options;
    this.#log = log;
    const { source } = options;
    this.#search = this.#limit();
    this.filter = source.kind === 'all' && source.filter ? compiled(source.filter) : undefined;
  }

  /** The place of the next event, or a later one. */
  async end(): Promise<Place> {
    const { source } = this.#options;
    if (source.kind === 'all') return (await this.#log.head()) + 1;
    const { state } = await this.#log.streamPage({ stream: source.stream, isBackwards: true, from: Number.MAX_SAFE_INTEGER, limit: 1 });
    return state.last + 1;
  }

  /** Errors: EVENT_STORE_STREAM_DELETED, EVENT_STORE_CLOSED, those of the medium. */
  async page(from: Place): Promise<SourcePage> {
    const { source } = this.#options;
    if (source.kind === 'all') return this.#allPage(from);
    const page = await this.#log.streamPage({ stream: source.stream, isBackwards: false, from, limit: this.#limit() });
    if (page.state.isTombstoned) throw new StreamTombstoned(source.stream);
    const next = page.isEnd ? Math.max(page.next, page.state.last + 1) : page.next;
    return { messages: await this.messages(page.events), next, skipped: 0, isEnd: page.isEnd };
  }

  async messages(events: readonly LogEvent[]): Promise<readonly Message[]> {
    const messages: Message[] = [];
    for (const event of events) messages.push(await this.#message(event));
    return messages;
  }

  async #allPage(from: Place): Promise<SourcePage> {
    const page = await this.#log.allPage({ isBackwards: false, from, limit: this.#search, filter: this.filter });
    this.#search = page.events.length > 0 ? this.#limit() : Math.min(this.#search * 2, SEARCH_EVENTS_MAX);
    // More than one batch is not held: the rest is read again.
    const events = page.events.slice(0, this.#limit());
    const isCut = events.length < page.events.length;
    const last = events.at(-1)?.position ?? from - 1;
    const next = isCut ? last + 1 : page.next;
    return { messages: await this.messages(events), next, skipped: next - 1 - last, isEnd: page.isEnd && !isCut };
  }

  #limit(): number {
    const { readBatchSize } = this.#options;
    return Math.min(readBatchSize === 0 ? READ_EVENTS_DEFAULT : readBatchSize, READ_EVENTS_MAX);
  }

  async #message(event: LogEvent): Promise<Message> {
    const place = this.#options.source.kind === 'all' ? event.position : event.revision;
    if (!this.#options.resolvesLinks || !isLink(event)) return newMessage({ event, link: undefined }, place);
    return newMessage({ event: await this.#log.resolve(event), link: event }, place);
  }
}
