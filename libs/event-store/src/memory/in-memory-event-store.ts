// The event store for unit tests and demonstrations: it keeps everything in arrays and loses it when the process ends.
import { encodeAppendAll, resultOfAll, ruleOnAppendAll } from '../append-all-rules.js';
import { appendLimits, encodeAppend, ruleOnAppend, type EncodedAppend, type StreamState } from '../append-rules.js';
import { CopyGap, CopyOvertaken, EventStoreClosed, throwIfAborted } from '../errors.js';
import type { AppendCopiesOptions, CopyTarget, EventCopy } from '../event-copy.js';
import type { EncodedEvent } from '../encoded-event.js';
import { LazyRecordedEvent, type NewEvent, type RecordedEvent } from '../event.js';
import {
  type AppendAllOptions,
  type AppendAllResult,
  type AppendLimits,
  type AppendOptions,
  type AppendResult,
  type EventFilter,
  type EventMark,
  type ReadAllOptions,
  type ReadStreamOptions,
  type StoreLimits,
  type StreamAppend,
  type SubscribeOptions,
  type SubscriptionBatch,
} from '../event-store.js';
import {
  laterPosition,
  position as checkPosition,
  type EventId,
  type Incarnation,
  type Position,
  type Revision,
  type StreamName,
} from '../identifiers.js';
import { checkAllRead, checkStreamRead, checkSubscription, isWanted } from '../read-options.js';
import { systemRuntime, type Runtime } from '../runtime.js';

export interface InMemoryEventStoreOptions {
  readonly runtime?: Runtime;
  readonly limits?: Partial<AppendLimits>;
}

/** Keeps the whole contract, in memory: nothing survives the end of the process. */
export class InMemoryEventStore implements CopyTarget {
  readonly incarnation: Incarnation;
  readonly hasDensePositions = true;
  readonly hasAppendAll = true;
  readonly limits: StoreLimits;
  readonly #runtime: Runtime;
  readonly #all: RecordedEvent[] = [];
  readonly #streams = new Map<string, RecordedEvent[]>();
  readonly #wakers = new Set<() => void>();
  #isClosed = false;

  constructor(options: InMemoryEventStoreOptions = {}) {
    this.#runtime = options.runtime ?? systemRuntime;
    this.limits = appendLimits(options.limits);
    this.incarnation = this.#runtime.uuid() as Incarnation;
  }

