// A part of a store with other data, as an event store of its own: from its end on, with unique stream names. So the
// contract, whose cases each begin with an empty store, runs on a running server. No other client may append meanwhile:
// positions belong to the whole store.
import { createHash, randomUUID } from 'node:crypto';
import {
  AppendPartlyKnown,
  streamName,
  WrongExpectedRevision,
  type AppendAllOptions,
  type AppendAllResult,
  type AppendOptions,
  type AppendResult,
  type EventFilter,
  type EventId,
  type EventStore,
  type NewEvent,
  type Position,
  type ReadAllOptions,
  type ReadStreamOptions,
  type RecordedEvent,
  type StreamAppend,
  type StreamName,
  type SubscribeOptions,
  type SubscriptionBatch,
} from '@mainstem/event-store';

export class PartOfStore implements EventStore {
  readonly #store: EventStore;
  readonly #start: Position | undefined;
  readonly #prefix = `part${randomUUID().slice(0, 8)}.`;
  /** Of names that are as long as any may be. */
  readonly #shortened = new Map<string, StreamName>();
  #isEmpty = true;

  static async of(store: EventStore): Promise<PartOfStore> {
    return new PartOfStore(store, await store.head());
  }

  private constructor(store: EventStore, start: Position | undefined) {
    this.#store = store;
    this.#start = start;
  }

  get incarnation() {
    return this.#store.incarnation;
  }
  get hasDensePositions() {
    return this.#store.hasDensePositions;
  }
  get hasAppendAll() {
    return this.#store.hasAppendAll;
  }
  get limits() {
    return this.#store.limits;
  }

  async append(stream: StreamName, events: readonly NewEvent[], options: AppendOptions): Promise<AppendResult> {
    try {
      const result = await this.#store.append(this.#inside(stream), events, options);
      this.#isEmpty = false;
      return result;
    } catch (error) {
      throw error instanceof WrongExpectedRevision ? new WrongExpectedRevision(stream, error.expected, error.actual) : error;
    }
  }

  async appendAll(appends: readonly StreamAppend[], options?: AppendAllOptions): Promise<AppendAllResult> {
    // What is no list of appends is refused as it is.
    if (!Array.isArray(appends) || appends.some((append) => append === null || typeof append !== 'object'))
      return this.#store.appendAll(appends, options);
    const inside = (appends as readonly StreamAppend[]).map((append) => ({ ...append, stream: this.#inside(append.stream) }));
    const outside = (stream: string): string => appends[inside.findIndex((append) => append.stream === stream)]?.stream ?? stream;
    try {
      const result = await this.#store.appendAll(inside, options);
      this.#isEmpty = false;
      return result;
    } catch (error) {
      if (error instanceof WrongExpectedRevision) throw new WrongExpectedRevision(outside(error.stream), error.expected, error.actual);
      if (error instanceof AppendPartlyKnown) throw new AppendPartlyKnown(error.known.map(outside), error.unknown.map(outside));
      throw error;
    }
  }

  async *readStream(stream: StreamName, options?: ReadStreamOptions): AsyncGenerator<readonly RecordedEvent[]> {
    for await (const batch of this.#store.readStream(this.#inside(stream), options)) yield this.#outside(batch);
  }

  async *readAll(options: ReadAllOptions = {}): AsyncGenerator<readonly RecordedEvent[]> {
    const isFromStart = options?.after === undefined && options?.direction !== 'backwards';
    const given = { ...options, filter: this.#filter(options?.filter), ...(isFromStart && { after: this.#start }) };
    for await (const batch of this.#store.readAll(given)) yield this.#outside(batch);
  }

  async *subscribe(options: SubscribeOptions): AsyncGenerator<SubscriptionBatch> {
    const after = options?.after === undefined ? this.#start : options.after;
    const given = { ...options, after, filter: this.#filter(options?.filter) };
    for await (const { events, position, lastEvent, ...rest } of this.#store.subscribe(given)) {
      const mark = lastEvent && this.#isOurs(lastEvent.position) ? { lastEvent } : {};
      yield { events: this.#outside(events), position: this.#isOurs(position) ? position : undefined, ...mark, ...rest };
    }
  }

  async head(signal?: AbortSignal): Promise<Position | undefined> {
    const head = await this.#store.head(signal);
    return this.#isEmpty ? undefined : head;
  }

  async idAt(position: Position, signal?: AbortSignal): Promise<EventId | undefined> {
    const id = await this.#store.idAt(position, signal);
    return this.#isOurs(position) ? id : undefined;
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #isOurs(position: Position | undefined): boolean {
    return position !== undefined && (this.#start === undefined || position > this.#start);
  }

  /** What is no name is refused as it is. */
  #inside(stream: StreamName): StreamName {
    if (typeof stream !== 'string' || !isName(stream)) return stream;
    const name = `${this.#prefix}${stream}`;
    if (isName(name)) return name as StreamName;
    const short = `${this.#prefix}long-${createHash('sha256').update(stream).digest('hex')}`;
    this.#shortened.set(short, stream);
    return short as StreamName;
  }

  /** What is no filter is refused as it is. */
  #filter(filter: EventFilter | undefined): EventFilter {
    if (filter === undefined) return { streamPrefixes: [this.#prefix] };
    if (filter === null || typeof filter !== 'object' || Array.isArray(filter)) return filter;
    const { streamPrefixes = [''] } = filter;
    const isList = Array.isArray(streamPrefixes) && streamPrefixes.every((prefix) => typeof prefix === 'string');
    const isGiven = filter.streamPrefixes !== undefined;
    if (!isList || (isGiven && streamPrefixes.includes(''))) return filter;
    return {
      ...filter,
      streamPrefixes: streamPrefixes.map((prefix) => (isName(prefix) ? this.#inside(prefix as StreamName) : `${this.#prefix}${prefix}`)),
    };
  }

  #outside(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
    return events.map((event) => {
      const stream = this.#shortened.get(event.stream) ?? event.stream.slice(this.#prefix.length);
      const get = (target: RecordedEvent, key: string | symbol): unknown => (key === 'stream' ? stream : Reflect.get(target, key, target));
      return new Proxy(event, { get });
    });
  }
}

const isName = (name: string): boolean => {
  try {
    return streamName(name) === name;
  } catch {
    return false;
  }
};
