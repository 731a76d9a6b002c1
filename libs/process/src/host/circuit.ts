// Keeps attempts away from a receiver that does not answer. One for each effect and host; nothing of it is stored.
import type { EffectPolicy } from '../action/effect.js';

export type CircuitState = 'closed' | 'open' | 'half-open';

/** Times are monotonic, in milliseconds. */
export class Circuit {
  readonly #policy: Pick<EffectPolicy, 'circuitFailuresMax' | 'circuitPauseMs'>;
  /** In a row. */
  #failures = 0;
  #openUntil = 0;

  constructor(policy: Pick<EffectPolicy, 'circuitFailuresMax' | 'circuitPauseMs'>) {
    this.#policy = policy;
  }

  stateAt(now: number): CircuitState {
    if (this.#failures < this.#policy.circuitFailuresMax) return 'closed';
    return now < this.#openUntil ? 'open' : 'half-open';
  }

  get failures(): number {
    return this.#failures;
  }

  /** The receiver has answered, be it with a refusal. */
  answered(): void {
    this.#failures = 0;
  }

  failed(now: number): void {
    this.#failures++;
    if (this.#failures >= this.#policy.circuitFailuresMax) this.#openUntil = now + this.#policy.circuitPauseMs;
  }
}
