// The waits between attempts of one call, longer after each failure.
import { backOffMs, type RetryDelays, type Runtime } from '@mainstem/event-store';

interface Delays extends RetryDelays {
  /** Waited in any case, besides. */
  readonly delayMsMin: number;
}

/** Of appends and reads: somebody waits for each of them. */
const CALL_DELAYS: Delays = { delayMsMin: 0, retryDelayMs: 50, retryDelayMaxMs: 2_000 };

export class BackOff {
  readonly #runtime: Runtime;
  readonly #delays: Delays;
  #failures = 0;

  constructor(runtime: Runtime, delays = CALL_DELAYS) {
    this.#runtime = runtime;
    this.#delays = delays;
  }

  /** Waits, longer after each failure; returns early when the signal fires. */
  async wait(signal?: AbortSignal): Promise<void> {
    const delayMs = backOffMs(this.#delays, ++this.#failures, this.#runtime.random());
    await this.#runtime.sleep(this.#delays.delayMsMin + delayMs, signal);
  }

  /** After a success. */
  reset(): void {
    this.#failures = 0;
  }
}
