// What a read store remembers about how far a projection has come.
import type { Incarnation, Position } from '@mainstem/event-store';

/** The last position whose effects are in the read store, and what makes that claim trustworthy. */
export interface Checkpoint {
  /** The event store that the position belongs to. */
  readonly incarnation: Incarnation;
  /** Resume strictly after it; undefined before the first batch. */
  readonly position: Position | undefined;
  /** Fencing number: opening a session raises it, and a commit with an older one fails. */
  readonly epoch: number;
  /** Rolling hash over the positions and ids of all events applied: 16 hex digits. */
  readonly digest: string;
}

/**
 * Life of a generation: `filling` from the start of the event store, `serving` queries, `retired` (kept for rollback).
 * Of one projection at most one generation serves. `side`: filled up to some position and never promoted.
 */
export type GenerationState = 'filling' | 'serving' | 'retired' | 'side';

/** A numbered copy of a projection's read model. */
export interface Generation {
  readonly projection: string;
  /** From 1, never used again. */
  readonly number: number;
  readonly state: GenerationState;
  /** Declared version of the projection that fills it. */
  readonly version: number;
  /** Hash of the projection's definition; only a projection with the same fingerprint may write to it. */
  readonly fingerprint: string;
  /** Where there are several parts: that of the part which is furthest behind, because everything up to there is in all of them. */
  readonly checkpoint: Checkpoint;
  /** The checkpoint of each part, in order, for a projection that is split; absent for others. All parts are written independently. */
  readonly partitions?: readonly Checkpoint[];
  /**
   * What the store has found missing in it. It was then taken aside (state `side`), so that it neither serves nor is written any more; the projection
   * fills another one by itself. Absent while nothing is known to be wrong.
   */
  readonly damage?: string;
  /** It is being filled in bulk: whatever serves queries alone, such as secondary indexes, is not there before `finishBulk`. */
  readonly isBulk: boolean;
  /** ISO 8601 in UTC. */
  readonly createdAt: string;
  /** Of the last commit or promotion, by the writer's clock: a sign of life. ISO 8601 in UTC. */
  readonly updatedAt: string;
}
