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

/** The result of the first try that succeeds. Errors: those of the last try. */
export const persist = async <Result>({ runtime, patienceMs, signal }: Persistence, attempt: () => Promise<Result>): Promise<Result> => {
  const endsAt = runtime.monotonic() + patienceMs;
  for (let failures = 0; ;) {
    try {
      return await attempt();
    } catch (error) {
      const delayMs = backOffMs(DELAYS, ++failures, runtime.random());
      if (!isTransient(error) || signal?.aborted || runtime.monotonic() + delayMs > endsAt) throw error;
      await runtime.sleep(delayMs, signal);
    }
  }
};
