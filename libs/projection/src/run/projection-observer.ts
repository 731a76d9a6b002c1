// Observes a projection's batches, for metrics and traces; this library knows neither.
import type { RecordedEvent } from '@mainstem/event-store';

export interface ObservedBatch {
  readonly projection: string;
  /** Name of its read store. */
  readonly store: string;
  /** At least one; decoded on use of their content. */
  readonly events: readonly RecordedEvent[];
}

export interface BatchEnd {
  /** Wanted events that have taken effect or were parked. */
  readonly eventsApplied: number;
  /** True if there was a commit; without an effect there may be none. */
  readonly isCommitted: boolean;
  readonly error?: unknown;
}

/** Called a few times a batch, never for each event. Must not throw. */
export interface ProjectionObserver {
  /** A batch is about to be loaded, folded and committed. The returned function is called at its end or failure. */
  writing(batch: ObservedBatch): (end: BatchEnd) => void;
  /** A try has failed; there will be another one. */
  retrying(projection: string, store: string): void;
}
