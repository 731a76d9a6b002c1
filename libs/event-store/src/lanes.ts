// Runs one task at a time for each name, in order of arrival.
import { OperationAborted, throwIfAborted } from './errors.js';

interface Lane {
  waiting: number;
  tail: Promise<void>;
}

/** Queues by name. A lane exists only while it is used. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();

  /** The number of tasks under this name that run or wait. */
  countIn(name: string): number {
    return this.#lanes.get(name)?.waiting ?? 0;
  }

  /**
   * Runs the task when all earlier tasks of this name have ended, whatever their outcome; at once if there are none.
   * The task must not wait for anything that another task of these lanes may hold. The signal ends the wait at once;
   * `what` names the wait in the error. Errors: EVENT_STORE_ABORTED (the task was not started), and the task's own.
   */
  async run<Result>(name: string, task: () => Promise<Result>, what: string, signal?: AbortSignal): Promise<Result> {
    const lane = this.#lanes.get(name) ?? this.#open(name);
    const before = lane.tail;
    let leave = (): void => undefined;
    const left = new Promise<void>((resolve) => (leave = resolve));
    // A task that leaves early must not let the next one overtake those in front.
    lane.tail = lane.waiting === 0 ? left : before.then(() => left);
    lane.waiting++;
    try {
      if (lane.waiting > 1) await unlessAborted(before, signal, what);
      throwIfAborted(signal, what);
      return await task();
    } finally {
      lane.waiting--;
      if (lane.waiting === 0) this.#lanes.delete(name);
      leave();
    }
  }

  /**
   * Runs the task in the lanes of several names. Enters all lanes in the moment of the call: no task given later under
   * one of the names comes before, and no two such tasks wait for each other. Errors: as `run`.
   */
  async runInAll<Result>(names: readonly string[], task: () => Promise<Result>, what: string, signal?: AbortSignal): Promise<Result> {
    let leave = (): void => undefined;
    const left = new Promise<void>((resolve) => (leave = resolve));
    const entered = names.map(
      (name) =>
        new Promise<void>((resolve, reject) => {
          const stay = (): Promise<void> => (resolve(), left);
          this.run(name, stay, what, signal).catch(reject);
        }),
    );
    try {
      await Promise.all(entered);
      return await task();
    } finally {
      leave();
    }
  }

  /** Resolves when no task runs or waits any more. */
  async idle(): Promise<void> {
    while (this.#lanes.size > 0) await Promise.all([...this.#lanes.values()].map(({ tail }) => tail));
  }

  #open(name: string): Lane {
    const lane = { waiting: 0, tail: Promise.resolve() };
    this.#lanes.set(name, lane);
    return lane;
  }
}

/** Waits for a promise that never rejects; rejects as soon as the signal fires. Errors: EVENT_STORE_ABORTED. */
export const unlessAborted = (wait: Promise<void>, signal: AbortSignal | undefined, what: string): Promise<void> => {
  if (!signal) return wait;
  throwIfAborted(signal, what);
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new OperationAborted(what, signal.reason));
    signal.addEventListener('abort', onAbort, { once: true });
    void wait.then(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
  });
};
