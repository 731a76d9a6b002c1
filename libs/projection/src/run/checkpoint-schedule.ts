// Decides when to write a checkpoint that only events without effect have moved: seldom, unless a reader waits for it.
import type { Runtime } from '@mainstem/event-store';
import type { OpenGeneration } from '../generations/open-generation.js';
import type { PositionWaiters } from './position-waiters.js';

/** The shortest interval between two such checkpoints. */
const INTERVAL_MS = 50;

export interface CheckpointScheduleOptions {
  readonly runtime: Runtime;
  readonly waiters: Pick<PositionWaiters, 'isAwaited'>;
  /** Wakes the loop to check whether one is due. */
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

  /** A checkpoint was written, with or without effects: the interval begins anew. */
  committed(): void {
    this.#committedAtMs = this.#options.runtime.monotonic();
  }

  /** True if a batch that reaches this position must be committed even if only the position has changed. */
  isDueAt(position: OpenGeneration['position']): boolean {
    return this.#leftMs <= 0 || this.#options.waiters.isAwaited(position);
  }

  /** True if the generation is ahead of its checkpoint, and the checkpoint is due now. */
  isDue(open: OpenGeneration): boolean {
    return open.isAheadOfCheckpoint && this.isDueAt(open.position);
  }

  /** Wakes the loop when the checkpoint of a generation that is ahead is due; one timer at a time. */
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
