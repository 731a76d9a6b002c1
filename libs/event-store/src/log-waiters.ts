// Readers that wait for the end of the log to move. How a store finds that out is its own affair.
import { EventStoreClosed } from './errors.js';

interface Waiter<End> {
  readonly seen: End;
  readonly wake: (error?: unknown) => void;
}

/** `End` is what tells one end of the log from another, compared by `===`. */
export class LogWaiters<End> {
  readonly #waiting = new Set<Waiter<End>>();
  #isClosed = false;

  /** How many readers wait: while it is 0, there is no need to look. */
  get count(): number {
    return this.#waiting.size;
  }

  /**
   * Resolves when the log ends elsewhere than at `seen`, or when the signal fires. The reader is counted before
   * `begin` runs, which has to look once: the end may have moved already. Errors: EVENT_STORE_CLOSED, and those of
   * `fail`.
   */
  changed(seen: End, signal: AbortSignal, begin: () => void): Promise<void> {
    if (this.#isClosed) return Promise.reject(new EventStoreClosed());
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const wake = (error?: unknown): void => {
        this.#waiting.delete(waiter);
        signal.removeEventListener('abort', onAbort);
        if (error === undefined) resolve();
        else reject(error);
      };
      const onAbort = (): void => wake();
      const waiter: Waiter<End> = { seen, wake };
      this.#waiting.add(waiter);
      signal.addEventListener('abort', onAbort);
      begin();
    });
  }

  /** Wakes those that have not seen this end of the log. True if there was one. */
  tell(end: End): boolean {
    let isNews = false;
    for (const { seen, wake } of this.#waiting) {
      if (seen === end) continue;
      isNews = true;
      wake();
    }
    return isNews;
  }

  /** All that wait end with this error. */
  fail(error: unknown): void {
    for (const { wake } of this.#waiting) wake(error);
  }

  /** All that wait, and all that come, end with EVENT_STORE_CLOSED. */
  close(): void {
    this.#isClosed = true;
    this.fail(new EventStoreClosed());
  }
}
