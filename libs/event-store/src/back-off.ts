// How long to wait before the next try: longer after each failure, and at random, so that many do not come back at once.

export interface RetryDelays {
  /** The longest one after the first failure; it doubles with each further one. */
  readonly retryDelayMs: number;
  readonly retryDelayMaxMs: number;
}

const DOUBLINGS_MAX = 30;

/**
 * Delay after `failures` in a row, counted from 1, with full jitter: evenly spread from 0 to the longest one then
 * (Brooker, "Exponential Backoff and Jitter", 2015). `random` in [0, 1).
 */
export const backOffMs = ({ retryDelayMs, retryDelayMaxMs }: RetryDelays, failures: number, random: number): number =>
  random * Math.min(retryDelayMaxMs, retryDelayMs * 2 ** Math.min(failures - 1, DOUBLINGS_MAX));
