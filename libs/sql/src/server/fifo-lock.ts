// Gives one or a few connections to one task each at a time, in the order of the calls.
import { ReadStoreUnavailable } from '@mainstem/projection/adapter';
import type { Runtime } from '@mainstem/event-store';

/**
 * A lock with a queue. A SQLite DataSource is one connection: other work during a transaction would join it and be
 * rolled back with it, so all work goes through here. Nested use by the same task never gets its turn, and fails after
 * the wait.
 */
export class FifoLock {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  /** `places`: the number of tasks at a time. */
  constructor(
    private readonly store: string,
    private readonly runtime: Runtime,
    private readonly waitMaxMs: number,
    private readonly places = 1,
  ) {
    this.#free = places;
  }

  /** Runs the work in its turn. Errors: READ_STORE_UNAVAILABLE after `waitMaxMs` without a turn; those of the work. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await this.#turn();
    else this.#free--;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }

  /** Resolves when a place was handed over; it stays taken in between, so no call can jump the queue. */
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
        reject(new ReadStoreUnavailable(this.store, this.#problem));
      });
    });
  }

  get #problem(): string {
    if (this.places === 1) return `its connection was busy for ${this.waitMaxMs} ms; is a transaction or query still open?`;
    return `the ${this.places} connections for such work were busy for ${this.waitMaxMs} ms; is one still open, and is pool_size in its URL large enough?`;
  }
}
