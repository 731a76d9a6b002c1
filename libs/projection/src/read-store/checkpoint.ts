// What a read store remembers about the progress of a projection.
import { eventId, position, type EventMark, type Incarnation, type Position } from '@mainstem/event-store';

/** The last position whose effects are in the read store, with the data that makes it trustworthy. */
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
   * The newest event up to `position` that was known at the last commit, applied or passed: it identifies the event
   * store after a restore. Absent before the first commit, and if an older program has made all commits so far.
   */
  readonly lastEvent?: EventMark;
}

/** The stored form of a mark, in a field that older programs do not know; null for none. */
export const eventMarkText = (mark: EventMark | undefined): string | null => (mark ? `${mark.position} ${mark.id}` : null);

/** The checkpoint's part from such a text; nothing for null and ''. Errors: EVENT_STORE_INVALID_INPUT. */
export const lastEventIn = (text: string | null | undefined): Pick<Checkpoint, 'lastEvent'> => {
  if (!text) return {};
  const [place = '', id = ''] = text.split(' ');
  return { lastEvent: { position: position(place), id: eventId(id) } };
};

/**
 * Life of a generation: `filling` from the start of the event store, `serving` queries, `retired` (kept for rollback).
 * At most one generation of a projection serves. `side`: filled up to some position and never promoted.
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
  /** Hash of the projection's definition; only a projection with the same fingerprint may write it. */
  readonly fingerprint: string;
  /** With several parts: the checkpoint of the part furthest behind, because all parts hold everything up to it. */
  readonly checkpoint: Checkpoint;
  /** The checkpoint of each part of a partitioned projection, in order; absent for others. Parts are independent. */
  readonly partitions?: readonly Checkpoint[];
  /**
   * What the store has found missing. The store then made it a `side` generation, which is no longer served or written;
   * the projection fills another one automatically. Absent if nothing is known to be wrong.
   */
  readonly damage?: string;
  /** It is in a bulk load: whatever only queries need, such as secondary indexes, is missing before `finishBulk`. */
  readonly isBulk: boolean;
  /** ISO 8601 in UTC. */
  readonly createdAt: string;
  /** Of the last commit or promotion, by the writer's clock: a sign of life. ISO 8601 in UTC. */
  readonly updatedAt: string;
}
