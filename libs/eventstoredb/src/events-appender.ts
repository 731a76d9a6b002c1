// Appends with one effect, whatever happens to the connection.
import type { AppendExpectedRevision, EventData, EventStoreDBClient } from '@eventstore/db-client';
import {
  throwIfAborted,
  WrongExpectedRevision,
  type AppendResult,
  type EncodedAppend,
  type ExpectedRevision,
  type Position,
  type RecordedEvent,
  type Revision,
  type StreamName,
} from '@mainstem/event-store';
import { BackOff } from './back-off.js';
import { EventStoreFailed, EventStoreUnavailable } from './errors.js';
import { clientEvent } from './event-mapping.js';
import type { EventsReader } from './events-reader.js';
import type { StoreContext } from './store-context.js';
import { isTransient, translateError } from './translate-error.js';
import { within } from './within.js';

/** Rounds of reading where the stream is and appending there, for appends without a revision. */
const ROUNDS_MAX = 32;

export class EventsAppender {
  readonly #context: StoreContext;
  readonly #reader: EventsReader;
  /** By client: the end of its first append. */
  readonly #opening = new WeakMap<EventStoreDBClient, Promise<unknown>>();

  constructor(context: StoreContext, reader: EventsReader) {
    this.#context = context;
    this.#reader = reader;
  }

  /**
   * Every append carries an explicit revision: the server then recognises a retry by the ids in its log, for ever. Without one it would
   * ask a cache that forgets, so `any` and `stream-exists` are made explicit here first.
   */
  async append(append: EncodedAppend, signal: AbortSignal | undefined): Promise<AppendResult> {
    throwIfAborted(signal, 'append');
    if (append.expected !== 'any' && append.expected !== 'stream-exists') return this.#appendAt(append, append.expected, signal);
    for (let round = 1; ; round++) {
      const tail = await this.#tail(append.stream, append.events.length, signal);
      const last = tail.at(-1);
      if (last && isSame(append, tail)) return { revision: last.revision, position: last.position };
      if (!last && append.expected === 'stream-exists') throw new WrongExpectedRevision(append.stream, append.expected, null);
      throwIfAborted(signal, 'append');
      try {
        return await this.#appendAt(append, last?.revision ?? 'no-stream', signal);
      } catch (error) {
        if (!(error instanceof WrongExpectedRevision) || round >= ROUNDS_MAX) throw error;
      }
    }
  }

  /**
   * An attempt without an answer is repeated: the same ids at the same revision take effect once, and the server answers with where they
   * are. Errors: EVENT_STORE_UNAVAILABLE after `appendTimeoutMs`; only then is the outcome unknown.
   */
  async #appendAt(append: EncodedAppend, expected: ExpectedRevision, signal: AbortSignal | undefined): Promise<AppendResult> {
    const { runtime, holder, redact, timeouts } = this.#context;
    const recordedAt = new Date(runtime.now()).toISOString();
    const events = append.events.map((event) => clientEvent(event, recordedAt));
    const start = runtime.monotonic();
    const backOff = new BackOff(runtime, { delayMsMin: 0, delayMs: 50, delayMsMax: 2_000 });
    for (;;) {
      const held = holder.current();
      try {
        return await this.#attempt(held.client, append, events, expected);
      } catch (error) {
        const operation = { name: 'append', stream: append.stream, expected: append.expected, bytes: bytesOf(append) };
        if (!isTransient(error)) throw translateError(error, operation, redact);
        if (error instanceof EventStoreUnavailable) holder.renew(held);
        const isOver = runtime.monotonic() - start >= timeouts.appendMs || signal?.aborted;
        if (isOver) throw translateError(error, operation, redact);
        await backOff.wait(signal);
      }
    }
  }

  async #attempt(client: EventStoreDBClient, { stream }: EncodedAppend, events: EventData[], expected: ExpectedRevision): Promise<AppendResult> {
    const { runtime, timeouts } = this.#context;
    // A client asks what the server can do and opens its call during its first append, and the second one would overtake it.
    const opening = this.#opening.get(client);
    if (opening) await opening;
    const answer = client.appendToStream(stream, events, { expectedRevision: clientExpectation(expected) });
    if (!opening)
      this.#opening.set(
        client,
        within(answer, timeouts.answerMs, 'append', runtime).catch(() => undefined),
      );
    const { success, nextExpectedRevision, position } = await within(answer, timeouts.answerMs, 'append', runtime);
    if (!success || !position) throw new EventStoreFailed('append', 'its answer has no position');
    return { revision: nextExpectedRevision as Revision, position: position.commit as Position };
  }

  /** The last events of a stream, in order of revision. */
  async #tail(stream: StreamName, count: number, signal: AbortSignal | undefined): Promise<readonly RecordedEvent[]> {
    const tail: RecordedEvent[] = [];
    const read = { stream, isBackwards: true, from: undefined, limit: count };
    for await (const batch of this.#reader.ofStream(read, signal)) tail.push(...batch);
    return tail.reverse();
  }
}

const isSame = ({ events }: EncodedAppend, tail: readonly RecordedEvent[]): boolean =>
  tail.length === events.length && events.every((event, index) => event.id === tail[index]?.id);

const clientExpectation = (expected: ExpectedRevision): AppendExpectedRevision => {
  switch (expected) {
    case 'any':
      return 'any';
    case 'no-stream':
      return 'no_stream';
    case 'stream-exists':
      return 'stream_exists';
    default:
      return expected;
  }
};

const bytesOf = ({ events }: EncodedAppend): number =>
  events.reduce((sum, event) => sum + Buffer.byteLength(event.dataJson) + Buffer.byteLength(event.metadataJson), 0);
