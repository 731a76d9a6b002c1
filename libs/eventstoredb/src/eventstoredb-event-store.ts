// The event store port on EventStoreDB and KurrentDB, through their Node client.
import {
  encodeAppend,
  AppendAllUnsupported,
  EventStoreClosed,
  Lanes,
  position as checkPosition,
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
  checkAllRead,
  checkStreamRead,
  checkSubscription,
  encodeAppendAll,
  type AppendCopiesOptions,
  type AppendLimits,
  type CopyTarget,
  type EventCopy,
} from '@mainstem/event-store/adapter';
import { ClientHolder } from './client-holder.js';
import { ClearStretches } from './clear-stretches.js';
import { connect, type Connected } from './connect.js';
import { CopyAppender } from './copy-appender.js';
import { ConnectionHealth, type ConnectionStatus } from './connection-health.js';
import { connectionOf, type ConnectionSettings } from './connection-settings.js';
import { EventsAppender } from './events-appender.js';
import { EventsReader } from './events-reader.js';
import { LocalAppends } from './local-appends.js';
import { ServerLimits } from './server-limits.js';
import type { StoreContext, Timeouts } from './store-context.js';
import { SubscriptionConnections } from './subscription-connections.js';
import { supervisedSubscription } from './supervised-subscription.js';
import { redactor, translateError } from './translate-error.js';

export interface EventStoreDbOptions extends ConnectionSettings {
  readonly runtime?: Runtime;
  /**
   * The limits that the server was set to. Default 1,048,576 bytes for an append (the default of servers before 25.1),
   * and the same for one event; at most 16,767,216. If the server reports a lower limit, the store uses that one until
   * it is opened again.
   */
  readonly limits?: Partial<AppendLimits>;
  /** The longest wait for the first connection. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** The longest wait for an answer, until the connection is given up. Default 5,000. */
  readonly answerTimeoutMs?: number;
  /**
   * How long an append or a read is repeated while the store cannot be reached. Default 30,000, but 3,000 while every
   * address refuses connections: then no server is there, and an early error helps more.
   */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 30_000;
const PATIENCE_REFUSED_MS = 3_000;
/** A connection may break at any time; health reports only one that stays away. */
const RESTORING_MS_MAX = 2_000;

/**
 * Each append takes effect once, whatever happens to the connection; reads and subscriptions go on where they were.
 * Events whose type or stream begins with `$` are the store's own and are never returned. Positions are opaque and have
 * gaps. Besides the port's errors: EVENT_STORE_UNAVAILABLE, EVENT_STORE_ACCESS_DENIED, EVENT_STORE_STREAM_DELETED,
 * EVENT_STORE_OVERLOADED, EVENT_STORE_FAILED.
 */
export class EventStoreDbEventStore implements CopyTarget {
  readonly incarnation: Incarnation;
  readonly hasDensePositions = false;
  readonly hasAppendAll: boolean;
  readonly #context: StoreContext;
  readonly #connections: SubscriptionConnections;
  readonly #limits: ServerLimits;
  readonly #reader: EventsReader;
  readonly #appender: EventsAppender;
  readonly #copyAppender: CopyAppender;
  /** Appends to one stream, one at a time, in the order of the calls. */
  readonly #lanes = new Lanes();
  readonly #appends = new LocalAppends();
  readonly #stretches = new ClearStretches();
  readonly #health: ConnectionHealth;
  #closing: Promise<void> | undefined;

