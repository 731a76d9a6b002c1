// Commands on a record, as data: a store may log them, send them, or decide them at once.
import type { Incarnation } from '@mainstem/event-store';
import type { CheckpointMove } from '../read-store/read-store.js';

/** The time of a decision, by the writer's clock. ISO 8601 in UTC. */
interface Dated {
  readonly at: string;
}

/** A session's claim to one part of a generation. */
export interface Claim {
  readonly generation: number;
  /** From 0. */
  readonly partition: number;
  readonly epoch: number;
}

export interface Create extends Dated {
  readonly do: 'create';
  readonly version: number;
  readonly fingerprint: string;
  readonly incarnation: Incarnation;
  readonly collections: readonly string[];
  /** The number of parts, from 1. */
  readonly partitions: number;
  readonly isBulk: boolean;
  readonly isSide: boolean;
}

export interface Open extends Dated {
  readonly do: 'open';
  readonly generation: number;
  readonly partition: number;
  readonly fingerprint: string;
}

/** For stores that decide each commit by the record; others do it in one statement. */
export interface Commit extends Dated, Claim {
  readonly do: 'commit';
  readonly move: CheckpointMove;
}

export interface FinishBulk extends Dated, Claim {
  readonly do: 'finish-bulk';
}

export interface Promote extends Dated {
  readonly do: 'promote';
  readonly generation: number;
  readonly isForced: boolean;
  readonly fencesWriter: boolean;
}

export interface Drop extends Dated {
  readonly do: 'drop';
  readonly generation: number;
}

export interface Forget extends Dated {
  readonly do: 'forget';
}

export type RecordCommand = Create | Open | Commit | FinishBulk | Promote | Drop | Forget;

/** Work of the store, in the same step as the change of the record. */
export type Effect =
  /** Make the empty collections of a new generation. */
  | { readonly do: 'make'; readonly generation: number }
  /** A session begins: derive what the process declares. */
  | { readonly do: 'begin'; readonly generation: number }
  /** Make what a bulk generation still lacks. */
  | { readonly do: 'complete'; readonly generation: number }
  /** From now on queries see this generation instead of the former one; undefined if there is none. */
  | { readonly do: 'show'; readonly generation: number | undefined; readonly former: number | undefined }
  /** Delete the collections and the parked events of a generation. */
  | { readonly do: 'delete'; readonly generation: number }
  /** End all leases of the projection. */
  | { readonly do: 'end-leases' }
  /** Remove all notes about the projection. */
  | { readonly do: 'remove-notes' };
