// A projector's report about each of its projections.
import type { Position } from '@mainstem/event-store';
import type { Figures } from '../definition/hosted-projection.js';
import type { Phase } from './projection-state.js';
import type { FillingStatus } from '../generations/filling-status.js';

export interface ProjectionStatus {
  readonly projection: string;
  /** Name of its read store. */
  readonly store: string;
  /** The generation that it writes; 0 before one is open. */
  readonly generation: number;
  readonly state: Phase;
  /** The instance that runs it, if known; absent without leases, or with several. In `standby`, another one. */
  readonly owner?: string;
  /** Why it retries, has stopped or is stalled (PROJECTION_STALLED): `CODE: message`. */
  readonly reason?: string;
  /** Everything up to here was applied. */
  readonly position?: Position;
  /** The end of the event store, as far as it is known here. */
  readonly head?: Position;
  /** Positions between the two; absent if positions do not count events. */
  readonly lagEvents?: bigint;
  /** Time since it was last known to be at the head, or since its last event was recorded, whichever is less. */
  readonly lagMs?: number;
  /** The number of keys with parked events. */
  readonly parkedKeys: number;
  /** The number of parked events of all keys. */
  readonly parkedEvents: number;
  /** Since the start of this process. */
  readonly eventsApplied: number;
  readonly eventsPerSecond: number;
  /** False while it retries, has stopped, or makes no progress for ten seconds although there is work. */
  readonly isHealthy: boolean;
  /** The generation being filled beside it, in any process; absent if there is none. */
  readonly rebuild?: FillingStatus;
  /** What works beside it counts, as of its last look: overdue deadlines, stuck instances. Absent without such. */
  readonly figures?: Figures;
  /** The parts of a partitioned projection, in order. The figures above are of the last part, or sums. */
  readonly partitions?: readonly PartitionStatus[];
}

export interface PartitionStatus {
  /** From 0. */
  readonly partition: number;
  readonly state: Phase;
  readonly owner?: string;
  /** These have the same meaning as for the whole. */
  readonly position?: Position;
  readonly lagEvents?: bigint;
  readonly lagMs?: number;
  readonly reason?: string;
}
