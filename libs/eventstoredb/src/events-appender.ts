// Appends that take effect once, whatever happens to the connection.
import {
  EventTooLarge,
  isMainstemError,
  throwIfAborted,
  WrongExpectedRevision,
  type AppendAllResult,
  type AppendResult,
  type ExpectedRevision,
  type Position,
  type RecordedEvent,
  type Revision,
  type StreamName,
} from '@mainstem/event-store';
import { resultOfAll, type EncodedAppend, type EncodedAppendAll } from '@mainstem/event-store/adapter';
import { APPEND_ALL } from './append-call.js';
import { AppendPipeline } from './append-pipeline.js';
import { BackOff } from './back-off.js';
import { EventStoreFailed } from './errors.js';
import { wireMetadata } from './event-mapping.js';
import type { EventsReader } from './events-reader.js';
import type { ServerLimits } from './server-limits.js';
import type { StoreContext } from './store-context.js';
import { ONE_EVENT } from './translate-error.js';
import { encodeAppendAll } from './wire/append-all-request.js';
import { encodeAppend } from './wire/append-request.js';

/** Rounds of reading the end of the stream and appending there. Other writers may win each of them. */
const ROUNDS_MAX = 4;

export class EventsAppender {
  readonly #context: StoreContext;
  readonly #reader: EventsReader;
  readonly #limits: ServerLimits;
  readonly #pipeline: AppendPipeline;
  readonly #pipelineToAll: AppendPipeline;

  constructor(context: StoreContext, reader: EventsReader, limits: ServerLimits) {
    this.#context = context;
    this.#reader = reader;
    this.#limits = limits;
    this.#pipeline = new AppendPipeline(context);
    this.#pipelineToAll = new AppendPipeline(context, APPEND_ALL);
  }

  /**
   * Every append gets an explicit revision: the server then recognises a retry by the ids in its log, for ever. Without
   * a revision, the server asks a cache that forgets. So this turns `any` and `stream-exists` into a revision, unless
   * other writers win every round.
   */
  async append(append: EncodedAppend, signal: AbortSignal | undefined): Promise<AppendResult> {
    throwIfAborted(signal, 'append');
    if (isExplicit(append.expected)) return this.#appendAt(append, append.expected, signal);
    for (let round = 1; ; round++) {
      const tail = await this.#tail(append.stream, append.events.length, signal);
      const last = tail.at(-1);
      if (last && isSame(append, tail)) return placeOf(last);
      if (!last && append.expected === 'stream-exists') throw new WrongExpectedRevision(append.stream, append.expected, null);
      throwIfAborted(signal, 'append');
      if (round > ROUNDS_MAX) return this.#appendWherever(append, last?.revision, signal);
      try {
        return await this.#appendAt(append, last?.revision ?? 'no-stream', signal);
      } catch (error) {
        if (!(error instanceof WrongExpectedRevision)) throw error;
      }
    }
  }

