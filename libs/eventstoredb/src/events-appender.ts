// Appends with one effect, whatever happens to the connection.
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
import { AppendPipeline } from './append-pipeline.js';
import { wireMetadata } from './event-mapping.js';
import type { EventsReader } from './events-reader.js';
import type { StoreContext } from './store-context.js';
import { encodeAppend } from './wire/append-request.js';

/** Rounds of reading where the stream is and appending there, for appends without a revision. */
const ROUNDS_MAX = 32;

export class EventsAppender {
  readonly #context: StoreContext;
  readonly #reader: EventsReader;
  readonly #pipeline: AppendPipeline;

  constructor(context: StoreContext, reader: EventsReader) {
    this.#context = context;
    this.#reader = reader;
    this.#pipeline = new AppendPipeline(context);
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

  async #appendAt(append: EncodedAppend, expected: ExpectedRevision, signal: AbortSignal | undefined): Promise<AppendResult> {
    const { runtime, timeouts } = this.#context;
    const { stream, events } = append;
    const recordedAt = new Date(runtime.now()).toISOString();
    const metadata = events.map((event) => wireMetadata(event, recordedAt));
    const parts = encodeAppend({ stream, expected, events, metadata }, timeouts.answerMs);
    const bytes = sizeOf(parts);
    const operation = { name: 'append', stream, expected: append.expected, bytes };
    const { revision, position } = await this.#pipeline.append({ parts, bytes, operation, signal });
    return { revision: revision as Revision, position: position as Position };
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

const sizeOf = (parts: readonly Buffer[]): number => parts.reduce((sum, part) => sum + part.length, 0);
