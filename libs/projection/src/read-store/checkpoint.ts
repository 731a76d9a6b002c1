// What a read store remembers about how far a projection has come.
import { eventId, position, type EventMark, type Incarnation, type Position } from '@mainstem/event-store';

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
  /**
   * The newest event up to `position` that was known at the last commit, applied or passed over: by it the event store is known again after it
   * was restored. Absent before the first one, and where an older program has made all commits so far.
   */
  readonly lastEvent?: EventMark;
}

/** A mark as read stores keep it, in a field of its own that older programs do not know; null where there is none. */
export const eventMarkText = (mark: EventMark | undefined): string | null => (mark ? `${mark.position} ${mark.id}` : null);

/** The part of a checkpoint that such a text stands for; nothing for null and for ''. Errors: EVENT_STORE_INVALID_INPUT. */
export const lastEventIn = (text: string | null | undefined): Pick<Checkpoint, 'lastEvent'> => {
  if (!text) return {};
  const [place = '', id = ''] = text.split(' ');
  return { lastEvent: { position: position(place), id: eventId(id) } };
};

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
