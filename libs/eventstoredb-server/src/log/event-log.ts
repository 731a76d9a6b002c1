// The log behind the protocol: an events file with EventStoreDB's rules.
import type { DatabaseSync } from 'node:sqlite';
import {
  CommitSignal,
  eventsFile,
  openToRead,
  OpenedFile,
  openToWrite,
  readIncarnation,
  retryWhileBusy,
  translateEventsFileError,
  translateSqliteError,
  type StoreFile,
} from '@mainstem/embedded/events-file';
import { EventStoreClosed, type Incarnation, type Runtime, type SilentLoop } from '@mainstem/event-store';
import { RequestInvalid, WriteTooLarge } from '../errors.js';
import { isLinkStream } from '../semantics/link-streams.js';
import type { StreamState } from '../semantics/stream-state.js';
import { LinkIndex } from './link-index.js';
import { LinkReader } from './link-reader.js';
import { type LogEvent, type ProposedEvent } from '../semantics/log-event.js';
import { LogReader, type AllPage, type AllPageRequest, type StreamPage, type StreamPageRequest } from './log-reader.js';
import type { Append, AppendAllOutcome, Write, WriteOutcome } from './log-transaction.js';
import { LogWriter } from './log-writer.js';
import { CREATE_RAW_EVENTS } from './stored-form.js';

export interface EventLogOptions {
  /** The folder with `events.db`, the same file that the embedded event store uses. Created if it does not exist. */
  readonly dir: string;
  readonly runtime: Runtime;
  /** The largest write in bytes: data, metadata and twice the length of the type, over all its events. */
  readonly writeBytesMax: number;
  /** True: streams of links can be read, but not written. Default false. */
  readonly servesLinks?: boolean;
}

/**
 * Appends, deletes, and reads in pages, with EventStoreDB's semantics. Any number of processes may open the file,
 * servers and embedded stores: SQLite's write lock puts all writes into one order.
 */
export class EventLog {
  readonly incarnation: Incarnation;
  readonly #options: EventLogOptions;
  readonly #file: StoreFile;
  readonly #opened: OpenedFile;
  readonly #writing: DatabaseSync;
  readonly #reading: DatabaseSync;
  readonly #reader: LogReader;
  readonly #writer: LogWriter;
  readonly #signal: CommitSignal;
  readonly #links: LinkReader | undefined;
  #closing: Promise<void> | undefined;

  /** Errors: those of opening an embedded event store. */
  static async open(options: EventLogOptions): Promise<EventLog> {
    const file = eventsFile(options.dir);
    const { runtime } = options;
    const writing = await openToWrite(file, { runtime });
    let reading: DatabaseSync | undefined;
    let links: LinkIndex | undefined;
    try {
      await retryWhileBusy(() => writing.exec(CREATE_RAW_EVENTS), { file, runtime });
      reading = await openToRead(file, { runtime });
      if (options.servesLinks) links = await LinkIndex.open(options.dir, runtime);
      return new EventLog(options, file, { writing, reading, links });
    } catch (error) {
      links?.close();
      reading?.close();
      writing.close();
      throw translateSqliteError(error, file);
    }
  }

  private constructor(options: EventLogOptions, file: StoreFile, { writing, reading, links }: Opened) {
    const { runtime } = options;
    this.incarnation = readIncarnation(reading, file);
    this.#options = options;
    this.#file = file;
    this.#opened = new OpenedFile(file, writing);
    this.#writing = writing;
    this.#reading = reading;
    this.#reader = new LogReader(reading, () => runtime.now());
    this.#signal = new CommitSignal(reading, { file, opened: this.#opened, runtime });
    this.#writer = new LogWriter({ database: writing, file, opened: this.#opened, runtime, onCommit: () => this.#signal.check() });
    this.#links = links && new LinkReader(links, this, runtime);
  }

