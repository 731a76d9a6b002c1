// The event store port on PostgreSQL.
import { createHash } from 'node:crypto';
import {
  codedText,
  encodeAppend,
  EventStoreClosed,
  position as checkPosition,
  silenceOf,
  systemRuntime,
  throwIfAborted,
  type AppendAllOptions,
  type AppendAllResult,
  type AppendOptions,
  type AppendResult,
  type EventId,
  type EventMark,
  type Incarnation,
  type NewEvent,
  type Position,
  type ReadAllOptions,
  type ReadStreamOptions,
  type RecordedEvent,
  type Runtime,
  type StoreLimits,
  type StreamAppend,
  type StreamName,
  type SubscribeOptions,
  type SubscriptionBatch,
} from '@mainstem/event-store';
import {
  appendLimits,
  checkAllRead,
  checkStreamRead,
  checkSubscription,
  encodeAppendAll,
  type AppendCopiesOptions,
  type AppendLimits,
  type CopyTarget,
  type EventCopy,
} from '@mainstem/event-store/adapter';
import { CopyWriter } from './append/copy-writer.js';
import { GroupCommit } from './append/group-commit.js';
import { LogWriter } from './append/log-writer.js';
import { PostgresSettingsInvalid } from './errors.js';
import { EventReading } from './read/event-reading.js';
import { LogSignal } from './read/log-signal.js';
import { lockHolders } from './server/lock-holders.js';
import { serverFigures } from './server/log-figures.js';
import { openLog } from './server/open-log.js';
import { persist } from './server/persist.js';
import { Sessions } from './server/sessions.js';
import { postgresTargetOf, type PostgresLocation } from './server/target.js';
import { CallerSession, type CallerTransaction } from './transaction/caller-transaction.js';
import { TransactionStore, type TransactionEventStore, type UncommittedAppend } from './transaction/transaction-store.js';

export interface PostgresEventStoreOptions extends PostgresLocation {
  readonly runtime?: Runtime;
  readonly limits?: Partial<AppendLimits>;
  /** Refuse a schema without an event store (EVENT_STORE_CANNOT_OPEN) instead of making one. Default false. */
  readonly mustExist?: boolean;
  /** How long a call is repeated while the server cannot be reached. Default 10,000. Subscriptions wait for ever. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 10_000;
/** A server may restart at any time; health reports only one that stays away. */
const RESTORING_MS_MAX = 2_000;

/**
 * An acknowledged append is as durable as a commit of the server. The row of a counter puts the appends of all
 * processes into one order; an append holds it only inside one call. So positions are dense, and no event appears below
 * a position that was already read. No open transaction of others hides any. Appends that wait at the same time share
 * one commit.
 * Errors besides the port's: EVENT_STORE_BUSY, EVENT_STORE_UNAVAILABLE, EVENT_STORE_ACCESS_DENIED,
 * EVENT_STORE_READ_ONLY, EVENT_STORE_DISK_FULL, EVENT_STORE_OVERLOADED, EVENT_STORE_CORRUPT, EVENT_STORE_LOG_REPLACED,
 * EVENT_STORE_RESTORED, EVENT_STORE_FAILED.
 */
export class PostgresEventStore implements CopyTarget {
  readonly incarnation: Incarnation;
  readonly hasDensePositions = true;
  readonly hasAppendAll = true;
  readonly limits: StoreLimits;
  readonly #sessions: Sessions;
  readonly #signal: LogSignal;
  readonly #reader: EventReading;
  readonly #log: LogWriter;
  readonly #writer: GroupCommit;
  readonly #copyWriter: CopyWriter;
  #closing: Promise<void> | undefined;

