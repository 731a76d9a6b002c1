// Group commit: appends that arrive together share one transaction and one flush to the disk.
import type { DatabaseSync } from 'node:sqlite';
import {
  EventStoreClosed,
  Heartbeat,
  isMainstemError,
  OperationAborted,
  throwIfAborted,
  type AppendAllResult,
  type AppendResult,
  type Runtime,
  type SilentLoop,
} from '@mainstem/event-store';
import type { EncodedAppend, EncodedAppendAll } from '@mainstem/event-store/adapter';
import { EventStoreOverloaded, type StoreFile } from '../errors.js';
import { retryWhileBusy } from '../sqlite/busy-retry.js';
import { translateSqliteError } from '../sqlite/sqlite-error.js';
import { AppendTransaction } from './append-transaction.js';
import type { OpenedFile } from './opened-file.js';
import { turn } from './turn.js';

/** The limit of one transaction, so that other processes wait briefly for the lock; a larger append still goes. */
const BATCH_EVENTS_MAX = 10_000;
const BATCH_SIZE_MAX = 16 * 1_048_576;
/** The limit of waiting appends, in number and in UTF-16 units. */
const PENDING_APPENDS_MAX = 65_536;
const PENDING_SIZE_MAX = 256 * 1_048_576;

export interface GroupCommitOptions {
  readonly database: DatabaseSync;
  readonly file: StoreFile;
  readonly opened: OpenedFile;
  readonly runtime: Runtime;
  readonly busyTimeoutMs?: number | undefined;
  /** The most appends that may wait for their commit. Default 65,536. */
  readonly pendingAppendsMax?: number;
  /** Called after each commit. */
  readonly onCommit: () => void;
}

interface Pending {
  readonly events: number;
  readonly size: number;
  /** Writes it, inside the transaction. What it gives back tells the caller, after the commit. */
  readonly write: (transaction: AppendTransaction) => Settle;
  readonly reject: (error: unknown) => void;
  /** To be called before the caller is told; only a call with a signal has it. */
  settled: (() => void) | undefined;
}

type Settle = () => void;

/** What one call waits for: how much it is, and what it does in the transaction. */
interface Work<Result> {
  readonly operation: string;
  readonly events: number;
  readonly size: number;
  readonly write: (transaction: AppendTransaction) => Result;
}

/** With these a call fails alone: it has changed nothing. */
const REFUSALS = ['EVENT_STORE_WRONG_EXPECTED_REVISION', 'EVENT_STORE_APPEND_PARTLY_KNOWN'] as const;

