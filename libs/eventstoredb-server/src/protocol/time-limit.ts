// Limits how long a caller waits for a write. The write itself goes on.
import { inTime, type Runtime } from '@mainstem/event-store';
import { WriteTimedOut } from '../errors.js';

/** The result, if it comes within `waitMs`. Errors: EVENT_STORE_SERVER_WRITE_TIMED_OUT, and those of the work. */
export const within = <Result>(work: Promise<Result>, waitMs: number, runtime: Runtime): Promise<Result> =>
  inTime(work, waitMs, runtime, () => {
    throw new WriteTimedOut(waitMs);
  });
