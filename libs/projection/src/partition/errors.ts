// Errors of projections that are split into parts.
import { MainstemError } from '@mainstem/event-store';

/** The projection cannot be split: one writer has to see all of its events. */
export class NotPartitionable extends MainstemError {
  constructor(
    readonly projection: string,
    problem: string,
  ) {
    super(
      'PROJECTION_NOT_PARTITIONABLE',
      `Projection ${projection} cannot be split into parts: ${problem}. Run it in one part, or move what stands in the way into a projection of its own.`,
    );
  }
}

export class InvalidPartitions extends MainstemError {
  constructor(
    readonly projection: string,
    readonly partitions: number,
    partitionsMax: number,
  ) {
    super(
      'PROJECTION_INVALID_PARTITIONS',
      `Projection ${projection} cannot have ${partitions} parts; a whole number from 1 to ${partitionsMax} is possible.`,
    );
  }
}

/** The generation is made by the instance that runs part 0, which has not done so yet; tried again until it has. */
export class PartitionWaits extends MainstemError {
  constructor(
    readonly projection: string,
    readonly partition: number,
  ) {
    super(
      'PROJECTION_PARTITION_WAITS',
      `Part ${partition} of projection ${projection} waits for its generation, which is made by whoever runs part 0. If that takes long, look at the status of part 0.`,
    );
  }
}
