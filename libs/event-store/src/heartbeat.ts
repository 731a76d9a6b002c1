// Signs of life of background loops: a loop that hangs in the middle of a step is reported by name.
import type { Runtime } from './runtime.js';

/** The default time that a step may take until its loop counts as silent: health must be red within ten seconds. */
export const STEP_DEADLINE_MS = 8_000;

/** A loop whose step takes longer than it may. */
export interface SilentLoop {
  readonly loop: string;
  readonly step: string;
  /** Milliseconds since the step began. */
  readonly silentMs: number;
}

/** One loop's sign of life. It costs two assignments a step; nothing runs in the background. */
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

  /** The loop begins a step and must end it within the deadline. Ending without `idle` counts as silence. */
  busy(step: string, deadlineMs = STEP_DEADLINE_MS): void {
    this.#step = step;
    this.#sinceMs = this.#runtime.monotonic();
    this.#deadlineMs = deadlineMs;
  }

  /** The loop waits for something that may never come, or has ended normally. */
  idle(): void {
    this.#step = undefined;
  }

  /** The step that takes too long, if there is one. */
  silence(): SilentLoop | undefined {
    if (this.#step === undefined) return undefined;
    const silentMs = this.#runtime.monotonic() - this.#sinceMs;
    return silentMs > this.#deadlineMs ? { loop: this.loop, step: this.#step, silentMs } : undefined;
  }
}

/** Describes a silent loop in words. */
export const silenceOf = ({ loop, step, silentMs }: SilentLoop): string => `${loop} is silent: ${step} for ${Math.floor(silentMs / 1_000)} s`;
