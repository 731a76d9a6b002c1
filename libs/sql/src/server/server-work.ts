// The work in progress on the connections of a database server, and transactions that change views there.
import { ReadStoreUnavailable } from '@mainstem/projection/adapter';
import { backOffMs, inTime, type Runtime } from '@mainstem/event-store';

const CLOSE_WAIT_MAX_MS = 5_000;
/** With a pause after each, in which other work goes on. */
const VIEWS_ATTEMPTS_MAX = 40;
const VIEWS_PAUSE_MS = 250;

/** Readers did not give way to a change of views: worth another try from the start. */
export class ViewsInUse extends ReadStoreUnavailable {
  constructor(store: string, cause: unknown) {
    super(store, 'waited too long for the readers of its views.', cause);
  }
}

/** Each piece of work holds one connection. Safe for many callers at once. */
export class ServerWork {
  readonly #active = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(
    private readonly store: string,
    private readonly runtime: Runtime,
  ) {}

  /** Errors: READ_STORE_UNAVAILABLE after `close`, and those of the work. */
  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) return Promise.reject(new ReadStoreUnavailable(this.store, 'it is closed'));
    const running = work();
    const settled = running.then(
      () => undefined,
      () => undefined,
    );
    this.#active.add(settled);
    void settled.then(() => this.#active.delete(settled));
    return running;
  }

  /** As `run`, from the start again while readers use the views that the work changes, for some ten seconds. */
  async runUntilViewsAreFree<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.run(work);
      } catch (error) {
        if (!(error instanceof ViewsInUse) || attempt === VIEWS_ATTEMPTS_MAX) throw error;
      }
      // Without a lock meanwhile: neither readers nor writers wait for the pause.
      await this.runtime.sleep(backOffMs({ retryDelayMs: VIEWS_PAUSE_MS, retryDelayMaxMs: VIEWS_PAUSE_MS }, attempt, this.runtime.random()));
    }
  }

  /** Waits for running work, but no more than five seconds, and ends the connections. More calls do nothing. */
  async close(end: () => Promise<void>): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await inTime(Promise.allSettled([...this.#active]), CLOSE_WAIT_MAX_MS, this.runtime, () => []);
    await end();
  }
}
