// Load at a fixed rate.

/** On a machine that cannot keep up nothing piles up: what is not started in time is left out, and the count tells. */
const UNDER_WAY_MAX = 64;

/** Starts one after the other at a fixed rate and tells what one fails with. Resolves, when it is stopped, once none is under way. */
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
