// Looks again and again, until it is stopped: what waits in a read store is found by looking.
import type { Runtime } from '@mainstem/event-store';
import { describe } from './effect-attempt.js';

export interface LookLoopOptions {
  /** One look at a time. It has to end soon after the signal of the loop fires. */
  readonly look: () => Promise<void>;
  /** Between the end of a look and the next one. */
  readonly everyMs: number;
  readonly runtime: Runtime;
}

export class LookLoop {
  readonly #options: LookLoopOptions;
  readonly #stop = new AbortController();
  #pause = new AbortController();
  #trouble: string | undefined;
  #running: Promise<void> | undefined;

  constructor(options: LookLoopOptions) {
    this.#options = options;
  }

  /** Fires when the loop is stopped. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** The code of the error with which the last look of the loop has failed; undefined after any that succeeds. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** May be called again, but not after `stop`. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when the look that is under way has ended. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.wake();
    await this.#running;
  }

  /** Looks at once if it rests, or again at once after the look that is under way. */
  wake(): void {
    this.#pause.abort();
  }

  /** Looks now, beside the loop. Errors: those of the look. */
  async look(): Promise<void> {
    await this.#options.look();
    this.#trouble = undefined;
  }

  async #run(): Promise<void> {
    const { everyMs, runtime } = this.#options;
    while (!this.signal.aborted) {
      this.#pause = new AbortController();
      try {
        await this.look();
      } catch (error) {
        this.#trouble = describe(error).code;
      }
      if (!this.signal.aborted) await runtime.sleep(everyMs, this.#pause.signal);
    }
  }
}
