// Follows the end of the event store for status and health, apart from the projections: a stuck subscription must not hide its own lag.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventReader, Position, Runtime } from '@mainstem/event-store';

const INTERVAL_MS = 1_000;

export class HeadWatch {
  readonly #reader: EventReader;
  readonly #runtime: Runtime;
  #head: Position | undefined;

  constructor(reader: EventReader, runtime: Runtime) {
    this.#reader = reader;
    this.#runtime = runtime;
  }

  /** As of the last look, at most a second ago while the event store can be reached. */
  get head(): Position | undefined {
    return this.#head;
  }

  /** Looks once a second until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.#head = await this.#reader.head(signal);
      } catch {
        // The projections meet the same failure and tell it; the head stays as it was last seen.
      }
      await nextTurn();
      await this.#runtime.sleep(INTERVAL_MS, signal);
    }
  }
}