  /**
   * Connects, and makes the log in its schema if there is none. Errors: EVENT_STORE_CONNECTION_SETTINGS_INVALID,
   * EVENT_STORE_INVALID_INPUT, EVENT_STORE_CLIENT_UNUSABLE, EVENT_STORE_UNSUPPORTED_SERVER, EVENT_STORE_ACCESS_DENIED,
   * EVENT_STORE_READ_ONLY, EVENT_STORE_CANNOT_OPEN, EVENT_STORE_NEWER_FORMAT, and EVENT_STORE_UNAVAILABLE after
   * `patienceMs`.
   */
  static async open(options: PostgresEventStoreOptions): Promise<PostgresEventStore> {
    const { runtime = systemRuntime, mustExist = false, patienceMs = PATIENCE_MS } = options;
    const target = postgresTargetOf(options);
    if (!(patienceMs >= 0)) throw new PostgresSettingsInvalid('patienceMs must be a number from 0');
    const limits = appendLimits(options.limits);
    const sessions = await Sessions.prepare({ target, runtime, patienceMs });
    try {
      const incarnation = await persist({ runtime, patienceMs }, () => openLog(sessions, !mustExist));
      return new PostgresEventStore(sessions, limits, incarnation);
    } catch (error) {
      await sessions.close();
      throw sessions.translated(error, `open ${target.address}`);
    }
  }

  private constructor(sessions: Sessions, limits: StoreLimits, incarnation: Incarnation) {
    const { runtime, patienceMs, target } = sessions.options;
    const channel = target.notify ? channelOf(incarnation) : undefined;
    this.incarnation = incarnation;
    this.limits = limits;
    this.#sessions = sessions;
    this.#signal = new LogSignal({ sessions, runtime, channel });
    this.#reader = new EventReading(sessions);
    this.#log = new LogWriter({ sessions, incarnation, channel });
    this.#copyWriter = new CopyWriter({ sessions, incarnation, channel });
    const deadlineMs = patienceMs + 2 * target.lockTimeoutMs;
    this.#writer = new GroupCommit({ writer: this.#log, runtime, deadlineMs, onCommit: ({ position }) => this.#signal.tell(position) });
  }

  async append(stream: StreamName, events: readonly NewEvent[], options: AppendOptions): Promise<AppendResult> {
    this.#assertOpen();
    throwIfAborted(options?.signal, 'append');
    const append = encodeAppend(stream, events, options?.expectedRevision, this.limits);
    return this.#writer.accept({ kind: 'append', append }, options.signal);
  }

  async appendAll(appends: readonly StreamAppend[], options: AppendAllOptions = {}): Promise<AppendAllResult> {
    this.#assertOpen();
    throwIfAborted(options.signal, 'appendAll');
    return this.#writer.accept({ kind: 'all', all: encodeAppendAll(appends, this.limits) }, options.signal);
  }