  /**
   * Lets the server choose the revision, so other writers cannot win. After a lost answer, it first looks in the stream
   * beyond `since` for the append, and only then sends it again. A restarted server remembers nothing; a server that
   * still runs knows the ids of appends on their way.
   */
  async #appendWherever(append: EncodedAppend, since: Revision | undefined, signal: AbortSignal | undefined): Promise<AppendResult> {
    const { runtime, timeouts } = this.#context;
    const endsAt = runtime.monotonic() + timeouts.patience.allMs;
    const backOff = new BackOff(runtime);
    for (;;) {
      try {
        return await this.#appendAt(append, append.expected, signal);
      } catch (error) {
        const isOver = (): boolean => signal?.aborted === true || runtime.monotonic() >= endsAt;
        if (!isMainstemError(error, 'EVENT_STORE_UNAVAILABLE') || isOver()) throw error;
        await backOff.wait(signal);
        const last = await this.#find(append, since);
        if (last) return placeOf(last);
        // The outcome is unknown, so do not throw an error that says that nothing was written.
        if (isOver()) throw error;
      }
    }
  }

  async #appendAt(append: EncodedAppend, expected: ExpectedRevision, signal: AbortSignal | undefined): Promise<AppendResult> {
    const { runtime, timeouts } = this.#context;
    const { stream, events } = append;
    const recordedAt = new Date(runtime.now()).toISOString();
    const metadata = events.map((event) => wireMetadata(event, recordedAt));
    const parts = encodeAppend({ stream, expected, events, metadata }, timeouts.answerMs);
    const operation = { name: 'append', stream, expected: append.expected, bytes: append.bytes };
    const pipelined = { parts, bytes: sizeOf(parts), isRepeatable: isExplicit(expected), operation, signal };
    const { revision, position } = await this.#pipeline.append(pipelined).catch(this.#learnLimits);
    // The events lie before the end of the store, so a reader that reaches the end has seen them.
    const reached = position ?? (await this.#reader.head(signal));
    if (reached === undefined) throw new EventStoreFailed('append', 'its answer has no position');
    return { revision: revision as Revision, position: reached as Position };
  }

  /** Of a server that offers it. Its revisions are explicit, so it may be sent twice. */
  async appendAll({ appends, bytes }: EncodedAppendAll, signal: AbortSignal | undefined): Promise<AppendAllResult> {
    const { runtime, timeouts } = this.#context;
    const recordedAt = new Date(runtime.now()).toISOString();
    const metadata = appends.map(({ events }) => events.map((event) => wireMetadata(event, recordedAt)));
    const parts = encodeAppendAll({ appends, metadata }, timeouts.answerMs);
    const shares = appends.map(({ stream, expected }) => ({ name: 'appendAll', stream, expected, bytes }));
    const pipelined = { parts, bytes: sizeOf(parts), isRepeatable: true, operation: { name: 'appendAll', bytes }, shares, signal };
    const { places = [] } = await this.#pipelineToAll.append(pipelined).catch(this.#learnLimits);
    let next = 0;
    return resultOfAll(appends.map(({ events }) => (events.length === 0 ? undefined : (places[next++] as AppendResult | undefined))));
  }

  readonly #learnLimits = (error: unknown): never => {
    if (error instanceof EventTooLarge) this.#limits.learn(error, error.what === ONE_EVENT);
    throw error;
  };

  /** The last events of a stream, in order of revision. */
  async #tail(stream: StreamName, count: number, signal: AbortSignal | undefined): Promise<readonly RecordedEvent[]> {
    const tail: RecordedEvent[] = [];
    const read = { stream, isBackwards: true, from: undefined, limit: count };
    for await (const batch of this.#reader.ofStream(read, signal)) tail.push(...batch);
    return tail.reverse();
  }

  /** The last event of the append, if the stream holds it beyond `since`. Errors: those of reading. */
  async #find({ stream, events }: EncodedAppend, since: Revision | undefined): Promise<RecordedEvent | undefined> {
    const from = since === undefined ? undefined : ((since + 1n) as Revision);
    let found = 0;
    for await (const batch of this.#reader.ofStream({ stream, isBackwards: false, from, limit: Number.POSITIVE_INFINITY }, undefined)) {
      for (const event of batch) {
        if (event.id !== events[found]?.id) found = 0;
        if (event.id === events[found]?.id && ++found === events.length) return event;
      }
    }
    return undefined;
  }
}

/** The place of the event in the stream. */
const isExplicit = (expected: ExpectedRevision): boolean => expected !== 'any' && expected !== 'stream-exists';

const placeOf = ({ revision, position }: RecordedEvent): AppendResult => ({ revision, position });

const isSame = ({ events }: EncodedAppend, tail: readonly RecordedEvent[]): boolean =>
  tail.length === events.length && events.every((event, index) => event.id === tail[index]?.id);

const sizeOf = (parts: readonly Buffer[]): number => parts.reduce((sum, part) => sum + part.length, 0);
