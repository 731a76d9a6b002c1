// For processes that query a read store without running its projections: waits until it reflects a position.
import { OperationAborted, isPositionBefore, systemRuntime, type Position, type Runtime } from '@mainstem/event-store';
import { ProjectionBehind, ProjectionPaused, WaitRefused } from './errors.js';
import { pausedText, pauseIn } from '../read-store/pause.js';
import type { ReadStore } from '../read-store/read-store.js';
import { servingOf } from '../generations/generations-of.js';

const POLL_MS = 5;
/** Most waits end before: only readers that wait longer ask whether the projection is paused. */
const PAUSE_AFTER_MS = 100;
/** How often they ask. */
const PAUSE_EVERY_MS = 250;

export interface WaitForPositionOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly runtime?: Runtime;
}

/** The most waiting readers of one read store: each holds a request and its connection. */
const WAITING_MAX = 1_000;

/**
 * Resolves with the position that the serving generations of all these projections (at least one) have reached, once it
 * is not before `position` and queries see it. It looks every 5 ms. All readers of the same projections of a store
 * share each look and its timer: they use one connection at most, and do not slow a projector down. At most 1,000
 * readers wait for a store at a time. Errors: PROJECTION_BEHIND after the timeout, naming the projection furthest
 * behind, PROJECTION_PAUSED within half a second, PROJECTION_WAIT_REFUSED, EVENT_STORE_ABORTED, and those of the read
 * store.
 */
export const waitForPosition = async (
  store: ReadStore,
  projections: readonly string[],
  position: Position,
  { timeoutMs, signal, runtime = systemRuntime }: WaitForPositionOptions,
): Promise<Position> => {
  const polls = pollsOf(store);
  const poll = polls.of(projections, runtime);
  const reached = await poll.until(position, timeoutMs, signal);
  await store.makeVisible?.(projections);
  return reached;
};

interface Reached {
  readonly projection: string;
  readonly position: Position | undefined;
}

/** The readers of one read store, by what they wait for. */
class Polls {
  readonly #store: ReadStore;
  readonly #polls = new Map<string, Poll>();
  waiting = 0;

  constructor(store: ReadStore) {
    this.#store = store;
  }

