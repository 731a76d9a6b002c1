// Gives a connection to one piece of work at a time, in the order of the calls.
import { ReadStoreUnavailable } from '@mainstem/projection';
import type { Runtime } from '@mainstem/event-store';

/**
 * A lock with a queue. A SQLite DataSource is one connection: whatever runs on it beside an open transaction joins that transaction and is
 * rolled back with it, so all work goes through here. Nested use by the same work never gets its turn and fails after the wait.
 */
export class FifoLock {
  readonly #waiting: (() => void)[] = [];
  #isTaken = false;

  constructor(
    private readonly store: string,
    private readonly runtime: Runtime,
    private readonly waitMaxMs: number,
  ) {}

  /** Runs the work when its turn comes. Errors: READ_STORE_UNAVAILABLE after `waitMaxMs` without a turn; otherwise what the work throws. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isTaken) await this.#turn();
    this.#isTaken = true;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#isTaken = false;
    }
  }

  /** Resolves when the lock was handed over; it stays taken in between, so that nobody can jump the queue. */
  #turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = new AbortController();
      const entry = (): void => {
        timer.abort();
        resolve();
      };
      this.#waiting.push(entry);
      void this.runtime.sleep(this.waitMaxMs, timer.signal).then(() => {
        const place = this.#waiting.indexOf(entry);
        if (place < 0) return;
        this.#waiting.splice(place, 1);
        reject(new ReadStoreUnavailable(this.store, `its connection was busy for ${this.waitMaxMs} ms; is a transaction or query still open?`));
      });
    });
  }
}
