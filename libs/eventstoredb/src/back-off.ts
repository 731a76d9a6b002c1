// How long to wait before the next attempt: full jitter (Marc Brooker, "Exponential backoff and jitter"), so that many do not come at once.
import type { Runtime } from '@mainstem/event-store';

interface Delays {
  /** Waited in any case. */
  readonly delayMsMin: number;
  /** At most that much more after the first failure; doubled after each. */
  readonly delayMs: number;
  readonly delayMsMax: number;
}

/** Of appends and reads: somebody waits for each of them. */
const CALL_DELAYS: Delays = { delayMsMin: 0, delayMs: 50, delayMsMax: 2_000 };

export class BackOff {
  readonly #runtime: Runtime;
  readonly #delayMs: number;
  readonly #delayMsMax: number;
  readonly #delayMsMin: number;
  #failures = 0;

  constructor(runtime: Runtime, delays = CALL_DELAYS) {
    this.#runtime = runtime;
    this.#delayMsMin = delays.delayMsMin;
    this.#delayMs = delays.delayMs;
    this.#delayMsMax = delays.delayMsMax;
  }

  /** Waits, longer after each failure; returns early when the signal fires. */
  async wait(signal?: AbortSignal): Promise<void> {
    const ceilingMs = Math.min(this.#delayMsMax, this.#delayMs * 2 ** Math.min(this.#failures++, 30));
    await this.#runtime.sleep(this.#delayMsMin + this.#runtime.random() * ceilingMs, signal);
  }

  /** After a success. */
  reset(): void {
    this.#failures = 0;
  }
}
