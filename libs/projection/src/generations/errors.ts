// Errors of generations that must not be opened, filled or promoted in their present state.
import { MainstemError } from '@mainstem/event-store';

/** Another definition filled the stored generation, and the policy forbids an automatic rebuild. */
export class ProjectionChanged extends MainstemError {
  constructor(
    readonly projection: string,
    readonly generation: number,
  ) {
    super(
      'PROJECTION_CHANGED',
      `Another definition of projection ${projection} filled generation ${generation}: its code, or its number of parts, has changed. ` +
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
        'Check the configuration. If the event store was replaced on purpose, drop the read models; the projector then fills them anew.',
    );
  }
}

/** The checkpoint lies beyond the end of the event store, which was restored to an earlier state. */
export class CheckpointAhead extends MainstemError {
  readonly position: bigint;
  /** Undefined: the event store has no event. */
  readonly head: bigint | undefined;

  constructor(
    readonly projection: string,
    readonly store: string,
    { position, head, remedy }: { readonly position: bigint; readonly head: bigint | undefined; readonly remedy: string },
  ) {
    super(
      'PROJECTION_CHECKPOINT_AHEAD',
      `Read model ${projection} in ${store} is at position ${position}, but the event store ends at ${head ?? 'none'}: it was restored to an earlier state. ` +
        `Restore the newer event store, or run ${remedy}; then start the projector again.`,
    );
    this.position = position;
    this.head = head;
  }
}

/** The event at the checkpoint is missing: the event store was restored to an earlier state and has grown since. */
export class ProjectionOfRestoredStore extends MainstemError {
  readonly position: bigint;

  constructor(
    readonly projection: string,
    readonly store: string,
    { position, remedy }: { readonly position: bigint; readonly remedy: string },
  ) {
    super(
      'PROJECTION_EVENT_STORE_RESTORED',
      `Read model ${projection} in ${store} has applied an event at position ${position} that the event store does not hold: it was restored to an earlier ` +
        `state and has grown since. Run ${remedy}; then start the projector again.`,
    );
    this.position = position;
  }
}

/** So many keys are parked that the whole projection must be wrong. */
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

/** The instance of part 0 creates the generation and has not done so yet; this part tries again until it has. */
export class PartitionWaits extends MainstemError {
  constructor(
    readonly projection: string,
    readonly partition: number,
  ) {
    super(
      'PROJECTION_PARTITION_WAITS',
      `Part ${partition} of projection ${projection} waits for its generation, which the instance that runs part 0 creates. If that takes long, look at the status of part 0.`,
    );
  }
}

/** The generation has applied other events than the event store holds; it was deleted, and the serving one goes on. */
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
