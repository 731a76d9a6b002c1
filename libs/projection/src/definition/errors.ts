// Errors of definitions: the program has to be changed.
import { MainstemError } from '@mainstem/event-store';

/** A projection's definition cannot work; the program has to be changed. */
export class InvalidProjection extends MainstemError {
  constructor(
    readonly projection: string,
    problem: string,
  ) {
    super('PROJECTION_INVALID_DEFINITION', `Projection ${projection}: ${problem}`);
  }
}

/** A read store keeps a collection for the projection that has generations with it. */
export class CollectionTaken extends InvalidProjection {
  constructor(
    projection: string,
    readonly collection: string,
    readonly owner: string,
  ) {
    super(
      projection,
      `the collection ${collection} belongs to projection ${owner}; choose another name. If the application does not have ${owner} any more, ` +
        `remove what it has left behind: mainstem forget ${owner}`,
    );
  }
}

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
