// Watches which generations serve, which leases are held and what operators tell, so that idle projections notice it.
import { Heartbeat, type Runtime, type SilentLoop } from '@mainstem/event-store';
import type { Generation } from '../read-store/checkpoint.js';
import type { HeldLease } from '../read-store/lease.js';
import type { Note } from '../read-store/note.js';
import type { ReadStore } from '../read-store/read-store.js';
import { reasonOf } from '../fold/failures.js';

const INTERVAL_MS = 500;
const INTERVAL_STANDBY_MS = 250;
/** One failed look may be chance; after this time without success a store is away. */
const AWAY_AFTER_MS = 2_000;

export interface WatchedProjection {
  readonly name: string;
  readonly store: ReadStore;
  /** All its generations, as just seen. */
  observe(generations: readonly Generation[]): void;
  /** The read store has not answered for a while: `CODE: message`. */
  storeIsAway(reason: string): void;
  /** It needs the leases. */
  readonly watchesLeases: boolean;
  /** Notes of operators, as just seen; those of other projections among them. */
  observeNotes(notes: readonly Note[]): void;
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

  /** Stores whose look does not end. */
  silent(): readonly SilentLoop[] {
    return this.#heartbeats.flatMap((heartbeat) => heartbeat.silence() ?? []);
  }

  /** Looks at each store twice a second until the signal fires; four times if leases are wanted. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#byStore].map(([store, projections]) => this.#watch(store, projections, signal)));
  }

  async #watch(store: ReadStore, projections: readonly WatchedProjection[], signal: AbortSignal): Promise<void> {
    const heartbeat = new Heartbeat(`the watch of read store ${store.name}`, this.#runtime);
    this.#heartbeats.push(heartbeat);
    const isAnyWatching = (): boolean => projections.some(({ watchesLeases }) => watchesLeases);
    const names = [...new Set(projections.map(({ name }) => name))];
    let answeredAtMs = this.#runtime.monotonic();
    for (;;) {
      heartbeat.busy('one look');
      await this.#runtime.sleep(isAnyWatching() ? INTERVAL_STANDBY_MS : INTERVAL_MS, signal);
      if (signal.aborted) return heartbeat.idle();
      try {
        const [generations, notes] = await Promise.all([store.generations(), store.notes(names)]);
        answeredAtMs = this.#runtime.monotonic();
        for (const projection of projections) {
          projection.observe(generations.filter((one) => one.projection === projection.name));
          projection.observeNotes(notes);
        }
        if (!isAnyWatching()) continue;
        const leases = await store.leases();
        for (const projection of projections) projection.observeLeases(leases);
      } catch (error) {
        // A projection meets the same failure when it writes, but an idle one would never report it.
        if (this.#runtime.monotonic() - answeredAtMs < AWAY_AFTER_MS) continue;
        for (const projection of projections) projection.storeIsAway(reasonOf(error));
      }
    }
  }
}
