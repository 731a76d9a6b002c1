// Reads of one stream and of all streams, which go on where they were after a broken connection.
import { throwIfAborted, type EventId, type EventMark, type Position, type RecordedEvent, type StreamName } from '@mainstem/event-store';
import { isWanted, type AllRead, type StreamRead } from '@mainstem/event-store/adapter';
import { BackOff } from './back-off.js';
import { assertSameLog, eventAt } from './event-at.js';
import { EventStoreUnavailable } from './errors.js';
import type { OpenRead } from './guarded-client.js';
import { isSystemEvent } from './event-mapping.js';
import { askMarker } from './incarnation.js';
import { LookAllowance } from './look-allowance.js';
import { Patience } from './patience.js';
import { ReadCall } from './read-call.js';
import { recordedEvent } from './recorded-event.js';
import { serverFilter } from './server-filter.js';
import type { StoreContext } from './store-context.js';
import { StoreTail } from './store-tail.js';
import { connectionGivenUp, isTransient, isUnreachable, translateError, typeOf } from './translate-error.js';
import type { ReadRequest } from './wire/read-request.js';
import { untilAborted, within } from './within.js';
import type { WireEvent } from './wire/wire-event.js';

const STREAM_BATCH_EVENTS = 1_000;
/** How long the server may search without finding a wanted event, as long as it answers other calls. */
const SEARCH_MS_MAX = 600_000;

interface Reading {
  readonly name: string;
  readonly stream?: StreamName;
  readonly batchSize: number;
  /** Continues with the event `last`, the last one taken, if there is one. */
  request(last: WireEvent | undefined): ReadRequest;
  isWanted(event: WireEvent): boolean;
}