  /** All events or none, durably. Errors: EVENT_STORE_SERVER_WRITE_TOO_LARGE, EVENT_STORE_CLOSED, the medium's. */
  async append(append: Append): Promise<WriteOutcome> {
    this.#assertWritable(append.stream);
    const bytes = bytesOf(append.events);
    if (bytes > this.#options.writeBytesMax) throw new WriteTooLarge(this.#options.writeBytesMax);
    return this.#writer.write((transaction) => transaction.append(append), bytes);
  }

  /** As `append`, to several streams, all or nothing. */
  async appendAll(appends: readonly Append[]): Promise<AppendAllOutcome> {
    for (const { stream } of appends) this.#assertWritable(stream);
    const bytes = appends.reduce((sum, { events }) => sum + bytesOf(events), 0);
    if (bytes > this.#options.writeBytesMax) throw new WriteTooLarge(this.#options.writeBytesMax);
    return this.#writer.write((transaction) => transaction.appendAll(appends), bytes);
  }

  /** Hides all events so far. The next append brings the stream back and continues its revisions. */
  async softDelete(write: Write): Promise<WriteOutcome> {
    this.#assertWritable(write.stream);
    return this.#writer.write((transaction) => transaction.softDelete(write), 0);
  }

  /** Ends the stream for ever. */
  async tombstone(write: Write): Promise<WriteOutcome> {
    this.#assertWritable(write.stream);
    return this.#writer.write((transaction) => transaction.tombstone(write), 0);
  }

  /** Set while writes wait and no commit succeeds. */
  get silence(): SilentLoop | undefined {
    return this.#writer.silence;
  }

  head(): Promise<number> {
    return this.#read(() => {
      this.#opened.assertSame();
      return this.#reader.head();
    });
  }

  streamPage(request: StreamPageRequest): Promise<StreamPage> {
    if (this.#links && this.isLinkStream(request.stream)) return this.#links.page(request);
    return this.#read(() => this.#reader.streamPage(request));
  }

  /** True for a stream of links that the server keeps. Its events are not in the log. */
  isLinkStream(stream: string): boolean {
    return this.#links !== undefined && isLinkStream(stream);
  }

  stateOf(stream: string): Promise<StreamState> {
    return this.#read(() => this.#reader.stateOf(stream));
  }

  /** The events at these positions, in this order. Data and metadata are read for links only. */
  placesAt(positions: readonly number[]): Promise<readonly LogEvent[]> {
    return this.#read(() => this.#reader.placesAt(positions));
  }

  allPage(request: AllPageRequest): Promise<AllPage> {
    return this.#read(() => this.#reader.allPage(request));
  }

  resolve(link: LogEvent): Promise<LogEvent | undefined> {
    return this.#read(() => this.#reader.resolve(link));
  }

  /** A number that changes with every commit. Take it before reading; then `changed` misses no commit. */
  observe(): Promise<number> {
    return this.#read(() => this.#signal.observe());
  }

  /** Resolves when there is a commit after `seen`, or when the signal fires. Errors: EVENT_STORE_CLOSED. */
  changed(seen: number, signal: AbortSignal): Promise<void> {
    return this.#signal.changed(seen, signal);
  }

  /** Commits the queue, then ends all waits. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#writer.close();
    this.#signal.close();
    await this.#links?.close();
    this.#reading.close();
    this.#writing.close();
  }

  #assertWritable(stream: string): void {
    if (this.isLinkStream(stream)) throw new RequestInvalid(`Stream ${stream} is kept by the server and cannot be written. Write to another one.`);
  }

  async #read<Result>(read: () => Result): Promise<Result> {
    if (this.#closing) throw new EventStoreClosed();
    try {
      return await retryWhileBusy(
        () => {
          if (this.#closing) throw new EventStoreClosed();
          return read();
        },
        { file: this.#file, runtime: this.#options.runtime },
      );
    } catch (error) {
      throw translateEventsFileError(error, this.#file);
    }
  }
}

interface Opened {
  readonly writing: DatabaseSync;
  readonly reading: DatabaseSync;
  readonly links: LinkIndex | undefined;
}

const bytesOf = (events: readonly ProposedEvent[]): number => {
  let bytes = 0;
  for (const { data, metadata, type } of events) bytes += data.length + metadata.length + 2 * type.length;
  return bytes;
};