/** The writer of one process. Appends take effect in the order of the calls. A refused one fails alone. */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  readonly #transaction: AppendTransaction;
  readonly #queue = new Set<Pending>();
  readonly #heartbeat: Heartbeat;
  #queueSize = 0;
  #running: Promise<void> | undefined;
  #isClosed = false;
  /** After a device failure nothing is certain any more: reopening reads what is really there. */
  #failure: unknown;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
    this.#transaction = new AppendTransaction(options.database, options.opened);
    this.#heartbeat = new Heartbeat('the group commit', options.runtime);
  }

  /** Resolves after the commit. The signal removes it from the queue; a commit that has begun goes on. */
  append(append: EncodedAppend, signal?: AbortSignal): Promise<AppendResult> {
    const { events } = append;
    return this.#accept({ operation: 'append', events: events.length, size: sizeOf(append), write: (into) => into.append(append) }, signal);
  }

  /** As `append`; all of it is in one commit. */
  appendAll(all: EncodedAppendAll, signal?: AbortSignal): Promise<AppendAllResult> {
    const size = all.appends.reduce((sum, append) => sum + sizeOf(append), 0);
    return this.#accept({ operation: 'appendAll', events: all.eventCount, size, write: (into) => into.appendAll(all) }, signal);
  }

  /** A count of commits by other connections; undefined while it is unknown. */
  changesByOthers(): number | undefined {
    return this.#failure === undefined ? this.#transaction.changesByOthers() : undefined;
  }

  /** Set while appends wait and no commit succeeds. */
  get silence(): SilentLoop | undefined {
    return this.#heartbeat.silence();
  }

  /** Why it accepts no appends any more, until the store is opened again. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Commits the queue; refuses later appends. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  /** What is thrown inside rejects it. There is one promise for all of it, because this runs for every command. */
  #accept<Result>({ operation, events, size, write }: Work<Result>, signal: AbortSignal | undefined): Promise<Result> {
    return new Promise((resolve, reject) => {
      throwIfAborted(signal, operation);
      this.#assertRoom();
      const written = (transaction: AppendTransaction): Settle => {
        const result = write(transaction);
        return () => resolve(result);
      };
      const pending: Pending = { events, size, write: written, reject, settled: undefined };
      if (signal) this.#listen(pending, signal, operation);
      this.#queue.add(pending);
      this.#queueSize += size;
      this.#running ??= this.#run();
    });
  }

  #listen(pending: Pending, signal: AbortSignal, operation: string): void {
    const onAbort = (): void => {
      if (this.#remove(pending)) pending.reject(new OperationAborted(operation, signal.reason));
    };
    // A signal may outlive millions of appends, so every listener is removed.
    pending.settled = () => signal.removeEventListener('abort', onAbort);
    signal.addEventListener('abort', onAbort, { once: true });
  }

  #assertRoom(): void {
    if (this.#isClosed) throw new EventStoreClosed();
    if (this.#failure !== undefined) throw this.#failure;
    const { pendingAppendsMax = PENDING_APPENDS_MAX } = this.#options;
    if (this.#queue.size >= pendingAppendsMax) throw new EventStoreOverloaded(`${pendingAppendsMax} calls`);
    if (this.#queueSize >= PENDING_SIZE_MAX) throw new EventStoreOverloaded(`${PENDING_SIZE_MAX} characters`);
  }

  async #run(): Promise<void> {
    while (this.#queue.size > 0) {
      this.#heartbeat.busy('one commit');
      // All calls of this turn of the event loop, or of the time of the last commit, join the batch.
      await turn();
      if (this.#failure === undefined) await this.#commitBatch();
      else this.#fail(this.#takeAll(), this.#failure);
    }
    this.#heartbeat.idle();
    this.#running = undefined;
  }

  async #commitBatch(): Promise<void> {
    const { database, file, opened } = this.#options;
    try {
      opened.assertSame();
      await retryWhileBusy(() => database.exec('BEGIN IMMEDIATE'), this.#options);
    } catch (error) {
      this.#fail(this.#takeAll(), translateSqliteError(error, file));
      return;
    }
    const batch = this.#take();
    try {
      const outcomes = this.#write(batch);
      database.exec('COMMIT');
      // Nothing may be acknowledged that went to a file which the next start will not find.
      opened.assertSame();
      settle(batch, outcomes);
    } catch (error) {
      this.#rollBack();
      // Refusals, too: they may depend on what an earlier append of this batch had written.
      this.#fail(batch, translateSqliteError(error, file));
      return;
    }
    this.#options.onCommit();
  }

  #write(batch: readonly Pending[]): readonly Settle[] {
    this.#transaction.begin(this.#options.runtime.now());
    return batch.map((pending) => this.#outcomeOf(pending));
  }

  #outcomeOf({ write, reject }: Pending): Settle {
    try {
      return write(this.#transaction);
    } catch (error) {
      if (!isMainstemError(error, ...REFUSALS)) throw error;
      return () => reject(error);
    }
  }

  #rollBack(): void {
    this.#transaction.forget();
    try {
      // After some errors SQLite has already rolled back.
      if (this.#options.database.isTransaction) this.#options.database.exec('ROLLBACK');
    } catch (error) {
      this.#failure = translateSqliteError(error, this.#options.file);
    }
  }

  #fail(batch: readonly Pending[], error: unknown): void {
    if (isMainstemError(error, 'EVENT_STORE_IO_FAILED', 'EVENT_STORE_CORRUPT', 'EVENT_STORE_FILE_REPLACED')) this.#failure = error;
    for (const pending of batch) {
      pending.settled?.();
      pending.reject(error);
    }
  }

  #takeAll(): readonly Pending[] {
    const all = [...this.#queue];
    this.#queue.clear();
    this.#queueSize = 0;
    return all;
  }

  #take(): readonly Pending[] {
    const batch: Pending[] = [];
    let events = 0;
    let size = 0;
    for (const pending of this.#queue) {
      events += pending.events;
      size += pending.size;
      if (batch.length > 0 && (events > BATCH_EVENTS_MAX || size > BATCH_SIZE_MAX)) break;
      batch.push(pending);
      this.#remove(pending);
    }
    return batch;
  }

  #remove(pending: Pending): boolean {
    if (!this.#queue.delete(pending)) return false;
    this.#queueSize -= pending.size;
    return true;
  }
}

const settle = (batch: readonly Pending[], outcomes: readonly Settle[]): void => {
  for (const [index, pending] of batch.entries()) {
    pending.settled?.();
    outcomes[index]?.();
  }
};

const sizeOf = ({ events }: EncodedAppend): number => {
  let size = 0;
  for (const event of events) size += event.dataJson.length + event.metadataJson.length;
  return size;
};