export class EventsReader {
  readonly tail: StoreTail;
  /** Shared by the probes of all subscriptions. */
  readonly probes: LookAllowance;
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
    this.tail = new StoreTail(context.runtime);
    this.probes = new LookAllowance(context.runtime);
  }

  async *ofStream({ stream, isBackwards, from, limit }: StreamRead, signal: AbortSignal | undefined): AsyncGenerator<readonly RecordedEvent[]> {
    const count = Math.min(limit, Number.MAX_SAFE_INTEGER);
    // It goes on at the last event itself and leaves that one out: nothing can be asked for below revision 0.
    const start = from ?? (isBackwards ? 'end' : 'start');
    const request: Reading['request'] = (last) => ({ stream, isBackwards, count, from: last?.revision ?? start });
    throwIfAborted(signal, 'readStream');
    if (limit === 0) return;
    yield* limited(this.#events({ name: 'readStream', stream, batchSize: STREAM_BATCH_EVENTS, request, isWanted: () => true }, signal), limit);
  }

  async *ofAll({ isBackwards, after, limit, filter, batchSize }: AllRead, signal: AbortSignal | undefined): AsyncGenerator<readonly RecordedEvent[]> {
    const start = after ?? (isBackwards ? 'end' : 'start');
    const select = serverFilter(filter);
    const request: Reading['request'] = (last) => ({ isBackwards, count: Number.MAX_SAFE_INTEGER, from: last?.commit ?? start, filter: select });
    throwIfAborted(signal, 'readAll');
    if (limit === 0) return;
    // Forwards, the server begins with the event at the position; the port leaves that one out.
    const isBeyond = ({ commit }: WireEvent): boolean => after === undefined || (isBackwards ? commit < after : commit > after);
    const reading = { name: 'readAll', batchSize, request, isWanted: (event: WireEvent) => isBeyond(event) && isWanted(event, filter) };
    yield* limited(this.#events(reading, signal), limit);
  }

  /** No event and no known position lies beyond it; undefined for an empty store. */
  async head(signal: AbortSignal | undefined): Promise<Position | undefined> {
    return (await this.#ask('head', (openRead) => this.tail.look(openRead), signal))?.position;
  }

  /** Undefined also for an event of the server's own. */
  async idAt(position: Position, signal: AbortSignal | undefined): Promise<EventId | undefined> {
    const event = await this.#ask('idAt', (openRead) => eventAt(openRead, position), signal);
    return event && !isSystemEvent(event) ? (event.id as EventId) : undefined;
  }

  /** Asks one question, and repeats it while the server cannot be reached. */
  async #ask<Answer>(name: string, look: (openRead: OpenRead) => Promise<Answer>, signal: AbortSignal | undefined): Promise<Answer> {
    const { runtime, holder, timeouts, redact } = this.#context;
    const backOff = new BackOff(runtime);
    const patience = new Patience(runtime, timeouts.patience);
    let failure: Error | undefined;
    for (;;) {
      throwIfAborted(signal, name, failure);
      const held = holder.current();
      try {
        return await untilAborted(within(look(held.openRead), timeouts.answerMs, name, runtime), signal, name);
      } catch (error) {
        throwIfAborted(signal, name, failure);
        failure = translateError(error, { name }, redact);
        patience.failed(error);
        if (!isTransient(error) || patience.isOver()) throw failure;
        if (error instanceof EventStoreUnavailable || isUnreachable(error)) holder.renew(held, error);
        await backOff.wait(signal);
      }
    }
  }

  /** Events as they arrive, at least one in a batch, without the store's own. */
  async *#events(reading: Reading, signal: AbortSignal | undefined): AsyncGenerator<readonly RecordedEvent[]> {
    const { runtime, holder, timeouts, redact } = this.#context;
    const backOff = new BackOff(runtime);
    let last: WireEvent | undefined;
    const patience = new Patience(runtime, timeouts.patience);
    let failure: Error | undefined;
    for (;;) {
      throwIfAborted(signal, reading.name, failure);
      const held = holder.current();
      let hasAnswered = false;
      try {
        if (last) {
          const check = within(assertSameLog(held.openRead, reading.name, markOf(last)), timeouts.answerMs, reading.name, runtime);
          await untilAborted(check, signal, reading.name);
        }
        for await (const events of this.#oneCall(reading, held, last, signal)) {
          hasAnswered = true;
          failure = undefined;
          patience.reset();
          const batch: RecordedEvent[] = [];
          for (const event of events) {
            const isRepeated = event.commit === last?.commit && event.id === last.id && event.revision === last.revision;
            last = event;
            if (!isRepeated && !isSystemEvent(event) && reading.isWanted(event)) batch.push(recordedEvent(event));
          }
          if (batch.length > 0) yield batch;
          throwIfAborted(signal, reading.name);
          backOff.reset();
        }
        return;
      } catch (error) {
        if (isNotFound(error)) return;
        throwIfAborted(signal, reading.name, failure);
        failure = translateError(error, { name: reading.name, ...(reading.stream !== undefined && { stream: reading.stream }) }, redact);
        patience.failed(error);
        if (!isTransient(error) || patience.isOver()) throw failure;
        if (error instanceof EventStoreUnavailable || (!hasAnswered && isUnreachable(error))) holder.renew(held, error);
        await backOff.wait(signal);
      }
    }
  }

  async *#oneCall(
    { name, batchSize, request }: Reading,
    { openRead, abandoned }: ReturnType<StoreContext['holder']['current']>,
    last: WireEvent | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<readonly WireEvent[]> {
    const { runtime, holder, timeouts, redact } = this.#context;
    const call = new ReadCall(request(last), { openRead, runtime, signal: signal ? AbortSignal.any([signal, abandoned]) : abandoned });
    let searchedFrom = runtime.monotonic();
    try {
      for (;;) {
        const events = call.take(batchSize);
        if (events.length > 0) {
          yield events;
          searchedFrom = runtime.monotonic();
          continue;
        }
        if (call.isOver) return;
        const waitedFrom = runtime.monotonic();
        await call.wait(timeouts.answerMs);
        throwIfAborted(signal, name);
        // Throws if the store was closed.
        if (abandoned.aborted && holder.current()) throw connectionGivenUp(name, abandoned, redact);
        const isSilent = call.isEmpty && !call.isOver && runtime.monotonic() - waitedFrom >= timeouts.answerMs;
        if (isSilent) await this.#assertSearching(name, openRead, searchedFrom);
      }
    } finally {
      // A call that is not read to its end would stay open at the server.
      call.end();
    }
  }

  /**
   * A filtered read is silent while the server finds nothing. That is no failure as long as the server answers another
   * question. Errors: EVENT_STORE_UNAVAILABLE.
   */
  async #assertSearching(name: string, openRead: OpenRead, searchedFrom: number): Promise<void> {
    const { runtime, timeouts } = this.#context;
    const isOver = runtime.monotonic() - searchedFrom >= SEARCH_MS_MAX;
    if (isOver) throw new EventStoreUnavailable(name, `nothing was found within ${SEARCH_MS_MAX / 1_000} s`);
    await within(askMarker(openRead), timeouts.answerMs, name, runtime);
  }
}

/** At most `limit` events; empty batches are left out. */
async function* limited(batches: AsyncIterable<readonly RecordedEvent[]>, limit: number): AsyncGenerator<readonly RecordedEvent[]> {
  let left = limit;
  for await (const batch of batches) {
    const taken = batch.length > left ? batch.slice(0, left) : batch;
    left -= taken.length;
    if (taken.length > 0) yield taken;
    if (left === 0) return;
  }
}

const markOf = ({ commit, id }: WireEvent): EventMark => ({ position: BigInt(commit) as Position, id: id as EventId });

const isNotFound = (error: unknown): boolean => typeOf(error) === 'stream-not-found';
