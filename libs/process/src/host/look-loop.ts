// Looks again and again, until it is stopped: what waits in a read store is found by looking.
import { systemRuntime, type Runtime } from '@mainstem/event-store';
import type { Companion } from '@mainstem/projection/reaction';
import { describe } from './effect-attempt.js';

/** Rests between the end of a look and the next one. One look at a time runs in the loop. */
export abstract class LookLoop implements Companion {
  readonly #everyMs: number;
  readonly #stop = new AbortController();
  #pause = new AbortController();
  #trouble: string | undefined;
  #running: Promise<void> | undefined;
  /** Fires when the loop is stopped: a look has to end soon then. */
  protected readonly stopped: AbortSignal = this.#stop.signal;

  protected constructor(
    everyMs: number,
    protected readonly runtime: Runtime = systemRuntime,
  ) {
    this.#everyMs = everyMs;
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

  abstract troubles(): readonly string[];

  /** Looks now, beside the loop, for tests. Errors: those of the stores. */
  async look(): Promise<void> {
    await this.lookOnce();
    this.#trouble = undefined;
  }

  protected abstract lookOnce(): Promise<void>;

  /** What cannot be done while looks fail, with the code of the last failure; empty since any look that succeeds. */
  protected lookTroubles(what: string): readonly string[] {
    return this.#trouble === undefined ? [] : [`${what}: ${this.#trouble}`];
  }

  /** Looks at once if it rests, or again at once after the look that is under way. */
  protected wake(): void {
    this.#pause.abort();
  }

  async #run(): Promise<void> {
    while (!this.stopped.aborted) {
      this.#pause = new AbortController();
      try {
        await this.look();
      } catch (error) {
        this.#trouble = describe(error).code;
      }
      if (!this.stopped.aborted) await this.runtime.sleep(this.#everyMs, this.#pause.signal);
    }
  }
}
