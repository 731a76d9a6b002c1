// What the two kinds of projections have in common when they write a batch.
import type { Position, RecordedEvent } from '@mainstem/event-store';
import type { ParkedEvent } from '../read-store/read-store.js';
import type { Poison } from './failures.js';
import type { OpenGeneration } from './open-generation.js';
import type { Condemned } from './parking.js';

/** Events that follow the generation's position without a hole, and the position that is reached with them. */
export interface Batch {
  readonly events: readonly RecordedEvent[];
  readonly position: Position | undefined;
}

export interface WriteOptions {
  readonly condemned: readonly Condemned[];
  readonly nowMs: number;
  /** Commit even if nothing but the position has changed. */
  readonly isCheckpointDue: boolean;
}

export interface Written {
  /** Wanted events that have taken effect or were parked. */
  readonly eventsApplied: number;
  readonly isCommitted: boolean;
  /** The event before which the batch was cut, because it could not be folded. Everything before it has been written. */
  readonly poison?: Poison;
}

export interface BatchWriter {
  /**
   * Applies a batch to the generation and moves its position. A very large one may take several commits; if a later one of them fails, the
   * generation's position tells what has been written. Errors: BatchRefused, and those of the read store; after an error the generation has to
   * be opened again.
   */
  write(open: OpenGeneration, batch: Batch, options: WriteOptions): Promise<Written>;

  /**
   * Folds parked events of one key again, in order, up to the first one that fails again; those before it are not parked any more then.
   * Errors: as `write`.
   */
  replay(open: OpenGeneration, key: string, events: readonly ReplayedEvent[], nowMs: number): Promise<Replayed>;
}

/** A parked event, and the event itself as read again. */
export interface ReplayedEvent {
  readonly parked: ParkedEvent;
  readonly event: RecordedEvent;
}

export interface Replayed {
  /** How many events are settled. */
  readonly settled: number;
  readonly poison?: Poison;
}

/** The part of a batch before a poison event, and the position reached with it. */
export const batchBefore = (poison: Poison, batch: Batch, from: Position | undefined): Batch =>
  partOf(
    batch,
    batch.events.findIndex((event) => event.position === poison.event.position),
    from,
  );

/** Its first events, and the position reached with them; `from` if there are none. */
export const partOf = (batch: Batch, end: number, from: Position | undefined): Batch => {
  const events = batch.events.slice(0, end);
  return { events, position: events.at(-1)?.position ?? from };
};