  async append(stream: StreamName, events: readonly NewEvent[], options: AppendOptions): Promise<AppendResult> {
    this.#assertOpen();
    throwIfAborted(options?.signal, 'append');
    const append = encodeAppend(stream, events, options?.expectedRevision, this.limits);
    const ruling = ruleOnAppend(append, this.#stateOf(append.stream));
    const result = ruling.kind === 'repeat' ? this.#placeAt(append.stream, ruling.last) : this.#record(append);
    if (ruling.kind === 'append') this.#wake();
    return result;
  }

  async appendAll(appends: readonly StreamAppend[], options: AppendAllOptions = {}): Promise<AppendAllResult> {
    this.#assertOpen();
    throwIfAborted(options.signal, 'appendAll');
    const all = encodeAppendAll(appends, this.limits);
    const ruling = ruleOnAppendAll(all, (stream) => this.#stateOf(stream));
    const write = (append: EncodedAppend, index: number): AppendResult =>
      ruling.kind === 'repeat' ? this.#placeAt(append.stream, ruling.lasts[index] ?? -1) : this.#record(append);
    const results = all.appends.map((append, index) => (append.events.length === 0 ? undefined : write(append, index)));
    if (ruling.kind === 'append') this.#wake();
    return resultOfAll(results);
  }

  async appendCopies(copies: readonly EventCopy[], { after }: AppendCopiesOptions): Promise<EventMark> {
    this.#assertOpen();
    if (this.#all.at(-1)?.id !== after?.id) throw new CopyOvertaken(after?.id);
    const lasts = new Map<string, number>();
    for (const { stream, revision } of copies) {
      const next = lasts.get(stream) ?? this.#streams.get(stream)?.length ?? 0;
      if (revision !== BigInt(next)) throw new CopyGap(stream, revision);
      lasts.set(stream, next + 1);
    }
    for (const copy of copies) this.#recordOne(copy.stream, copy, Date.parse(copy.recordedAt));
    this.#wake();
    const last = this.#all.at(-1);
    if (!last) throw new TypeError('a copy has at least one event');
    return { position: last.position, id: last.id };
  }

  async *readStream(stream: StreamName, options: ReadStreamOptions = {}): AsyncGenerator<readonly RecordedEvent[]> {
    this.#assertOpen();
    throwIfAborted(options.signal, 'readStream');
    const read = checkStreamRead(stream, options);
    const recorded = this.#streams.get(read.stream) ?? [];
    const from = Number(read.from ?? (read.isBackwards ? recorded.length - 1 : 0));
    const chosen = read.isBackwards ? recorded.slice(0, from + 1).reverse() : recorded.slice(from);
    const limited = chosen.slice(0, read.limit);
    if (limited.length > 0) yield limited;
  }

  async *readAll(options: ReadAllOptions = {}): AsyncGenerator<readonly RecordedEvent[]> {
    const { isBackwards, limit, filter, batchSize, after: start } = checkAllRead(options);
    let left = limit;
    let after = start;
    while (left > 0) {
      this.#assertOpen();
      throwIfAborted(options.signal, 'readAll');
      const batch = this.#page(after, isBackwards, Math.min(left, batchSize), filter);
      const last = batch.at(-1);
      if (!last) return;
      yield batch;
      left -= batch.length;
      after = last.position;
    }
  }

  async *subscribe(options: SubscribeOptions): AsyncGenerator<SubscriptionBatch> {
    const { after, filter, batchSize, signal } = checkSubscription(options);
    let position = after;
    let hasToldCaughtUp = false;
    while (!signal.aborted) {
      this.#assertOpen();
      const head = this.#head();
      const events = this.#page(position, false, batchSize, filter);
      const isCaughtUp = events.length < batchSize;
      const reached = isCaughtUp ? laterPosition(head, position) : events.at(-1)?.position;
      if (events.length > 0 || reached !== position || !hasToldCaughtUp) {
        position = reached;
        hasToldCaughtUp = isCaughtUp;
        // If the batch ends with an event of its own, that event gives this id.
        const lastEvent = position === undefined || events.at(-1)?.position === position ? undefined : this.#at(position);
        yield { events, position, ...(lastEvent && { lastEvent }), isCaughtUp };
      } else {
        await this.#appended(signal);
      }
    }
  }

  async head(signal?: AbortSignal): Promise<Position | undefined> {
    this.#assertOpen();
    throwIfAborted(signal, 'head');
    return this.#head();
  }

  async idAt(position: Position, signal?: AbortSignal): Promise<EventId | undefined> {
    this.#assertOpen();
    throwIfAborted(signal, 'idAt');
    return this.#at(checkPosition(position))?.id;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wake();
  }

  #stateOf(stream: StreamName): StreamState {
    const recorded = this.#streams.get(stream) ?? [];
    return { last: recorded.length - 1, idsFrom: (from, count) => recorded.slice(from, from + count).map((event) => event.id) };
  }

  #placeAt(stream: StreamName, index: number): AppendResult {
    const event = this.#streams.get(stream)?.[index];
    if (!event) throw new TypeError('an append has at least one event');
    return { revision: event.revision, position: event.position };
  }

  #record({ stream, events }: EncodedAppend): AppendResult {
    const recordedAtMs = this.#runtime.now();
    for (const event of events) this.#recordOne(stream, event, recordedAtMs);
    return this.#placeAt(stream, (this.#streams.get(stream)?.length ?? 0) - 1);
  }

  #recordOne(stream: StreamName, { id, type, dataJson, metadataJson }: EncodedEvent, recordedAtMs: number): void {
    const recorded = this.#streams.get(stream) ?? [];
    const revision = BigInt(recorded.length) as Revision;
    const position = BigInt(this.#all.length + 1) as Position;
    const one = new LazyRecordedEvent({ id, type, dataJson, metadataJson, stream, revision, position, recordedAtMs });
    recorded.push(one);
    this.#all.push(one);
    this.#streams.set(stream, recorded);
  }

  #page(after: Position | undefined, backwards: boolean, size: number, filter: EventFilter): RecordedEvent[] {
    const batch: RecordedEvent[] = [];
    const step = backwards ? -1 : 1;
    // The event at position p has index p − 1.
    let index = after === undefined ? (backwards ? this.#all.length - 1 : 0) : Number(after) - 1 + step;
    if (backwards) index = Math.min(index, this.#all.length - 1);
    for (; batch.length < size; index += step) {
      const event = this.#all[index];
      if (!event) break;
      if (isWanted(event, filter)) batch.push(event);
    }
    return batch;
  }

  /** The event at position p has index p − 1. */
  #at(position: Position): RecordedEvent | undefined {
    return this.#all[Number(position) - 1];
  }

  #head(): Position | undefined {
    return this.#all.at(-1)?.position;
  }

  #appended(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wakers.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#wakers.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  #wake(): void {
    for (const wake of [...this.#wakers]) wake();
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new EventStoreClosed();
  }
}