  /**
   * Connects, and reads the incarnation of the store; writes one into a new store. Errors:
   * EVENT_STORE_CONNECTION_SETTINGS_INVALID, EVENT_STORE_CLIENT_UNUSABLE, EVENT_STORE_INVALID_INPUT,
   * EVENT_STORE_ACCESS_DENIED, and EVENT_STORE_UNAVAILABLE after `connectTimeoutMs`.
   */
  static async open(options: EventStoreDbOptions): Promise<EventStoreDbEventStore> {
    const { runtime = systemRuntime, connectTimeoutMs = 10_000, answerTimeoutMs = 5_000, patienceMs } = options;
    const { uri, hosts, password, client } = connectionOf(options);
    const operation = `open ${hosts}`;
    const limits = new ServerLimits(options.limits);
    const patience = { allMs: patienceMs ?? PATIENCE_MS, refusedMs: patienceMs ?? PATIENCE_REFUSED_MS };
    const timeouts: Timeouts = { answerMs: answerTimeoutMs, patience };
    const context: StoreContext = { runtime, timeouts, holder: new ClientHolder(uri, runtime, client), redact: redactor(password) };
    try {
      const connected = await connect(context, { operation, timeoutMs: connectTimeoutMs });
      const connections = new SubscriptionConnections(context.holder, () => new ClientHolder(uri, runtime, client));
      return new EventStoreDbEventStore(context, connections, limits, connected);
    } catch (error) {
      await context.holder.close();
      throw translateError(error, { name: operation }, context.redact);
    }
  }

  private constructor(context: StoreContext, connections: SubscriptionConnections, limits: ServerLimits, connected: Connected) {
    this.incarnation = connected.incarnation;
    this.hasAppendAll = connected.hasAppendAll;
    this.#context = context;
    this.#connections = connections;
    this.#limits = limits;
    this.#reader = new EventsReader(context);
    this.#appender = new EventsAppender(context, this.#reader, limits);
    this.#copyAppender = new CopyAppender({ reader: this.#reader, appender: this.#appender, limits, isTogether: connected.hasAppendAll });
    this.#health = new ConnectionHealth(context.runtime);
  }

  get limits(): StoreLimits {
    return this.#limits.current;
  }

  async append(stream: StreamName, events: readonly NewEvent[], options: AppendOptions): Promise<AppendResult> {
    this.#assertOpen();
    throwIfAborted(options?.signal, 'append');
    const append = encodeAppend(stream, events, options?.expectedRevision, this.#limits.current);
    const result = await this.#lanes.run(append.stream, () => this.#appender.append(append, options.signal), 'append', options.signal);
    this.#appends.appended(result.position);
    return result;
  }

  /** Only our own server offers it. */
  async appendAll(appends: readonly StreamAppend[], options: AppendAllOptions = {}): Promise<AppendAllResult> {
    this.#assertOpen();
    throwIfAborted(options.signal, 'appendAll');
    const all = encodeAppendAll(appends, this.#limits.current);
    if (!this.hasAppendAll) throw new AppendAllUnsupported('The server');
    const streams = all.appends.map(({ stream }) => stream);
    const append = (): Promise<AppendAllResult> => this.#appender.appendAll(all, options.signal);
    const result = await this.#lanes.runInAll(streams, append, 'appendAll', options.signal);
    this.#appends.appended(result.position);
    return result;
  }

  /** Without `hasAppendAll`, one append after the other. */
  async appendCopies(copies: readonly EventCopy[], { after }: AppendCopiesOptions): Promise<EventMark> {
    this.#assertOpen();
    const last = await this.#copyAppender.append(copies, after);
    this.#appends.appended(last.position);
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
    const subscription = checkSubscription(options);
    const { holder, release } = this.#connections.lease();
    try {
      const parts = { reader: this.#reader, health: this.#health, appends: this.#appends, stretches: this.#stretches };
      yield* supervisedSubscription(subscription, { ...this.#context, holder, ...parts });
    } finally {
      release();
    }
  }

  async head(signal?: AbortSignal): Promise<Position | undefined> {
    this.#assertOpen();
    return this.#reader.head(signal);
  }

  async idAt(position: Position, signal?: AbortSignal): Promise<EventId | undefined> {
    this.#assertOpen();
    return this.#reader.idAt(checkPosition(position), signal);
  }

  troubles(): readonly string[] {
    const { restoring, silent } = this.#health.status();
    const lasting = restoring.filter(({ sinceMs }) => sinceMs >= RESTORING_MS_MAX);
    return [...new Set(lasting.map(({ reason }) => `a subscription is being restored: ${reason}`)), ...silent];
  }

  /** For a health check: red while a subscription is being restored. */
  status(): ConnectionStatus {
    return this.#health.status();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#lanes.idle();
    await Promise.all([this.#connections.close(), this.#context.holder.close()]);
  }

  #assertOpen(): void {
    if (this.#closing) throw new EventStoreClosed();
  }
}
