// Group commit: writes that arrive together share one transaction and one flush to the disk.
import type { DatabaseSync } from 'node:sqlite';
import { retryWhileBusy, translateEventsFileError, type OpenedFile, type StoreFile } from '@mainstem/embedded/events-file';
import type { Runtime, SilentLoop } from '@mainstem/event-store';
import { AppendQueue, type AppendOutcome } from '@mainstem/event-store/adapter';
import { ServerOverloaded } from '../errors.js';
import { LogTransaction } from './log-transaction.js';

/** The largest number of writes in one transaction, so that other processes do not wait long for the lock. */
const BATCH_WRITES_MAX = 1_000;
export interface LogWriterOptions {
  readonly database: DatabaseSync;
  readonly file: StoreFile;
  readonly opened: OpenedFile;
  readonly runtime: Runtime;
  /** Called after each commit, before the writes resolve. */
  readonly onCommit: () => void;
}

export type WriteWork<Outcome> = (transaction: LogTransaction) => Outcome;

/** Writes take effect in the order of the calls. */
export class LogWriter {
  readonly #options: LogWriterOptions;
  readonly #transaction: LogTransaction;
  readonly #queue: AppendQueue<WriteWork<unknown>>;

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#transaction = new LogTransaction(options.database, options.opened, () => options.runtime.uuid());
    this.#queue = new AppendQueue<WriteWork<unknown>>({
      runtime: options.runtime,
      sizeUnit: 'bytes',
      overloaded: () => new ServerOverloaded(),
      batchCountMax: BATCH_WRITES_MAX,
      commit: (take) => this.#commit(take),
    });
  }

  /** Resolves after the commit. Errors: EVENT_STORE_CLOSED, EVENT_STORE_SERVER_OVERLOADED, those of the medium. */
  write<Outcome>(work: WriteWork<Outcome>, bytes: number): Promise<Outcome> {
    return this.#queue.add({ operation: 'write', work, count: 1, size: bytes });
  }

  /** Set while writes wait and no commit succeeds. */
  get silence(): SilentLoop | undefined {
    return this.#queue.silence;
  }

  /** Commits the queue; refuses later writes, and after five seconds those that were not begun. */
  close(): Promise<void> {
    return this.#queue.close();
  }

  async #commit(take: () => readonly WriteWork<unknown>[]): Promise<readonly AppendOutcome[]> {
    const { database, file, opened, runtime, onCommit } = this.#options;
    try {
      opened.assertSame();
      await retryWhileBusy(() => database.exec('BEGIN IMMEDIATE'), { file, runtime });
      const batch = take();
      this.#transaction.begin(runtime.now());
      const outcomes = batch.map((work) => ({ result: work(this.#transaction) }));
      database.exec('COMMIT');
      opened.assertSame();
      onCommit();
      return outcomes;
    } catch (error) {
      this.#rollBack();
      throw translateEventsFileError(error, file);
    }
  }

  #rollBack(): void {
    this.#transaction.forget();
    // After some errors SQLite has already rolled back.
    if (this.#options.database.isTransaction) this.#options.database.exec('ROLLBACK');
  }
}
