// Tells subscribers that there is something new: at once for commits of this process, by polling for those of others.
// While nothing happens, it watches the write-ahead log instead.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Runtime } from '@mainstem/event-store';
import { LogWaiters } from '@mainstem/event-store/adapter';
import type { StoreFile } from '../errors.js';
import { isBusy, translateSqliteError } from '../sqlite/sqlite-error.js';
import { FileWatch } from './file-watch.js';
import type { OpenedFile } from './opened-file.js';

/**
 * The interval while a subscriber waits. A poll reads shared memory, about 3 µs, but waking a process 200 times a
 * second costs a hundred times as much. So after a while without news the polls become fewer.
 */
const POLL_INTERVAL_MS = 5;
/** The interval at rest if the system does not report writes. */
const POLL_INTERVAL_RESTING_MS = 20;
/** The interval at rest if the system reports writes, in case a report is lost. */
const POLL_INTERVAL_WATCHED_MS = 250;
/** Rest begins after this many polls without a commit: a second. */
const POLLS_UNTIL_REST = 200;

export interface CommitSignalOptions {
  readonly file: StoreFile;
  readonly opened: OpenedFile;
  readonly runtime: Runtime;
}

/** One for each store: all subscribers share one poller, and there is none while no subscriber waits. */
export class CommitSignal {
  readonly #file: StoreFile;
  readonly #opened: OpenedFile;
  readonly #runtime: Runtime;
  readonly #selectVersion: StatementSync;
  readonly #waiters = new LogWaiters<number>();
  readonly #closing = new AbortController();
  readonly #log: FileWatch;
  #isPolling = false;
  /** Polls since the last commit, or the last sign of one. */
  #quietPolls = 0;

  /** The connection must not commit itself: SQLite's data_version counts the commits of other connections. */
  constructor(database: DatabaseSync, { file, opened, runtime }: CommitSignalOptions) {
    this.#file = file;
    this.#opened = opened;
    this.#runtime = runtime;
    this.#log = new FileWatch(`${file.path}-wal`);
    this.#selectVersion = database.prepare('PRAGMA data_version');
  }

  /** A number that changes with every commit of any process. Take it before reading, then wait for it to change. */
  observe(): number {
    return Number(this.#selectVersion.get()?.['data_version']);
  }

  /**
   * Resolves when the number is no longer `seen`, or when the signal fires. Errors: EVENT_STORE_CLOSED,
   * EVENT_STORE_FILE_REPLACED, and those of the medium.
   */
  changed(seen: number, signal: AbortSignal): Promise<void> {
    return this.#waiters.changed(seen, signal, () => {
      this.check();
      void this.#poll();
    });
  }

  /** Wakes those that have not seen the latest commit. */
  check(): void {
    if (this.#waiters.count === 0) return;
    try {
      this.#opened.assertSame();
      if (this.#waiters.tell(this.observe())) this.#quietPolls = 0;
    } catch (error) {
      // Another process is recovering the file: the next poll will see more.
      if (!isBusy(error)) this.#waiters.fail(translateSqliteError(error, this.#file));
    }
  }

  close(): void {
    this.#closing.abort();
    this.#waiters.close();
  }

  async #poll(): Promise<void> {
    if (this.#isPolling) return;
    this.#isPolling = true;
    while (this.#waiters.count > 0) {
      if (this.#quietPolls < POLLS_UNTIL_REST) await this.#runtime.sleep(POLL_INTERVAL_MS, this.#closing.signal);
      else await this.#rest();
      this.#quietPolls++;
      this.check();
    }
    this.#log.stop();
    this.#isPolling = false;
  }

  /** Ends when there may be something new. */
  async #rest(): Promise<void> {
    const written = new AbortController();
    const isWatched = this.#log.start(() => {
      this.#quietPolls = 0; // the log is written before its commit is visible: polls find it
      written.abort();
    });
    this.check(); // commits from before the watch began
    const intervalMs = isWatched ? POLL_INTERVAL_WATCHED_MS : POLL_INTERVAL_RESTING_MS;
    if (this.#waiters.count > 0) await this.#runtime.sleep(intervalMs, AbortSignal.any([this.#closing.signal, written.signal]));
    if (this.#quietPolls === 0) this.#log.stop(); // in busy times it would report every write
  }
}
