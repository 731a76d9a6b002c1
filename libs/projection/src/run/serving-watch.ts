// Looks which generations serve and which leases are held, so that a projection notices, also while it is idle, when somebody else has promoted
// another generation, or has left it to whoever waits.
import { Heartbeat, type Runtime, type SilentLoop } from '@mainstem/event-store';
import type { Generation } from '../read-store/checkpoint.js';
import type { HeldLease } from '../read-store/lease.js';
import type { ReadStore } from '../read-store/read-store.js';
import { reasonOf } from '../fold/failures.js';

const INTERVAL_MS = 500;
const INTERVAL_STANDBY_MS = 250;
/** One failed look may be chance; a store that has failed for so long is away. */
const AWAY_AFTER_MS = 2_000;

export interface WatchedProjection {
  readonly name: string;
  readonly store: ReadStore;
  /** All its generations, as just seen. */
  observe(generations: readonly Generation[]): void;
  /** The read store has not answered for a while: `CODE: message`. */
  storeIsAway(reason: string): void;
  /** It wants to know who holds which lease. */
  readonly watchesLeases: boolean;
  /** All leases of the store, as just seen. */
  observeLeases(leases: readonly HeldLease[]): void;
}

export class ServingWatch {
  readonly #byStore = new Map<ReadStore, WatchedProjection[]>();
  readonly #runtime: Runtime;
  readonly #heartbeats: Heartbeat[] = [];

  constructor(projections: Iterable<WatchedProjection>, runtime: Runtime) {
    this.#runtime = runtime;
    for (const projection of projections) {
      const others = this.#byStore.get(projection.store) ?? [];
      this.#byStore.set(projection.store, [...others, projection]);
    }
  }

  /** Stores whose look does not come to an end. */
  silent(): readonly SilentLoop[] {
    return this.#heartbeats.flatMap((heartbeat) => heartbeat.silence() ?? []);
  }

  /** Looks at each store twice a second, four times while a projection waits for a lease or is shared out, until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#byStore].map(([store, projections]) => this.#watch(store, projections, signal)));
  }

  async #watch(store: ReadStore, projections: readonly WatchedProjection[], signal: AbortSignal): Promise<void> {
    const heartbeat = new Heartbeat(`the watch of read store ${store.name}`, this.#runtime);
    this.#heartbeats.push(heartbeat);
    const isAnyWatching = (): boolean => projections.some(({ watchesLeases }) => watchesLeases);
    let answeredAtMs = this.#runtime.monotonic();
    for (;;) {
      heartbeat.busy('one look');
      await this.#runtime.sleep(isAnyWatching() ? INTERVAL_STANDBY_MS : INTERVAL_MS, signal);
      if (signal.aborted) return heartbeat.idle();
      try {
        const generations = await store.generations();
        answeredAtMs = this.#runtime.monotonic();
        for (const projection of projections) projection.observe(generations.filter((one) => one.projection === projection.name));
        if (!isAnyWatching()) continue;
        const leases = await store.leases();
        for (const projection of projections) projection.observeLeases(leases);
      } catch (error) {
        // A projection meets the same failure when it writes, but one that has nothing to write would never tell.
        if (this.#runtime.monotonic() - answeredAtMs < AWAY_AFTER_MS) continue;
        for (const projection of projections) projection.storeIsAway(reasonOf(error));
      }
    }
  }
}
