// How long a failing call is repeated: shorter if no server is there at all than if one may be coming back.
import type { Runtime } from '@mainstem/event-store';
import { isRefused } from './translate-error.js';

export interface PatienceLimits {
  /** Counted from the last progress of the call. */
  readonly allMs: number;
  /** Counted over refusals in a row, without another failure between them. */
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

  /** The call has made progress. */
  reset(): void {
    this.#since = this.#runtime.monotonic();
    this.#refusedSince = undefined;
  }

  /** An attempt has failed. */
  failed(error: unknown): void {
    if (isRefused(error)) this.#refusedSince ??= this.#runtime.monotonic();
    else this.#refusedSince = undefined;
  }

  /** True if the caller has waited long enough: since the given time, or since the call last made progress. */
  isOver(since = this.#since): boolean {
    const { allMs, refusedMs } = this.#limits;
    const now = this.#runtime.monotonic();
    const refusedSince = this.#refusedSince;
    return now - since >= allMs || (refusedSince !== undefined && now - Math.max(since, refusedSince) >= refusedMs);
  }
}
