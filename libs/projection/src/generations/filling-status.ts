// The progress of the generation that is being filled beside the serving one, in any process, from its checkpoint.
import type { Position, Runtime } from '@mainstem/event-store';
import type { Generation } from '../read-store/checkpoint.js';
import { etaMs } from '../feed/rate-meter.js';
import type { FillPhase } from './promotion.js';
import { newestFillingOf } from './generations-of.js';

/** After this time without a sign of life, it counts as abandoned. */
export const ABANDONED_AFTER_MS = 10_000;
/** The rate covers the last few seconds. */
const WINDOW_MS = 5_000;
const SAMPLES_MAX = 64;

export interface FillingStatus {
  readonly generation: number;
  readonly state: 'rebuilding' | 'abandoned';
  /** Its step on the way to serving; absent if another process fills it. */
  readonly phase?: FillPhase;
  readonly position?: Position;
  /** Out of all events in the event store; absent if positions do not count events. */
  readonly eventsDone?: bigint;
  readonly eventsTotal?: bigint;
  readonly eventsPerSecond?: number;
  /** Of the way to the end of the event store, by position, rounded down; 100 before indexing, check and promotion. */
  readonly percent?: number;
  /** Time until it has caught up, at this rate; absent without a rate. */
  readonly etaMs?: number;
}

interface Sample {
  readonly atMs: number;
  readonly position: Position | undefined;
  readonly updatedAt: string;
}

export class FillingWatch {
  readonly #runtime: Runtime;
  readonly #hasDensePositions: boolean;
  #generation: number | undefined;
  #samples: Sample[] = [];
  #changedAtMs = 0;

  constructor({ runtime, hasDensePositions }: { readonly runtime: Runtime; readonly hasDensePositions: boolean }) {
    this.#runtime = runtime;
    this.#hasDensePositions = hasDensePositions;
  }

  /** The generations of one projection, as just seen. */
  observe(generations: readonly Generation[]): void {
    const filling = newestFillingOf(generations);
    if (filling?.number !== this.#generation) this.#samples = [];
    this.#generation = filling?.number;
    if (!filling) return;
    const atMs = this.#runtime.monotonic();
    const { updatedAt } = filling;
    if (this.#samples.at(-1)?.updatedAt !== updatedAt) {
      // The writer's clock alone proves nothing recent, but it shows that a generation was abandoned long ago.
      const ageMs = this.#samples.length === 0 ? Math.max(0, this.#runtime.now() - Date.parse(updatedAt)) : 0;
      this.#changedAtMs = atMs - ageMs;
    }
    this.#samples.push({ atMs, position: filling.checkpoint.position, updatedAt });
    while (this.#samples.length > SAMPLES_MAX || (this.#samples.length > 2 && atMs - (this.#samples[1]?.atMs ?? atMs) > WINDOW_MS)) {
      this.#samples.shift();
    }
  }

  status(head: Position | undefined): FillingStatus | undefined {
    if (this.#generation === undefined) return undefined;
    const position = this.#samples.at(-1)?.position;
    const isAbandoned = this.#runtime.monotonic() - this.#changedAtMs > ABANDONED_AFTER_MS;
    return {
      generation: this.#generation,
      state: isAbandoned ? 'abandoned' : 'rebuilding',
      ...(position !== undefined && { position }),
      ...(head !== undefined && this.#counts(position ?? 0n, head)),
    };
  }

  #counts(done: bigint, total: bigint): Partial<FillingStatus> {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    const spanMs = first && last ? last.atMs - first.atMs : 0;
    const perSecond = spanMs > 0 ? Math.round((Number(done - (first?.position ?? 0n)) * 1_000) / spanMs) : 0;
    const percent = done >= total ? 100 : Number((done * 100n) / total);
    const eta = etaMs(done, total, perSecond);
    const way = { percent, ...(eta !== undefined && { etaMs: eta }) };
    return this.#hasDensePositions ? { eventsDone: done, eventsTotal: total, eventsPerSecond: perSecond, ...way } : way;
  }
}
