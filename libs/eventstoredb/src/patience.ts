// How long a call is repeated while it fails: less where nothing is there at all than where something may be on its way back.
import type { Runtime } from '@mainstem/event-store';
import { isRefused } from './translate-error.js';

export interface PatienceLimits {
  /** Since the call last got on. */
  readonly allMs: number;
  /** Of refusals one after the other, without anything else between them. */
  readonly refusedMs: number;
}

export class Patience {
  readonly #runtime: Runtime;
  readonly #limits: PatienceLimits;
  #since: number;
  #refusedSince: number | undefined;

  constructor(runtime: Runtime, limits: PatienceLimits) {
    this.#runtime = runtime;
    this.#limits = limits;
    this.#since = runtime.monotonic();
  }

  /** The call has got on. */
  reset(): void {
    this.#since = this.#runtime.monotonic();
    this.#refusedSince = undefined;
  }

  /** An attempt has failed. */
  failed(error: unknown): void {
    if (isRefused(error)) this.#refusedSince ??= this.#runtime.monotonic();
    else this.#refusedSince = undefined;
  }

  /** Whether whoever has waited since then, or since the call last got on, is not to wait any longer. */
  isOver(since = this.#since): boolean {
    const { allMs, refusedMs } = this.#limits;
    const now = this.#runtime.monotonic();
    const refusedSince = this.#refusedSince;
    return now - since >= allMs || (refusedSince !== undefined && now - Math.max(since, refusedSince) >= refusedMs);
  }
}
