// Errors of running projections, and of whoever waits for one.
import { MainstemError, nearestName } from '@mainstem/event-store';
import { shownKey } from '../read-store/errors.js';

/** Nobody here hosts a projection of that name. */
export class UnknownProjection extends MainstemError {
  constructor(
    readonly projection: string,
    known: readonly string[],
  ) {
    const meant = nearestName(projection, known);
    const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
    super('PROJECTION_UNKNOWN', `There is no projection ${projection}.${hint} Known: ${known.join(', ') || 'none'}.`);
  }
}

/** Several read stores hold a projection of that name, and only one of them can be meant. */
export class AmbiguousProjection extends MainstemError {
  constructor(
    readonly projection: string,
    readonly stores: readonly string[],
  ) {
    super(
      'PROJECTION_AMBIGUOUS',
      `Projection ${projection} is in several read stores: ${stores.join(', ')}. Say which one is meant (store, --store).`,
    );
  }
}

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

/** An event could not be folded. Carries the event's place; the cause is what the projection threw. */
export class ProjectionFailed extends MainstemError {
  constructor(
    readonly projection: string,
    readonly key: string,
    readonly position: bigint,
    readonly type: string,
    cause: unknown,
  ) {
    super(
      'PROJECTION_FAILED',
      `Projection ${projection} failed on ${type} at position ${position} (key ${shownKey(key)}): ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

/** A parked event cannot get the effect that it would have had in its turn. It stays parked. */
export class ReplayRefused extends MainstemError {
  constructor(
    readonly projection: string,
    readonly position: bigint,
    problem: string,
  ) {
    super(
      'PROJECTION_REPLAY_REFUSED',
      `The parked event at position ${position} of projection ${projection} stays parked: ${problem}. Rebuild the projection.`,
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

/** As many readers wait for positions of this read store as may; this one was turned away at once. */
export class WaitRefused extends MainstemError {
  constructor(waitingMax: number) {
    super(
      'PROJECTION_WAIT_REFUSED',
      `More than ${waitingMax} readers wait for this read store to come further. Ask again later, or without a position.`,
    );
  }
}

/** A read model has not reached a position within the time given. */
export class ProjectionBehind extends MainstemError {
  constructor(
    readonly projection: string,
    readonly wanted: bigint,
    readonly actual: bigint | undefined,
    readonly timeoutMs: number,
  ) {
    super(
      'PROJECTION_BEHIND',
      `Read model ${projection} is at position ${actual ?? 'none'}, not yet at ${wanted}, after ${timeoutMs} ms. Try again later.`,
    );
  }
}

/** A projector was given a lease that no store can keep. */
export class InvalidLease extends MainstemError {
  constructor(problem: string) {
    super('PROJECTOR_INVALID_LEASE', `The lease of the projector is not valid: ${problem}.`);
  }
}
