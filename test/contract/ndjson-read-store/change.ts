// The lines of a file: one change each, proposed by whoever writes it and judged by everybody who reads it.
import type { EventId, Incarnation, Position, Revision, StreamName } from '@mainstem/event-store';
import { eventMarkText, type CommitBatch, type ParkedEvent, type ProjectionDocument } from '@mainstem/projection/adapter';

// #region change
/** What a line asks for. Places are decimal strings, for JSON has no 64-bit numbers. */
export type Change =
  | {
      readonly do: 'create';
      readonly version: number;
      readonly fingerprint: string;
      readonly incarnation: Incarnation;
      readonly collections: readonly string[];
      readonly isBulk: boolean;
      readonly isSide: boolean;
    }
  | { readonly do: 'open'; readonly generation: number; readonly fingerprint: string }
  | { readonly do: 'commit'; readonly generation: number; readonly epoch: number; readonly batch: BatchLine }
  | { readonly do: 'finish-bulk'; readonly generation: number; readonly epoch: number }
  | { readonly do: 'promote'; readonly generation: number; readonly isForced: boolean }
  | { readonly do: 'drop'; readonly generation: number }
  | { readonly do: 'forget' };

export type Line = Change & { readonly id: string; readonly at: string };
// #endregion

/** A whole batch: documents, parked events and checkpoint are in one line, so they are there together or not at all. */
export interface BatchLine {
  readonly from: string | null;
  readonly to: string | null;
  readonly digest: string;
  /** `position id`; absent in lines of an older program. */
  readonly lastEvent?: string | null;
  readonly changes: readonly CollectionLine[];
  readonly park: readonly ParkedLine[];
  readonly unpark: readonly { readonly key: string; readonly position: string }[];
}

interface CollectionLine {
  readonly collection: string;
  /** Pairs and not an object: a key may be `__proto__`. */
  readonly upserts: readonly (readonly [key: string, document: ProjectionDocument])[];
  readonly deletes: readonly string[];
}

interface ParkedLine extends Omit<ParkedEvent, 'position' | 'revision' | 'stream' | 'eventId'> {
  readonly position: string;
  readonly revision: string;
  readonly stream: string;
  readonly eventId: string;
}

export const batchLine = ({ changes, checkpoint, park = [], unpark = [] }: CommitBatch): BatchLine => ({
  from: checkpoint.from?.toString() ?? null,
  to: checkpoint.to?.toString() ?? null,
  digest: checkpoint.digest,
  lastEvent: eventMarkText(checkpoint.lastEvent),
  changes: changes.map(({ collection, upserts, deletes }) => ({ collection, upserts: [...upserts], deletes })),
  park: park.map((event) => ({ ...event, position: event.position.toString(), revision: event.revision.toString() })),
  unpark: unpark.map(({ key, position }) => ({ key, position: position.toString() })),
});

export const positionOf = (text: string | null): Position | undefined => (text === null ? undefined : (BigInt(text) as Position));

export const parkedOf = (line: ParkedLine): ParkedEvent => ({
  ...line,
  position: BigInt(line.position) as Position,
  revision: BigInt(line.revision) as Revision,
  stream: line.stream as StreamName,
  eventId: line.eventId as EventId,
});

/** Undefined for a line that a crash has cut off: a part of an object is never JSON. */
export const lineOf = (text: string): Line | undefined => {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return undefined;
  }
};
