// Bounds how long a caller waits for a write. The write itself goes on.
import type { Runtime } from '@mainstem/event-store';
import { WriteTimedOut } from '../errors.js';

/** The result, if it comes within `waitMs`. Errors: EVENT_STORE_SERVER_WRITE_TIMED_OUT, and those of the work. */
export const within = async <Result>(work: Promise<Result>, waitMs: number, runtime: Runtime): Promise<Result> => {
  const done = new AbortController();
  const timeout = async (): Promise<never> => {
    await runtime.sleep(waitMs, done.signal);
    throw new WriteTimedOut(waitMs);
  };
  try {
    return await Promise.race([work, timeout()]);
  } finally {
    done.abort();
  }
};
