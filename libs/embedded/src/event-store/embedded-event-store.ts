// The event store that needs no server: one SQLite file in a folder that any number of processes may open.
import type { DatabaseSync } from 'node:sqlite';
import {
  encodeAppend,
  codedText,
  EventStoreClosed,
  InvalidInput,
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
  encodeAppendAll,
  checkAllRead,
  checkStreamRead,
  checkSubscription,
  type AppendCopiesOptions,
  type AppendLimits,
  type CopyTarget,
  type EventCopy,
} from '@mainstem/event-store/adapter';
import { FileReadOnly, type StoreFile } from '../errors.js';
import { translateSqliteError } from '../sqlite/sqlite-error.js';
import { EventReading } from './event-reading.js';
import { eventsFile, openToRead, openToWrite, readIncarnation } from './events-file.js';
import { GroupCommit } from './group-commit.js';
import { OpenedFile } from './opened-file.js';

export interface EmbeddedEventStoreOptions {
  /** The folder that holds `events.db`; created when it does not exist. Not on a network file system. */
  readonly dir: string;
  readonly runtime?: Runtime;
  readonly limits?: Partial<AppendLimits>;
  /** For a store that exists: nothing is written, appends are refused. Default false. */
  readonly isReadOnly?: boolean;
  /** How long to wait for other processes' commits. Default 5,000. */
  readonly busyTimeoutMs?: number;
}

interface Connections {
  readonly file: StoreFile;
  readonly opened: OpenedFile;
  readonly runtime: Runtime;
  readonly limits: StoreLimits;
  readonly busyTimeoutMs: number | undefined;
  readonly writing: DatabaseSync | undefined;
  readonly reading: DatabaseSync;
}

/**
 * An acknowledged append survives a power cut (`synchronous=FULL`). Appends that arrive together share one commit.
 * SQLite's write lock puts the appends of all processes into one order. So positions are dense, and no event appears
 * below a position that was already read.
 * Errors besides the port's: EVENT_STORE_DISK_FULL (the store goes on when there is room), EVENT_STORE_READ_ONLY,
 * EVENT_STORE_BUSY, EVENT_STORE_OVERLOADED, EVENT_STORE_CORRUPT. After EVENT_STORE_IO_FAILED or
 * EVENT_STORE_FILE_REPLACED the store takes no appends until it is opened again.
 */
export class EmbeddedEventStore implements CopyTarget {
  readonly incarnation: Incarnation;
  readonly hasDensePositions = true;
  readonly hasAppendAll = true;
  readonly limits: StoreLimits;
  readonly #connections: Connections;
  readonly #reader: EventReading;
  readonly #writer: GroupCommit | undefined;
  #closing: Promise<void> | undefined;

  /**
   * Opens the store in a folder, and creates the store if there is none. An error leaves the file as it was.
   * Errors: EVENT_STORE_INVALID_INPUT, EVENT_STORE_FOREIGN_FILE, EVENT_STORE_NEWER_FORMAT, EVENT_STORE_CORRUPT,
   * EVENT_STORE_READ_ONLY, EVENT_STORE_DISK_FULL, EVENT_STORE_BUSY, EVENT_STORE_CANNOT_OPEN, EVENT_STORE_IO_FAILED,
   * EVENT_STORE_SQLITE_TOO_OLD.
   */
  static async open(options: EmbeddedEventStoreOptions): Promise<EmbeddedEventStore> {
    if (typeof options?.dir !== 'string' || options.dir === '') throw new InvalidInput('dir', 'must be the path of a folder');
    const { runtime = systemRuntime, isReadOnly = false, busyTimeoutMs } = options;
    if (busyTimeoutMs !== undefined && !(busyTimeoutMs >= 0)) throw new InvalidInput('busyTimeoutMs', 'must be a number from 0');
    const limits = appendLimits(options.limits);
    const file = eventsFile(options.dir);
    const settings = { runtime, ...(busyTimeoutMs !== undefined && { busyTimeoutMs }) };
    const writing = isReadOnly ? undefined : await openToWrite(file, settings);
    let reading: DatabaseSync | undefined;
    try {
      reading = await openToRead(file, settings);
      return new EmbeddedEventStore({ file, opened: new OpenedFile(file, writing), runtime, limits, busyTimeoutMs, writing, reading });
    } catch (error) {
      reading?.close();
      writing?.close();
      throw translateSqliteError(error, file);
    }
  }

  private constructor(connections: Connections) {
    const { file, opened, runtime, busyTimeoutMs, writing, reading } = connections;
    this.#connections = connections;
    this.limits = connections.limits;
    this.incarnation = readIncarnation(reading, file);
    this.#reader = new EventReading({ database: reading, file, opened, runtime, busyTimeoutMs });
    const onCommit = (): void => this.#reader.onCommit();
    this.#writer = writing && new GroupCommit({ database: writing, file, opened, runtime, busyTimeoutMs, onCommit });
  }

  /** One promise for all of it: this runs for every command. */
  append(stream: StreamName, events: readonly NewEvent[], options: AppendOptions): Promise<AppendResult> {
    try {
      this.#assertOpen();
      throwIfAborted(options?.signal, 'append');
      const append = encodeAppend(stream, events, options?.expectedRevision, this.limits);
      if (!this.#writer) throw new FileReadOnly(this.#connections.file);
      return this.#writer.append(append, options.signal);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  async appendAll(appends: readonly StreamAppend[], options: AppendAllOptions = {}): Promise<AppendAllResult> {
    this.#assertOpen();
    throwIfAborted(options.signal, 'appendAll');
    const all = encodeAppendAll(appends, this.limits);
    if (!this.#writer) throw new FileReadOnly(this.#connections.file);
    return this.#writer.appendAll(all, options.signal);
  }

  async appendCopies(copies: readonly EventCopy[], { after }: AppendCopiesOptions): Promise<EventMark> {
    this.#assertOpen();
    if (!this.#writer) throw new FileReadOnly(this.#connections.file);
    return this.#writer.appendCopies(copies, after);
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
    yield* this.#reader.subscribe(checkSubscription(options));
  }

  async head(signal?: AbortSignal): Promise<Position | undefined> {
    this.#assertOpen();
    return this.#reader.head(signal);
  }

  async idAt(position: Position, signal?: AbortSignal): Promise<EventId | undefined> {
    this.#assertOpen();
    return this.#reader.idAt(checkPosition(position), signal);
  }

  /** Asks the connection that writes, which a read-only store lacks. Appends and reads check the file themselves. */
  changesByOthers(): number | undefined {
    return this.#closing ? undefined : this.#writer?.changesByOthers();
  }

  troubles(): readonly string[] {
    const { failure = this.#replacement(), silence } = this.#writer ?? {};
    const told = failure === undefined ? [] : [`it takes no appends until it is opened again: ${codedText(failure)}`];
    return silence ? [...told, silenceOf(silence)] : told;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#writer?.close();
    this.#reader.close();
    this.#connections.reading.close();
    // Last, so that it can move the write-ahead log into the file and remove it.
    this.#connections.writing?.close();
  }

  /** Looked for when asked, so that a store at rest tells as well. */
  #replacement(): unknown {
    try {
      if (!this.#closing) this.#connections.opened.assertSame();
      return undefined;
    } catch (error) {
      return error;
    }
  }

  #assertOpen(): void {
    if (this.#closing) throw new EventStoreClosed();
  }
}
