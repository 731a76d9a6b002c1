// How long to wait before the next try: longer after each failure, and random, so that clients return one by one.

export interface RetryDelays {
  /** The longest delay after the first failure; each further failure doubles it. */
  readonly retryDelayMs: number;
  readonly retryDelayMaxMs: number;
}

const DOUBLINGS_MAX = 30;

/**
 * The delay after `failures` in a row, counted from 1, with full jitter: evenly spread from 0 to the longest delay
 * (Brooker, "Exponential Backoff and Jitter", 2015). `random` is in [0, 1).
 */
export const backOffMs = ({ retryDelayMs, retryDelayMaxMs }: RetryDelays, failures: number, random: number): number =>
  random * Math.min(retryDelayMaxMs, retryDelayMs * 2 ** Math.min(failures - 1, DOUBLINGS_MAX));
