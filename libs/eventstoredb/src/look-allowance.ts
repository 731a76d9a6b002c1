// How much may be loaded only to look: what was a lot is paid off by a pause before the next look.
import type { Runtime } from '@mainstem/event-store';

/** A look that loads less is free: pauses would be shorter than the time between looks anyway. */
const FREE_BYTES_MAX = 65_536;
const BYTES_PER_MS = 1_024;
/** Shorter than a wanted event may be missing: see `STALL_MS`. */
const PAUSE_MS_MAX = 8_000;

export class LookAllowance {
  readonly #runtime: Runtime;
  #pauseEndsAt = -Infinity;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  get isUsedUp(): boolean {
    return this.#runtime.monotonic() < this.#pauseEndsAt;
  }

  /** A look has loaded so much. */
  use(bytes: number): void {
    if (bytes <= FREE_BYTES_MAX) return;
    const pauseEndsAt = this.#runtime.monotonic() + Math.min(PAUSE_MS_MAX, bytes / BYTES_PER_MS);
    this.#pauseEndsAt = Math.max(this.#pauseEndsAt, pauseEndsAt);
  }
}
