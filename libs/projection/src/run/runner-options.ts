// The options of one run of a projection.
import type { EventReader, Position, Runtime } from '@mainstem/event-store';
import type { Partition } from '../read-store/partition.js';
import type { PartitionShare } from './partition-share.js';
import type { DigestCheck } from '../generations/digest-check.js';
import type { CrashPoints } from '../generations/crash-points.js';
import type { Hosted } from '../definition/hosted-projection.js';
import type { LeaseOptions } from './lease-keeper.js';
import type { ProjectionObserver } from './projection-observer.js';
import type { ProjectionStatus } from './projection-status.js';
import type { FillPhase } from '../generations/promotion.js';
import type { SharedSubscription } from '../feed/shared-subscription.js';

export interface RunnerOptions {
  readonly hosted: Hosted;
  readonly reader: EventReader;
  readonly subscription: SharedSubscription;
  readonly runtime: Runtime;
  readonly batchSizeMax: number;
  /** The cache of documents between batches. */
  readonly cacheBytesMax: number;
  readonly crash: CrashPoints | undefined;
  readonly check: DigestCheck;
  /** A certain generation, until another instance writes it. Default: the one that this definition serves from. */
  readonly only?: OnlyGeneration;
  /** The part of the projection; `WHOLE` for one that is not partitioned. */
  readonly partition: Partition;
  /** Decides which parts this instance runs; for partitioned projections. */
  readonly share?: PartitionShare | undefined;
  /** Run only while this lease is held. Default: run at once. */
  readonly lease?: LeaseOptions | undefined;
  /** The end of the event store, as far as it is known. */
  readonly head: () => Position | undefined;
  /** Called when state or reason change. Must not throw. */
  readonly onChange: (status: ProjectionStatus) => void;
  readonly observe?: ProjectionObserver | undefined;
}

/** A generation that an operator wants to fill, or bring up to date, and promote. */
export interface OnlyGeneration {
  readonly number: number;
  /** Called as it proceeds. Must not throw. */
  readonly onPhase: (phase: FillPhase) => void;
}
