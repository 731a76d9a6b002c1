// Decides when a checkpoint is written that was moved only by events without effect: seldom, unless somebody waits for it.
import type { Runtime } from '@mainstem/event-store';
import type { OpenGeneration } from '../generations/open-generation.js';
import type { PositionWaiters } from './position-waiters.js';

/** Such a checkpoint is written at most this often. */
const INTERVAL_MS = 50;

export interface CheckpointScheduleOptions {
  readonly runtime: Runtime;
  readonly waiters: Pick<PositionWaiters, 'isAwaited'>;
  /** Lets the loop look again whether one is due. */
  readonly wake: () => void;
  /** Ends the timer. */
  readonly signal: AbortSignal;
}

export class CheckpointSchedule {
  readonly #options: CheckpointScheduleOptions;
  #committedAtMs = -Infinity;
  #isScheduled = false;

  constructor(options: CheckpointScheduleOptions) {
    this.#options = options;
  }

  /** A checkpoint was written, with effects or without: the interval begins anew. */
  committed(): void {
    this.#committedAtMs = this.#options.runtime.monotonic();
  }

  /** Whether a batch that reaches this position is to be committed even if nothing but the position has changed. */
  isDueAt(position: OpenGeneration['position']): boolean {
    return this.#leftMs <= 0 || this.#options.waiters.isAwaited(position);
  }

  /** Whether the generation is ahead of its checkpoint, and the checkpoint is to be written now. */
  isDue(open: OpenGeneration): boolean {
    return open.isAheadOfCheckpoint && this.isDueAt(open.position);
  }

  /** Wakes the loop when the checkpoint of a generation that is ahead of it is due; one timer at a time. */
  schedule(open: OpenGeneration): void {
    if (this.#isScheduled || !open.isAheadOfCheckpoint) return;
    this.#isScheduled = true;
    const { runtime, signal, wake } = this.#options;
    void runtime.sleep(Math.max(1, this.#leftMs), signal).then(() => {
      this.#isScheduled = false;
      wake();
    });
  }

  get #leftMs(): number {
    return this.#committedAtMs + INTERVAL_MS - this.#options.runtime.monotonic();
  }
}
