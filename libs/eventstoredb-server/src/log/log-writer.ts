// Group commit: writes that arrive together share one transaction and one flush to the disk.
import type { DatabaseSync } from 'node:sqlite';
import { retryWhileBusy, translateEventsFileError, turn, type OpenedFile, type StoreFile } from '@mainstem/embedded/events-file';
import { EventStoreClosed, Heartbeat, type Runtime, type SilentLoop } from '@mainstem/event-store';
import { ServerOverloaded } from '../errors.js';
import { LogTransaction } from './log-transaction.js';

/** The largest number of writes in one transaction, so that other processes do not wait long for the lock. */
const BATCH_WRITES_MAX = 1_000;
/** The limits of what may wait in memory. */
const PENDING_WRITES_MAX = 65_536;
const PENDING_BYTES_MAX = 256 * 1_048_576;

export interface LogWriterOptions {
  readonly database: DatabaseSync;
  readonly file: StoreFile;
  readonly opened: OpenedFile;
  readonly runtime: Runtime;
  /** Called after each commit, before the writes resolve. */
  readonly onCommit: () => void;
}

export type WriteWork<Outcome> = (transaction: LogTransaction) => Outcome;

interface Pending {
  /** Writes it; what it gives back tells the caller, after the commit. */
  readonly work: WriteWork<() => void>;
  readonly bytes: number;
  readonly reject: (error: unknown) => void;
}

/** Writes take effect in the order of the calls. */
export class LogWriter {
  readonly #options: LogWriterOptions;
  readonly #transaction: LogTransaction;
  readonly #heartbeat: Heartbeat;
  #queue: Pending[] = [];
  #bytes = 0;
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#heartbeat = new Heartbeat('the group commit', options.runtime);
    this.#transaction = new LogTransaction(options.database, options.opened, () => options.runtime.uuid());
  }

  /** Resolves after the commit. Errors: EVENT_STORE_CLOSED, EVENT_STORE_SERVER_OVERLOADED, those of the medium. */
  write<Outcome>(work: WriteWork<Outcome>, bytes: number): Promise<Outcome> {
    if (this.#isClosed) return Promise.reject(new EventStoreClosed());
    if (this.#queue.length >= PENDING_WRITES_MAX || this.#bytes >= PENDING_BYTES_MAX) return Promise.reject(new ServerOverloaded());
    return new Promise((resolve, reject) => {
      const written = (transaction: LogTransaction): (() => void) => {
        const outcome = work(transaction);
        return () => resolve(outcome);
      };
      this.#queue.push({ work: written, bytes, reject });
      this.#bytes += bytes;
      this.#running ??= this.#run();
    });
  }

  /** Set while writes wait and no commit succeeds. */
  get silence(): SilentLoop | undefined {
    return this.#heartbeat.silence();
  }

  /** Commits the queue; refuses later writes. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      this.#heartbeat.busy('one commit');
      // All writes of this turn of the event loop, or of the time of the last commit, join the batch.
      await turn();
      await this.#commitBatch();
    }
    this.#heartbeat.idle();
    this.#running = undefined;
  }

  async #commitBatch(): Promise<void> {
    const { database, file, opened, runtime, onCommit } = this.#options;
    let batch: readonly Pending[] = [];
    try {
      opened.assertSame();
      await retryWhileBusy(() => database.exec('BEGIN IMMEDIATE'), { file, runtime });
      batch = this.#take();
      this.#transaction.begin(runtime.now());
      const outcomes = batch.map((pending) => pending.work(this.#transaction));
      database.exec('COMMIT');
      opened.assertSame();
      onCommit();
      for (const tell of outcomes) tell();
    } catch (error) {
      this.#rollBack();
      const failed = batch.length > 0 ? batch : this.#take();
      for (const pending of failed) pending.reject(translateEventsFileError(error, file));
    }
  }

  #take(): readonly Pending[] {
    const batch = this.#queue.slice(0, BATCH_WRITES_MAX);
    this.#queue = this.#queue.slice(BATCH_WRITES_MAX);
    for (const { bytes } of batch) this.#bytes -= bytes;
    return batch;
  }

  #rollBack(): void {
    this.#transaction.forget();
    // After some errors SQLite has already rolled back.
    if (this.#options.database.isTransaction) this.#options.database.exec('ROLLBACK');
  }
}