  of(projections: readonly string[], runtime: Runtime): Poll {
    const key = JSON.stringify(projections);
    const known = this.#polls.get(key);
    if (known) return known;
    const poll = new Poll(
      { polls: this, store: this.#store },
      () => slowestOf(this.#store, projections),
      runtime,
      () => this.#polls.delete(key),
    );
    this.#polls.set(key, poll);
    return poll;
  }
}

const ofStores = new WeakMap<ReadStore, Polls>();

const pollsOf = (store: ReadStore): Polls => {
  const known = ofStores.get(store);
  if (known) return known;
  const polls = new Polls(store);
  ofStores.set(store, polls);
  return polls;
};

interface Waiter {
  readonly position: Position;
  readonly startMs: number;
  readonly timeoutMs: number;
  readonly resolve: (reached: Position) => void;
  readonly reject: (error: unknown) => void;
}

interface PolledStore {
  readonly polls: Polls;
  readonly store: ReadStore;
}

/** One look after the other, as long as a reader waits. */
class Poll {
  readonly #polls: Polls;
  readonly #store: ReadStore;
  readonly #look: () => Promise<Reached>;
  readonly #runtime: Runtime;
  readonly #onIdle: () => void;
  /** Readers that come during a look get the result of the next one: this result may be too old for them. */
  readonly #waiters = new Set<Waiter>();
  #isRunning = false;
  #askedAtMs = -Infinity;
  #pause = new AbortController();

  constructor({ polls, store }: PolledStore, look: () => Promise<Reached>, runtime: Runtime, onIdle: () => void) {
    this.#polls = polls;
    this.#store = store;
    this.#look = look;
    this.#runtime = runtime;
    this.#onIdle = onIdle;
  }

  until(position: Position, timeoutMs: number, signal: AbortSignal | undefined): Promise<Position> {
    if (signal?.aborted) return Promise.reject(new OperationAborted('waitForPosition', signal.reason));
    if (this.#polls.waiting >= WAITING_MAX) return Promise.reject(new WaitRefused(WAITING_MAX));
    return new Promise((resolve, reject) => {
      const onAbort = (): void => this.#settle(waiter, () => reject(new OperationAborted('waitForPosition', signal?.reason)));
      const end =
        <Value>(settle: (value: Value) => void) =>
        (value: Value): void => {
          signal?.removeEventListener('abort', onAbort);
          settle(value);
        };
      const waiter: Waiter = { position, timeoutMs, startMs: this.#runtime.monotonic(), resolve: end(resolve), reject: end(reject) };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiters.add(waiter);
      this.#polls.waiting++;
      this.#pause.abort(); // it may be there already
      void this.#run();
    });
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (this.#waiters.size > 0) {
      await this.#lookOnce();
      if (this.#waiters.size === 0) break;
      this.#pause = new AbortController();
      await this.#runtime.sleep(this.#pauseMs(), this.#pause.signal);
    }
    this.#isRunning = false;
    this.#onIdle();
  }

  async #lookOnce(): Promise<void> {
    const asking = [...this.#waiters];
    try {
      const slowest = await this.#look();
      const nowMs = this.#runtime.monotonic();
      const paused = await this.#pausedReason(asking, slowest, nowMs);
      for (const waiter of asking) this.#answer(waiter, { ...slowest, paused }, nowMs);
    } catch (error) {
      for (const waiter of asking) this.#settle(waiter, () => waiter.reject(error));
    }
  }

  /** Of the slowest projection; undefined if it is not paused, or no reader has waited for long. */
  async #pausedReason(asking: readonly Waiter[], { projection, position }: Reached, nowMs: number): Promise<string | undefined> {
    const isLong = ({ startMs, position: wanted }: Waiter): boolean =>
      nowMs - startMs >= PAUSE_AFTER_MS && (position === undefined || position < wanted);
    if (nowMs - this.#askedAtMs < PAUSE_EVERY_MS || !asking.some(isLong)) return undefined;
    this.#askedAtMs = nowMs;
    const pause = pauseIn(await this.#store.notes([projection]), projection);
    return pause && pausedText(pause);
  }

  #answer(waiter: Waiter, { projection, position, paused }: Reached & { readonly paused: string | undefined }, nowMs: number): void {
    if (position !== undefined && position >= waiter.position) return this.#settle(waiter, () => waiter.resolve(position));
    if (paused !== undefined) return this.#settle(waiter, () => waiter.reject(new ProjectionPaused(projection, waiter.position, position, paused)));
    const waitedMs = nowMs - waiter.startMs;
    if (waitedMs < waiter.timeoutMs) return;
    this.#settle(waiter, () => waiter.reject(new ProjectionBehind(projection, waiter.position, position, Math.round(waitedMs))));
  }

  #settle(waiter: Waiter, settle: () => void): void {
    if (!this.#waiters.delete(waiter)) return;
    this.#polls.waiting--;
    settle();
  }

  /** Not longer than the shortest remaining time. */
  #pauseMs(): number {
    const nowMs = this.#runtime.monotonic();
    let pauseMs = POLL_MS;
    for (const { startMs, timeoutMs } of this.#waiters) pauseMs = Math.min(pauseMs, Math.max(0, startMs + timeoutMs - nowMs));
    return pauseMs;
  }
}

/** A projection without a serving generation has reached nothing. */
const slowestOf = async (store: ReadStore, projections: readonly string[]): Promise<Reached> => {
  const generations = await store.generations(projections.length === 1 ? projections[0] : undefined);
  const reached = projections.map((projection): Reached => {
    const serving = servingOf(generations.filter((one) => one.projection === projection));
    return { projection, position: serving?.checkpoint.position };
  });
  return reached.reduce((slowest, one) => (isPositionBefore(one.position, slowest.position) ? one : slowest));
};
