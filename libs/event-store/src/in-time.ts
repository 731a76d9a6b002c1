// Sets a time limit for waiting on work that may never end.
import type { Runtime } from './runtime.js';

const LATE = Symbol('late');

/**
 * The result of the work if it ends within `ms`, else the result of `late`. The work itself goes on, and its later
 * outcome is ignored. No timer is left behind. Errors: those of the work and of `late`.
 */
export const inTime = async <Result>(work: Promise<Result>, ms: number, runtime: Runtime, late: () => Result): Promise<Result> => {
  const done = new AbortController();
  try {
    const outcome = await Promise.race([work, runtime.sleep(ms, done.signal).then(() => LATE)]);
    return outcome === LATE ? late() : (outcome as Result);
  } finally {
    done.abort();
  }
};
