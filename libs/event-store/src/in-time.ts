// Bounds how long somebody waits for work that nobody can be sure of.
import type { Runtime } from './runtime.js';

const LATE = Symbol('late');

/**
 * What the work gives, if it does within `ms`; else what `late` gives or throws. The work itself goes on: what becomes of it then is told to nobody.
 * No timer is left behind. Errors: those of the work, and of `late`.
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