  /**
   * The event store in a transaction that the caller has begun and will end: the caller's rows and the events are
   * committed together, or not at all. Every statement runs on the given connection. Reads see what the transaction
   * sees, its own events among them.
   *
   * An append locks the log until the end of the transaction, and all other appends wait: append last. It checks
   * expected revisions, conditions and ids as ever; a refusal leaves the transaction as it was. Under REPEATABLE READ
   * and SERIALIZABLE it is refused for what the snapshot shows, and fails if others have appended since. Readers are
   * woken by the commit alone. Calls on one transaction run one after the other. A call that the caller does not await
   * may find that the transaction has ended: then it writes nothing and rejects.
   *
   * Errors besides those of the store: EVENT_STORE_TRANSACTION_UNUSABLE for no open transaction on this database, or
   * one that has ended or failed. EVENT_STORE_TRANSACTION_CONFLICT after a serialization failure or a deadlock: do all
   * of it again. After these, and after EVENT_STORE_BUSY, the transaction can only be rolled back.
   */
  within(transaction: CallerTransaction): TransactionEventStore {
    this.#assertOpen();
    const sessions = this.#sessions;
    const { schema, lockTimeoutMs } = sessions.options.target;
    const { incarnation, limits } = this;
    const session = new CallerSession(transaction, { schema, incarnation, lockTimeoutMs, lockHolders: () => lockHolders(sessions) });
    return new TransactionStore({ session, writer: this.#log, schema, limits, incarnation, assertOpen: () => this.#assertOpen() });
  }

  /** One append as `within(transaction)` makes it. */
  async appendIn(
    transaction: CallerTransaction,
    stream: StreamName,
    events: readonly NewEvent[],
    options: AppendOptions,
  ): Promise<UncommittedAppend<AppendResult>> {
    return this.within(transaction).append(stream, events, options);
  }

  async appendCopies(copies: readonly EventCopy[], { after }: AppendCopiesOptions): Promise<EventMark> {
    this.#assertOpen();
    const last = await this.#copyWriter.write({ copies, after });
    this.#signal.tell(last.position);
    return last;
  }

  async *readStream(stream: StreamName, options: ReadStreamOptions = {}): AsyncGenerator<readonly RecordedEvent[]> {
    this.#assertOpen();
    yield* this.#reader.ofStream(checkStreamRead(stream, options), options.signal);
  }

  async *readAll(options: ReadAllOptions = {}): AsyncGenerator<readonly RecordedEvent[]> {
    this.#assertOpen();
    yield* this.#reader.ofAll(checkAllRead(options), options.signal);
  }

  async *subscribe(options: SubscribeOptions): AsyncGenerator<SubscriptionBatch> {
    this.#assertOpen();
    yield* this.#reader.subscribe(checkSubscription(options), this.#signal);
  }

  async head(signal?: AbortSignal): Promise<Position | undefined> {
    this.#assertOpen();
    return this.#reader.head(signal);
  }

  /** The server's clock, in milliseconds since 1970. Errors: EVENT_STORE_UNAVAILABLE. */
  async serverTimeMs(): Promise<number> {
    this.#assertOpen();
    try {
      const [row] = await this.#sessions.readOnce({ text: 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint', values: [] });
      return Number(row?.[0]);
    } catch (error) {
      throw this.#sessions.translated(error, 'serverTimeMs');
    }
  }

  async idAt(position: Position, signal?: AbortSignal): Promise<EventId | undefined> {
    this.#assertOpen();
    return this.#reader.idAt(checkPosition(position), signal);
  }

  changesByOthers(): number | undefined {
    return this.#closing ? undefined : this.#writer.changesByOthers();
  }

  troubles(): readonly string[] {
    const { silence } = this.#writer;
    const away = this.#sessions.away();
    const told = away && away.forMs >= RESTORING_MS_MAX ? [`the log in PostgreSQL cannot be read: ${away.reason}`] : [];
    const { busy } = this.#log;
    return [...told, ...(busy ? [codedText(busy)] : []), ...(silence ? [silenceOf(silence)] : [])];
  }

  /**
   * - `waiting-appends`: calls of this process that no commit has taken.
   * - `waiting-sessions`: sessions of all processes that wait for the log.
   * - `lock-holder-seconds`: age of the oldest transaction that holds the log, if the role may see it.
   * - `notify-queue-ratio`: the share of the server's queue of notifications in use.
   * - `notifies`, `hears-notifications`: 1 or 0.
   */
  async figures(signal?: AbortSignal): Promise<Readonly<Record<string, number>>> {
    this.#assertOpen();
    const [figures, holders] = await Promise.all([serverFigures(this.#sessions, signal), lockHolders(this.#sessions)]);
    const ages = holders.flatMap(({ seconds }) => seconds ?? []);
    return {
      'waiting-appends': this.#writer.waiting,
      ...figures,
      ...(ages.length > 0 && { 'lock-holder-seconds': Math.max(...ages) }),
      notifies: Number(this.#log.notifies),
      'hears-notifications': Number(this.#signal.isHeard),
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#writer.close();
    // Together: a look that a silent server does not answer ends with its connection.
    await Promise.all([this.#signal.close(), this.#sessions.close()]);
  }

  #assertOpen(): void {
    if (this.#closing) throw new EventStoreClosed();
  }
}

/** A name of fixed length, whatever the schema: channels belong to the whole database. */
const channelOf = (incarnation: Incarnation): string => `mainstem_${createHash('sha256').update(incarnation).digest('hex').slice(0, 32)}`;
