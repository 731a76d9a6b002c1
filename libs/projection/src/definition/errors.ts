// Errors of definitions. Change the program.
import { MainstemError } from '@mainstem/event-store';

/** A projection's definition cannot work. Change the program. */
export class InvalidProjection extends MainstemError {
  constructor(
    readonly projection: string,
    problem: string,
  ) {
    super('PROJECTION_INVALID_DEFINITION', `Projection ${projection}: ${problem}`);
  }
}

/** A read store keeps a collection for the projection whose generations have it. */
export class CollectionTaken extends InvalidProjection {
  constructor(
    projection: string,
    readonly collection: string,
    readonly owner: string,
  ) {
    super(
      projection,
      `the collection ${collection} belongs to projection ${owner}; choose another name. If the application no longer has ${owner}, ` +
        `remove its leftovers: mainstem forget ${owner}`,
    );
  }
}

/** The projection cannot be partitioned: one writer must see all of its events. */
export class NotPartitionable extends MainstemError {
  constructor(
    readonly projection: string,
    problem: string,
  ) {
    super(
      'PROJECTION_NOT_PARTITIONABLE',
      `Projection ${projection} cannot be split into parts: ${problem}. Run it in one part, or move the obstacle into a separate projection.`,
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
