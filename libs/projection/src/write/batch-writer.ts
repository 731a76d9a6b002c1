// Shared by both kinds of projections when they write a batch.
import type { EventMark, EventReader, Position, RecordedEvent } from '@mainstem/event-store';
import type { ParkedEvent } from '../read-store/read-store.js';
import type { Poison } from '../fold/batch-refused.js';
import type { OpenGeneration } from '../generations/open-generation.js';
import type { Condemned } from '../fold/parking.js';

/** Events that follow the generation's position without a hole, and the position after them. */
export interface Batch {
  readonly events: readonly RecordedEvent[];
  readonly position: Position | undefined;
  /** The newest known event up to there; absent if the generation already knows it. */
  readonly lastEvent?: EventMark | undefined;
}

export interface WriteOptions {
  readonly condemned: readonly Condemned[];
  readonly nowMs: number;
  /** True: commit even if only the position has changed. */
  readonly isCheckpointDue: boolean;
}

export interface Written {
  /** Wanted events that have taken effect or were parked. */
  readonly eventsApplied: number;
  readonly isCommitted: boolean;
  /** The event before which the batch was cut, because it could not be folded. Everything before it was written. */
  readonly poison?: Poison;
}

export interface BatchWriter {
  /**
   * Applies a batch to the generation and moves its position. A very large one may take several commits; if a later one
   * fails, the generation's position shows what was written. Errors: BatchRefused, and those of the read store; after
   * an error the generation must be opened again.
   */
  write(open: OpenGeneration, batch: Batch, options: WriteOptions): Promise<Written>;

  /**
   * Takes parked events of one list off it, in order, up to the first one that fails again, so that all is as if those
   * had never been parked. Events that others have overtaken are folded anew, and what cannot be counts as failed.
   * Errors: those of `write`.
   */
  replay(open: OpenGeneration, key: string, events: readonly ReplayedEvent[], source: ReplaySource): Promise<Replayed>;
}

export interface ReplaySource {
  readonly reader: EventReader;
  readonly nowMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** A parked event, and the event itself, read again. */
export interface ReplayedEvent {
  readonly parked: ParkedEvent;
  readonly event: RecordedEvent;
}

export interface Replayed {
  /** How many events have left the list. */
  readonly settled: number;
  /** The number with all their effects. Others are now parked under another key, or belong to no document. */
  readonly replayed: number;
  /** The number that belongs to no document any more. */
  readonly withoutDocument: number;
  readonly poison?: Poison;
}

/** All of them have had their effect. */
export const allReplayed = (settled: number): Replayed => ({ settled, replayed: settled, withoutDocument: 0 });

/** The part of a batch before a poison event, and the position after it. */
export const batchBefore = (poison: Poison, batch: Batch, from: Position | undefined): Batch =>
  partOf(
    batch,
    batch.events.findIndex((event) => event.position === poison.event.position),
    from,
  );

/** Its first events, and the position after them; `from` if there are none. */
export const partOf = (batch: Batch, end: number, from: Position | undefined): Batch => {
  const events = batch.events.slice(0, end);
  const lastEvent = events.at(-1);
  return { events, position: lastEvent?.position ?? from, lastEvent };
};
