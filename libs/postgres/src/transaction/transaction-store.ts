// The event store inside a transaction of the caller: what it appends is there when the caller has committed.
import {
  encodeAppend,
  position as checkPosition,
  throwIfAborted,
  type AppendAllOptions,
  type AppendAllResult,
  type AppendOptions,
  type AppendResult,
  type EventId,
  type EventReader,
  type EventWriter,
  type Incarnation,
  type NewEvent,
  type Position,
  type ReadAllOptions,
  type ReadStreamOptions,
  type RecordedEvent,
  type StoreLimits,
  type StreamAppend,
  type StreamName,
} from '@mainstem/event-store';
import { checkAllRead, checkStreamRead, encodeAppendAll } from '@mainstem/event-store/adapter';
import type { Work } from '../append/batch-plan.js';
import type { LogWriter } from '../append/log-writer.js';
import { EventReading } from '../read/event-reading.js';
import type { CallerSession } from './caller-transaction.js';

/** What an append in a transaction tells: the place that the event has once the transaction is committed. */
export type UncommittedAppend<Result> = Result & {
  /** Before the commit no other process sees the events, and no reader is woken. After a rollback there are none. */
  readonly isCommitted: false;
};

/** An event store as far as it works in a transaction of the caller. It needs no close. */
export interface TransactionEventStore extends Omit<EventReader, 'subscribe' | 'troubles' | 'changesByOthers'>, EventWriter {
  append(stream: StreamName, events: readonly NewEvent[], options: AppendOptions): Promise<UncommittedAppend<AppendResult>>;
  appendAll(appends: readonly StreamAppend[], options?: AppendAllOptions): Promise<UncommittedAppend<AppendAllResult>>;
}

export interface TransactionStoreOptions {
  readonly session: CallerSession;
  readonly writer: LogWriter;
  readonly schema: string;
  readonly limits: StoreLimits;
  readonly incarnation: Incarnation;
  /** Throws if the store that it comes from was closed. */
  readonly assertOpen: () => void;
}

export class TransactionStore implements TransactionEventStore {
  readonly hasDensePositions = true;
  readonly hasAppendAll = true;
  readonly incarnation: Incarnation;
  readonly limits: StoreLimits;
  readonly #options: TransactionStoreOptions;
  readonly #reader: EventReading;

  constructor(options: TransactionStoreOptions) {
    const { session, schema } = options;
    this.incarnation = options.incarnation;
    this.limits = options.limits;
    this.#options = options;
    this.#reader = new EventReading({ schema, read: (operation, statement, signal) => session.read(operation, statement, signal) });
  }

  async append(stream: StreamName, events: readonly NewEvent[], options: AppendOptions): Promise<UncommittedAppend<AppendResult>> {
    this.#options.assertOpen();
    const append = encodeAppend(stream, events, options?.expectedRevision, this.limits);
    return this.#write<AppendResult>('append', { kind: 'append', append }, options.signal);
  }

  async appendAll(appends: readonly StreamAppend[], options: AppendAllOptions = {}): Promise<UncommittedAppend<AppendAllResult>> {
    this.#options.assertOpen();
    return this.#write<AppendAllResult>('appendAll', { kind: 'all', all: encodeAppendAll(appends, this.limits) }, options.signal);
  }

  async *readStream(stream: StreamName, options: ReadStreamOptions = {}): AsyncGenerator<readonly RecordedEvent[]> {
    this.#options.assertOpen();
    yield* this.#reader.ofStream(checkStreamRead(stream, options), options.signal);
  }

  async *readAll(options: ReadAllOptions = {}): AsyncGenerator<readonly RecordedEvent[]> {
    this.#options.assertOpen();
    yield* this.#reader.ofAll(checkAllRead(options), options.signal);
  }

  async head(signal?: AbortSignal): Promise<Position | undefined> {
    this.#options.assertOpen();
    return this.#reader.head(signal);
  }

  async idAt(position: Position, signal?: AbortSignal): Promise<EventId | undefined> {
    this.#options.assertOpen();
    return this.#reader.idAt(checkPosition(position), signal);
  }

  #write<Result>(operation: string, work: Work, signal: AbortSignal | undefined): Promise<UncommittedAppend<Result>> {
    const { session, writer } = this.#options;
    return session.inTurn(async () => {
      throwIfAborted(signal, operation);
      const outcome = await writer.writeIn(work, (statement) => session.run(operation, statement));
      if ('refusal' in outcome) throw outcome.refusal;
      return { ...(outcome.result as Result), isCommitted: false };
    });
  }
}
