// Waits for a lock of another process, without blocking the event loop.
import { backOffMs, type Runtime } from '@mainstem/event-store';
import { FileBusy, type StoreFile } from '../errors.js';
import { isBusy } from './sqlite-error.js';

/** The longest wait for a lock. */
export const BUSY_TIMEOUT_MS = 5_000;
/** How long SQLite itself may block the thread: mostly enough for a neighbour's commit. */
export const BUSY_BLOCKING_MS = 2;

const DELAYS = { retryDelayMs: 1, retryDelayMaxMs: 16 };

export interface BusyRetryOptions {
  readonly file: StoreFile;
  readonly runtime: Runtime;
  /** Default 5,000. */
  readonly busyTimeoutMs?: number | undefined;
}

/**
 * Runs `attempt` until SQLite no longer says that the file is busy, with full jitter between the attempts. The first
 * attempt runs at once. Other errors are passed on. Errors: `…_BUSY` after `busyTimeoutMs`.
 */
export const retryWhileBusy = async <Result>(attempt: () => Result, options: BusyRetryOptions): Promise<Result> => {
  const { file, runtime, busyTimeoutMs = BUSY_TIMEOUT_MS } = options;
  const start = runtime.monotonic();
  for (let failures = 1; ; failures++) {
    const outcome = attemptOnce(attempt);
    if ('result' in outcome) return outcome.result;
    const waitedMs = runtime.monotonic() - start;
    if (waitedMs >= busyTimeoutMs) throw new FileBusy(file, waitedMs, outcome.busy);
    await runtime.sleep(backOffMs(DELAYS, failures, runtime.random()));
  }
};

const attemptOnce = <Result>(attempt: () => Result): { readonly result: Result } | { readonly busy: unknown } => {
  try {
    return { result: attempt() };
  } catch (error) {
    if (!isBusy(error)) throw error;
    return { busy: error };
  }
};
