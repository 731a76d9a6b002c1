// Events per second over the last few seconds, and the remaining time at a rate.

const WINDOW_MS = 2_000;

/** Counts in two windows, the present and the former one: two numbers instead of a list of samples. */
export class RateMeter {
  #startMs: number;
  #count = 0;
  #before = 0;
  total = 0;

  constructor(nowMs: number) {
    this.#startMs = nowMs;
  }

  add(count: number, nowMs: number): void {
    this.#turn(nowMs);
    this.#count += count;
    this.total += count;
  }

  perSecond(nowMs: number): number {
    this.#turn(nowMs);
    const intoWindow = (nowMs - this.#startMs) / WINDOW_MS;
    return Math.round(((this.#count + this.#before * (1 - intoWindow)) * 1_000) / WINDOW_MS);
  }

  #turn(nowMs: number): void {
    const windows = Math.floor((nowMs - this.#startMs) / WINDOW_MS);
    if (windows <= 0) return;
    this.#before = windows === 1 ? this.#count : 0;
    this.#count = 0;
    this.#startMs += windows * WINDOW_MS;
  }
}

/** Milliseconds until `total` is reached; undefined without progress. */
export const etaMs = (done: bigint, total: bigint, perSecond: number): number | undefined => {
  const left = done < total ? Number(total - done) : 0;
  return perSecond > 0 ? Math.round((left * 1_000) / perSecond) : undefined;
};
