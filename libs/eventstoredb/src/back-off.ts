// The waits between attempts of one call, longer after each failure.
import { backOffMs, type RetryDelays, type Runtime } from '@mainstem/event-store';

interface Delays extends RetryDelays {
  /** The part of each wait that is not random. */
  readonly delayMsMin: number;
}

/** The longest wait of appends and reads: a caller waits for each of them. */
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

  /** Call it after a success. */
  reset(): void {
    this.#failures = 0;
  }
}
