// What one run of a projection needs.
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
  /** For documents kept between batches. */
  readonly cacheBytesMax: number;
  readonly crash: CrashPoints | undefined;
  readonly check: DigestCheck;
  /** Work for one certain generation and end as soon as another instance writes it. Default: the one that this definition is to serve from. */
  readonly only?: OnlyGeneration;
  /** Which part of the projection; `WHOLE` for one that is not split. */
  readonly partition: Partition;
  /** Says which parts this instance is to run; for projections that are split. */
  readonly share?: PartitionShare | undefined;
  /** Run only while this lease is held. Default: run at once. */
  readonly lease?: LeaseOptions | undefined;
  /** End of the event store, as far as it is known. */
  readonly head: () => Position | undefined;
  /** Called when state or reason change. Must not throw. */
  readonly onChange: (status: ProjectionStatus) => void;
  readonly observe?: ProjectionObserver | undefined;
}

/** A generation that somebody asked to be filled, or brought up to date, and promoted. */
export interface OnlyGeneration {
  readonly number: number;
  /** Called as it proceeds. Must not throw. */
  readonly onPhase: (phase: FillPhase) => void;
}
