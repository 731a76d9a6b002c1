// Signs of life of background loops: one that falls silent in the middle of a step is told by name.
import type { Runtime } from './runtime.js';

/** How long a step may take before its loop counts as silent, unless it says otherwise: health has to be red within ten seconds. */
export const STEP_DEADLINE_MS = 8_000;

/** A loop that has been at one step for longer than the step may take. */
export interface SilentLoop {
  readonly loop: string;
  readonly step: string;
  /** Since the step began. */
  readonly silentMs: number;
}

/** One loop's sign of life. Costs two assignments a step; nothing runs in the background. */
export class Heartbeat {
  readonly #runtime: Runtime;
  #step: string | undefined;
  #sinceMs = 0;
  #deadlineMs = 0;

  constructor(
    readonly loop: string,
    runtime: Runtime,
  ) {
    this.#runtime = runtime;
  }

  /** It begins a step that has to be over, or followed by another one, within the deadline. A loop that ends without `idle` turns silent, too. */
  busy(step: string, deadlineMs = STEP_DEADLINE_MS): void {
    this.#step = step;
    this.#sinceMs = this.#runtime.monotonic();
    this.#deadlineMs = deadlineMs;
  }

  /** It waits for something that may never come, or has ended as it should. */
  idle(): void {
    this.#step = undefined;
  }

  /** The step that has taken too long, if one has. */
  silence(): SilentLoop | undefined {
    if (this.#step === undefined) return undefined;
    const silentMs = this.#runtime.monotonic() - this.#sinceMs;
    return silentMs > this.#deadlineMs ? { loop: this.loop, step: this.#step, silentMs } : undefined;
  }
}

/** A silent loop in words. */
export const silenceOf = ({ loop, step, silentMs }: SilentLoop): string => `${loop} is silent: ${step} for ${Math.floor(silentMs / 1_000)} s`;
