// Looks which generations serve, so that a projection notices when somebody else has promoted another one, also while it is idle.
import type { Runtime } from '@mainstem/event-store';
import type { Generation } from '../read-store/checkpoint.js';
import type { ReadStore } from '../read-store/read-store.js';

const INTERVAL_MS = 400;

export interface WatchedProjection {
  readonly name: string;
  readonly store: ReadStore;
  /** All its generations, as just seen. */
  observe(generations: readonly Generation[]): void;
}

export class ServingWatch {
  readonly #byStore = new Map<ReadStore, WatchedProjection[]>();
  readonly #runtime: Runtime;

  constructor(projections: Iterable<WatchedProjection>, runtime: Runtime) {
    this.#runtime = runtime;
    for (const projection of projections) {
      const others = this.#byStore.get(projection.store) ?? [];
      this.#byStore.set(projection.store, [...others, projection]);
    }
  }

  /** Looks at each store two to three times a second until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#byStore].map(([store, projections]) => this.#watch(store, projections, signal)));
  }

  async #watch(store: ReadStore, projections: readonly WatchedProjection[], signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#runtime.sleep(INTERVAL_MS, signal);
      if (signal.aborted) return;
      try {
        const generations = await store.generations();
        for (const projection of projections) projection.observe(generations.filter((one) => one.projection === projection.name));
      } catch {
        // The projections meet the same failure when they write, and tell it.
      }
    }
  }
}
