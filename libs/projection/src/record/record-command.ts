// What a record may be asked for, as data: a store may keep it in a log, send it, or decide it at once.
import type { Incarnation } from '@mainstem/event-store';
import type { CheckpointMove } from '../read-store/read-store.js';

/** By whose clock a decision is dated: the writer's. ISO 8601 in UTC. */
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
  /** Parts, from 1. */
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

/** For stores that decide each commit by the record; others do the same by one statement. */
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

/** What only the store can do, in the same step as the record changes. */
export type Effect =
  /** Make the collections of a new generation, empty. */
  | { readonly do: 'make'; readonly generation: number }
  /** A session begins: bring what is derived from documents to what the process declares. */
  | { readonly do: 'begin'; readonly generation: number }
  /** Make what a generation filled in bulk still lacks. */
  | { readonly do: 'complete'; readonly generation: number }
  /** From now on queries see this generation, and the former one no more; undefined where none served or none is to. */
  | { readonly do: 'show'; readonly generation: number | undefined; readonly former: number | undefined }
  /** Delete the collections and the parked events of a generation. */
  | { readonly do: 'delete'; readonly generation: number }
  /** End all leases of the projection. */
  | { readonly do: 'end-leases' };
