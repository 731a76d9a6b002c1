// Reads of one stream and of all streams, resumed where they were when the connection breaks.
import type { Readable } from 'node:stream';
import { BACKWARDS, END, FORWARDS, START, type EventStoreDBClient } from '@eventstore/db-client';
import { isWanted, throwIfAborted, type AllRead, type Position, type RecordedEvent, type StreamName, type StreamRead } from '@mainstem/event-store';
import { BackOff } from './back-off.js';
import { EventStoreUnavailable } from './errors.js';
import { isSystemEvent, writtenEvent } from './event-mapping.js';
import { Inbox, INBOX_EVENTS_MAX } from './inbox.js';
import { recordedEvent } from './recorded-event.js';
import type { StoreContext } from './store-context.js';
import { isTransient, isUnreachable, translateError } from './translate-error.js';
import type { WireEvent } from './wire/wire-event.js';

const STREAM_BATCH_EVENTS = 1_000;
const HEAD_PAGE_EVENTS = 32;

type ReadCall = ReturnType<EventStoreDBClient['readAll']>;

interface Reading {
  readonly name: string;
  readonly stream?: StreamName;
  readonly batchSize: number;
  /** Begins where `last`, the last event that was taken, leaves off. */
  open(client: EventStoreDBClient, last: WireEvent | undefined): ReadCall;
}

export class EventsReader {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  async *ofStream({ stream, isBackwards, from, limit }: StreamRead, signal: AbortSignal | undefined): AsyncGenerator<readonly RecordedEvent[]> {
    const direction = isBackwards ? BACKWARDS : FORWARDS;
    const maxCount = Math.min(limit, Number.MAX_SAFE_INTEGER);
    const open: Reading['open'] = (client, last) => {
      // Resumed at the last event itself, which is left out then: below revision 0 there is nothing to ask for.
      const fromRevision = last?.revision ?? from ?? (isBackwards ? END : START);
      return client.readStream(stream, { direction, fromRevision, maxCount }, { highWaterMark: INBOX_EVENTS_MAX }) as unknown as ReadCall;
    };
    throwIfAborted(signal, 'readStream');
    if (limit === 0) return;
    yield* limited(this.#events({ name: 'readStream', stream, batchSize: STREAM_BATCH_EVENTS, open }, signal), limit);
  }

  async *ofAll({ isBackwards, after, limit, filter, batchSize }: AllRead, signal: AbortSignal | undefined): AsyncGenerator<readonly RecordedEvent[]> {
    const direction = isBackwards ? BACKWARDS : FORWARDS;
    const open: Reading['open'] = (client, last) => {
      const place = last?.commit ?? after;
      const fromPosition = place === undefined ? (isBackwards ? END : START) : { commit: place, prepare: place };
      return client.readAll({ direction, fromPosition }, { highWaterMark: INBOX_EVENTS_MAX });
    };
    throwIfAborted(signal, 'readAll');
    if (limit === 0) return;
    // Forwards the server begins with the event at the position, which the port leaves out.
    const isBeyond = (position: Position): boolean => after === undefined || (isBackwards ? position < after : position > after);
    const wanted = async function* (batches: AsyncIterable<readonly RecordedEvent[]>): AsyncGenerator<readonly RecordedEvent[]> {
      for await (const batch of batches) yield batch.filter((event) => isBeyond(event.position) && isWanted(event, filter));
    };
    yield* limited(wanted(this.#events({ name: 'readAll', batchSize, open }, signal)), limit);
  }

  /** Position of the newest event that is not the store's own, undefined if there is none. */
  async head(signal: AbortSignal | undefined): Promise<Position | undefined> {
    const read: AllRead = { isBackwards: true, after: undefined, limit: 1, filter: {}, batchSize: HEAD_PAGE_EVENTS, needsPayload: false };
    for await (const batch of this.ofAll(read, signal)) return batch[0]?.position;
    return undefined;
  }

  /** Events as they come, at least one a batch, without the store's own. */
  async *#events(reading: Reading, signal: AbortSignal | undefined): AsyncGenerator<readonly RecordedEvent[]> {
    const { runtime, holder, timeouts, redact } = this.#context;
    const backOff = new BackOff(runtime, { delayMsMin: 0, delayMs: 50, delayMsMax: 2_000 });
    let last: WireEvent | undefined;
    let progressAt = runtime.monotonic();
    for (;;) {
      throwIfAborted(signal, reading.name);
      const held = holder.current();
      let hasAnswered = false;
      try {
        for await (const events of this.#oneCall(reading, held, last, signal)) {
          hasAnswered = true;
          progressAt = runtime.monotonic();
          const fresh = events.filter((event) => event.id !== last?.id || event.revision !== last.revision);
          last = events.at(-1) ?? last;
          const batch = fresh.filter((event) => !isSystemEvent(event)).map(recordedEvent);
          if (batch.length > 0) yield batch;
          throwIfAborted(signal, reading.name);
          backOff.reset();
        }
        return;
      } catch (error) {
        if (isNotFound(error)) return;
        const isOver = runtime.monotonic() - progressAt >= timeouts.readMs;
        if (!isTransient(error) || isOver) {
          throw translateError(error, { name: reading.name, ...(reading.stream !== undefined && { stream: reading.stream }) }, redact);
        }
        if (error instanceof EventStoreUnavailable || (!hasAnswered && isUnreachable(error))) holder.renew(held);
        await backOff.wait(signal);
      }
    }
  }

  async *#oneCall(
    { name, batchSize, open }: Reading,
    { client, abandoned }: ReturnType<StoreContext['holder']['current']>,
    last: WireEvent | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<readonly WireEvent[]> {
    const { runtime, holder, timeouts } = this.#context;
    const call = open(client, last);
    const inbox = new Inbox(call as unknown as Readable, runtime);
    const ending = signal ? AbortSignal.any([signal, abandoned]) : abandoned;
    try {
      for (;;) {
        const events = inbox
          .take(batchSize)
          .map(writtenEvent)
          .filter((event) => event !== undefined);
        if (events.length > 0) {
          yield events;
          continue;
        }
        if (inbox.isOver) return;
        const waitedFrom = runtime.monotonic();
        await inbox.wait(timeouts.answerMs, ending);
        throwIfAborted(signal, name);
        // Throws if it is the store that was closed.
        if (abandoned.aborted && holder.current()) throw new EventStoreUnavailable(name, 'the connection was given up');
        const isSilent = inbox.isEmpty && !inbox.isOver && runtime.monotonic() - waitedFrom >= timeouts.answerMs;
        if (isSilent) throw new EventStoreUnavailable(name, `no answer within ${timeouts.answerMs} ms`);
      }
    } finally {
      // Not taken to its end, a call would stay open at the server.
      if (!inbox.isOver) void call.cancel().catch(() => undefined);
    }
  }
}

/** At most `limit` events; batches that hold none are left out. */
async function* limited(batches: AsyncIterable<readonly RecordedEvent[]>, limit: number): AsyncGenerator<readonly RecordedEvent[]> {
  let left = limit;
  for await (const batch of batches) {
    const taken = batch.length > left ? batch.slice(0, left) : batch;
    left -= taken.length;
    if (taken.length > 0) yield taken;
    if (left === 0) return;
  }
}

const isNotFound = (error: unknown): boolean => error !== null && typeof error === 'object' && 'type' in error && error.type === 'stream-not-found';
