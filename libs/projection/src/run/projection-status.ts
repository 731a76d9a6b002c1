// What a projector tells about each of its projections.
import type { Position } from '@mainstem/event-store';
import type { Phase } from './projection-state.js';
import type { FillingStatus } from '../generations/filling-status.js';

export interface ProjectionStatus {
  readonly projection: string;
  /** Name of its read store. */
  readonly store: string;
  /** The generation that it writes; 0 before one is open. */
  readonly generation: number;
  readonly state: Phase;
  /** The instance that runs it, as far as it is known here; absent without leases, and where its parts have several. While `standby`, it is another one. */
  readonly owner?: string;
  /** Why it retries, has stopped or is stalled (PROJECTION_STALLED): `CODE: message`. */
  readonly reason?: string;
  /** Everything up to here was applied. */
  readonly position?: Position;
  /** End of the event store, as far as it is known here. */
  readonly head?: Position;
  /** Positions between the two; absent where positions do not count events. */
  readonly lagEvents?: bigint;
  /** Time since it was last known to be at the head, or since the last event that it applied was recorded, whichever is less. */
  readonly lagMs?: number;
  /** Keys with events that are set aside. */
  readonly parkedKeys: number;
  /** These events, of all keys. */
  readonly parkedEvents: number;
  /** Since the start of this process. */
  readonly eventsApplied: number;
  readonly eventsPerSecond: number;
  /** False while it retries, has stopped, or makes no progress for ten seconds although there is something to do. */
  readonly isHealthy: boolean;
  /** The generation that is being filled beside, by whichever process; absent while there is none. */
  readonly rebuild?: FillingStatus;
  /** Of a projection that is split: its parts, in order. The figures above are then those of the part that is furthest behind, or sums. */
  readonly partitions?: readonly PartitionStatus[];
}

export interface PartitionStatus {
  /** From 0. */
  readonly partition: number;
  readonly state: Phase;
  readonly owner?: string;
  /** These as for the whole. */
  readonly position?: Position;
  readonly lagEvents?: bigint;
  readonly lagMs?: number;
  readonly reason?: string;
}
