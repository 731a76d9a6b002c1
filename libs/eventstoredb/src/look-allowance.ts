// Limits how much is loaded only to look: after a large load there is a pause before the next look.
import type { Runtime } from '@mainstem/event-store';

/** A smaller look is free: its pause would be shorter than the time between looks. */
const FREE_BYTES_MAX = 65_536;
const BYTES_PER_MS = 1_024;
/** Shorter than the time for which a wanted event may be missing: see `STALL_MS`. */
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

  /** Call it after a look that has loaded `bytes`. */
  use(bytes: number): void {
    if (bytes <= FREE_BYTES_MAX) return;
    const pauseEndsAt = this.#runtime.monotonic() + Math.min(PAUSE_MS_MAX, bytes / BYTES_PER_MS);
    this.#pauseEndsAt = Math.max(this.#pauseEndsAt, pauseEndsAt);
  }
}
