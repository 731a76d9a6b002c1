// Consumers take turns: for each message, or only when one is full.
import type { Consumer } from './consumer.js';
import type { Choice, Strategy } from './strategy.js';

export class TurnStrategy implements Strategy {
  readonly #takesTurns: boolean;
  #consumers: readonly Consumer[] = [];

  constructor(takesTurns: boolean) {
    this.#takesTurns = takesTurns;
  }

  add(consumer: Consumer): void {
    this.#consumers = [...this.#consumers, consumer];
  }

  remove(consumer: Consumer): void {
    this.#consumers = this.#consumers.filter((other) => other !== consumer);
  }

  choose(): Choice {
    const index = this.#consumers.findIndex(({ isAvailable }) => isAvailable);
    const chosen = this.#consumers[index];
    if (!chosen) return 'full';
    const next = this.#takesTurns ? index + 1 : index;
    if (next > 0) this.#consumers = [...this.#consumers.slice(next), ...this.#consumers.slice(0, next)];
    return chosen;
  }

  answered(): void {
    // Turns do not depend on answers.
  }
}
