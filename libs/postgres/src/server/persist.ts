// Repeats a call while the server cannot be reached.
import { backOffMs, type Runtime } from '@mainstem/event-store';
import { isTransient } from './translate-error.js';

export interface Persistence {
  readonly runtime: Runtime;
  /** No try begins later than this after the first one. */
  readonly patienceMs: number;
  /** Ends the wait between two tries; the last failure is thrown then. */
  readonly signal?: AbortSignal;
}

const DELAYS = { retryDelayMs: 50, retryDelayMaxMs: 1_000 };

/** The result of the first try that succeeds. `isWorthIt` tells a failure that may pass. Errors: those of the last try. */
export const persist = async <Result>(
  { runtime, patienceMs, signal }: Persistence,
  attempt: (failures: number) => Promise<Result>,
  isWorthIt: (error: unknown) => boolean = isTransient,
): Promise<Result> => {
  const endsAt = runtime.monotonic() + patienceMs;
  for (let failures = 0; ;) {
    try {
      return await attempt(failures);
    } catch (error) {
      const delayMs = backOffMs(DELAYS, ++failures, runtime.random());
      if (!isWorthIt(error) || signal?.aborted || runtime.monotonic() + delayMs > endsAt) throw error;
      await runtime.sleep(delayMs, signal);
    }
  }
};
