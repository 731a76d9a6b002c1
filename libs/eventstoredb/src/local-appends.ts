// Tells the subscriptions of a store about its own appends at once.
import { isPositionBefore, type Position } from '@mainstem/event-store';

export class LocalAppends {
  readonly #listeners = new Set<() => void>();
  #latest: Position | undefined;

  /** Call after an append was acknowledged. */
  appended(position: Position): void {
    if (this.#latest !== undefined && this.#latest >= position) return;
    this.#latest = position;
    for (const listener of [...this.#listeners]) listener();
  }

  /** True if this store has appended something beyond the position. */
  isBeyond(position: Position | undefined): boolean {
    return isPositionBefore(position, this.#latest);
  }

  /** Returns a function that ends the listening. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
