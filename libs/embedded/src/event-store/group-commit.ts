// Group commit: appends that arrive together share one transaction and one flush to the disk.
import type { DatabaseSync } from 'node:sqlite';
import { isMainstemError, type AppendAllResult, type AppendResult, type EventMark, type Runtime, type SilentLoop } from '@mainstem/event-store';
import {
  AppendQueue,
  type AppendOutcome,
  type EncodedAppend,
  type EncodedAppendAll,
  type EventCopy,
  type QueuedAppend,
} from '@mainstem/event-store/adapter';
import { EventStoreOverloaded, type StoreFile } from '../errors.js';
import { retryWhileBusy } from '../sqlite/busy-retry.js';
import { translateSqliteError } from '../sqlite/sqlite-error.js';
import { AppendTransaction } from './append-transaction.js';
import type { OpenedFile } from './opened-file.js';

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

/** What one call does in the transaction. */
type Work = (transaction: AppendTransaction) => unknown;

/** With these a call fails alone: it has changed nothing. */
const REFUSALS = ['EVENT_STORE_WRONG_EXPECTED_REVISION', 'EVENT_STORE_APPEND_PARTLY_KNOWN'] as const;

/** The writer of one process. Appends take effect in the order of the calls. A refused one fails alone. */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  readonly #transaction: AppendTransaction;
  readonly #queue: AppendQueue<Work>;
  /** After a device failure nothing is certain any more: reopening reads what is really there. */
  #failure: unknown;

  constructor(options: GroupCommitOptions) {
    const { database, opened, runtime, pendingAppendsMax } = options;
    this.#options = options;
    this.#transaction = new AppendTransaction(database, opened);
    this.#queue = new AppendQueue<Work>({
      runtime,
      sizeUnit: 'characters',
      overloaded: (pendingMax) => new EventStoreOverloaded(pendingMax),
      pendingAppendsMax,
      commit: (take) => this.#commit(take),
    });
  }

  /** Resolves after the commit. The signal removes it from the queue; a commit that has begun goes on. */
  append(append: EncodedAppend, signal?: AbortSignal): Promise<AppendResult> {
    const work: Work = (into) => into.append(append);
    return this.#add({ operation: 'append', work, count: append.events.length, size: sizeOf(append) }, signal);
  }

  /** As `append`; all of it is in one commit. */
  appendAll(all: EncodedAppendAll, signal?: AbortSignal): Promise<AppendAllResult> {
    const size = all.appends.reduce((sum, append) => sum + sizeOf(append), 0);
    const work: Work = (into) => into.appendAll(all);
    return this.#add({ operation: 'appendAll', work, count: all.eventCount, size }, signal);
  }

  /** Copies are one commit; a refusal rolls it back. */
  appendCopies(copies: readonly EventCopy[], after: EventMark | undefined): Promise<EventMark> {
    const work: Work = (into) => into.appendCopies(copies, after);
    return this.#add({ operation: 'appendCopies', work, count: copies.length, size: sizeOf({ events: copies }) }, undefined);
  }

  /** A count of commits by other connections; undefined while it is unknown. */
  changesByOthers(): number | undefined {
    return this.#failure === undefined ? this.#transaction.changesByOthers() : undefined;
  }

  /** Set while appends wait and no commit succeeds. */
  get silence(): SilentLoop | undefined {
    return this.#queue.silence;
  }

  /** Why it accepts no appends any more, until the store is opened again. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Commits the queue; refuses later appends, and after five seconds those that were not begun. */
  close(): Promise<void> {
    return this.#queue.close();
  }

  #add<Result>(append: QueuedAppend<Work>, signal: AbortSignal | undefined): Promise<Result> {
    return this.#failure === undefined ? this.#queue.add(append, signal) : Promise.reject(this.#failure as Error);
  }

  async #commit(take: () => readonly Work[]): Promise<readonly AppendOutcome[]> {
    const { database, opened, onCommit } = this.#options;
    if (this.#failure !== undefined) throw this.#failure;
    try {
      opened.assertSame();
      await retryWhileBusy(() => database.exec('BEGIN IMMEDIATE'), this.#options);
      const outcomes = this.#write(take());
      database.exec('COMMIT');
      // Nothing may be acknowledged that went to a file which the next start will not find.
      opened.assertSame();
      onCommit();
      return outcomes;
    } catch (error) {
      throw this.#failed(error);
    }
  }

  #write(batch: readonly Work[]): readonly AppendOutcome[] {
    this.#transaction.begin(this.#options.runtime.now());
    return batch.map((work) => this.#outcomeOf(work));
  }

  #outcomeOf(work: Work): AppendOutcome {
    try {
      return { result: work(this.#transaction) };
    } catch (error) {
      if (!isMainstemError(error, ...REFUSALS)) throw error;
      return { refusal: error };
    }
  }

  /** Rolls back, and gives what the calls are told. */
  #failed(cause: unknown): unknown {
    const { database, file } = this.#options;
    const error = translateSqliteError(cause, file);
    this.#transaction.forget();
    try {
      // After some errors SQLite has already rolled back.
      if (database.isTransaction) database.exec('ROLLBACK');
    } catch (failure) {
      this.#failure = translateSqliteError(failure, file);
    }
    if (isMainstemError(error, 'EVENT_STORE_IO_FAILED', 'EVENT_STORE_CORRUPT', 'EVENT_STORE_FILE_REPLACED')) this.#failure = error;
    return error;
  }
}

const sizeOf = ({ events }: Pick<EncodedAppend, 'events'>): number => {
  let size = 0;
  for (const event of events) size += event.dataJson.length + event.metadataJson.length;
  return size;
};
