// Errors of generations that may not be opened, filled or promoted as they are.
import { MainstemError } from '@mainstem/event-store';

/** The stored generation was filled by another definition and the policy is not to rebuild by itself. */
export class ProjectionChanged extends MainstemError {
  constructor(
    readonly projection: string,
    readonly generation: number,
  ) {
    super(
      'PROJECTION_CHANGED',
      `Projection ${projection} is not the one that filled generation ${generation}: its definition, or the number of parts that it is split into, has changed. ` +
        "Set its policy to rebuild: 'auto', or deploy the definition that filled it.",
    );
  }
}

/** The checkpoint belongs to another event store: its positions mean nothing here. */
export class ForeignEventStore extends MainstemError {
  constructor(
    readonly projection: string,
    readonly expected: string,
    readonly actual: string,
  ) {
    super(
      'PROJECTION_FOREIGN_EVENT_STORE',
      `Read model ${projection} was filled from event store ${expected}, but this one is ${actual}. ` +
        'Check the configuration; if the event store was replaced on purpose, drop the read models and let them be filled anew.',
    );
  }
}

/** The checkpoint lies beyond the end of the event store, which must have been restored to an earlier state. */
export class CheckpointAhead extends MainstemError {
  constructor(
    readonly projection: string,
    readonly store: string,
    readonly position: bigint,
    readonly head: bigint | undefined,
  ) {
    super(
      'PROJECTION_CHECKPOINT_AHEAD',
      `Read model ${projection} in ${store} is at position ${position}, but the event store ends at ${head ?? 'none'}: it was restored to an earlier state. ` +
        `Restore the newer event store, or run mainstem rebuild ${projection}; then start the projector again.`,
    );
  }
}

/** The event that the checkpoint stands on is not in the event store any more, which must have been restored to an earlier state and has grown since. */
export class ProjectionOfRestoredStore extends MainstemError {
  constructor(
    readonly projection: string,
    readonly store: string,
    readonly position: bigint,
  ) {
    super(
      'PROJECTION_EVENT_STORE_RESTORED',
      `Read model ${projection} in ${store} has applied an event at position ${position} that the event store does not hold: it was restored to an earlier ` +
        `state and has grown since. Run mainstem rebuild ${projection}; then start the projector again.`,
    );
  }
}

/** So many keys are parked that the projection as a whole must be wrong. */
export class TooManyParked extends MainstemError {
  constructor(
    readonly projection: string,
    readonly keysMax: number,
  ) {
    super(
      'PROJECTION_TOO_MANY_PARKED',
      `Projection ${projection} has parked events of more than ${keysMax} keys. Fix the projection, then replay them.`,
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

/** The generation has not applied what the event store holds; it was deleted, and the one that served goes on. */
export class RebuildNotVerified extends MainstemError {
  constructor(
    readonly projection: string,
    readonly generation: number,
    readonly expected: string,
    readonly actual: string,
  ) {
    super(
      'REBUILD_NOT_VERIFIED',
      `Generation ${generation} of ${projection} has applied other events than the event store holds (digest ${actual}, not ${expected}). ` +
        'It was deleted and nothing was promoted. Rebuild it again; if that fails too, check the event store.',
    );
  }
}
