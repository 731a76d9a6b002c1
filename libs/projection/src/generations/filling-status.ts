// How far the generation is that is being filled beside the one that serves, as its checkpoint tells: whichever process fills it.
import type { Position, Runtime } from '@mainstem/event-store';
import type { Generation } from '../read-store/checkpoint.js';
import { etaMs } from '../feed/rate-meter.js';
import type { FillPhase } from './promotion.js';
import { newestFillingOf } from './generations-of.js';

/** Without a sign of life for so long, nobody fills it any more. */
export const ABANDONED_AFTER_MS = 10_000;
/** The rate is that of the last few seconds. */
const WINDOW_MS = 5_000;
const SAMPLES_MAX = 64;

export interface FillingStatus {
  readonly generation: number;
  readonly state: 'rebuilding' | 'abandoned';
  /** Where it is on its way to serving; absent where another process fills it. */
  readonly phase?: FillPhase;
  readonly position?: Position;
  /** Of all in the event store; absent where positions do not count events. */
  readonly eventsDone?: bigint;
  readonly eventsTotal?: bigint;
  readonly eventsPerSecond?: number;
  /** Of the way to the end of the event store, by position, rounded down; 100 before it is indexed, checked and promoted. */
  readonly percent?: number;
  /** Until it has caught up, at this rate; absent while there is none. */
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
      // The clock of the writer alone cannot tell, but it can tell that a generation was left long ago.
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
