// Load at a fixed rate.

/** A slow machine does not build a queue: what is not started in time is left out, which the count shows. */
const UNDER_WAY_MAX = 64;

/**
 * Starts tasks at a fixed rate and reports the failure of one. When it is stopped, resolves after the last running
 * task.
 */
export const atRate = (perSecond: number, work: () => Promise<void>, onFailure: (error: unknown) => void): (() => Promise<void>) => {
  const started = performance.now();
  const running = new Set<Promise<void>>();
  let count = 0;
  const timer = setInterval(() => {
    for (; count < ((performance.now() - started) / 1_000) * perSecond; count++) {
      if (running.size >= UNDER_WAY_MAX) continue;
      const one = work()
        .catch(onFailure)
        .finally(() => running.delete(one));
      running.add(one);
    }
  }, 1);
  return async () => {
    clearInterval(timer);
    await Promise.all(running);
  };
};
