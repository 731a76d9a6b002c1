// Errors of running projections, and of whoever waits for one.
import { MainstemError, nearestName } from '@mainstem/event-store';

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
    /** Why it does not get on, where that is known. For operators: it may name addresses and tell what a driver says. */
    readonly reason?: string,
  ) {
    super(
      'PROJECTION_BEHIND',
      `Read model ${projection} is at position ${actual ?? 'none'}, not yet at ${wanted}, after ${timeoutMs} ms. ${reason ?? 'Try again later.'}`,
    );
  }
}

/** A projector was given a lease that no store can keep. */
export class InvalidLease extends MainstemError {
  constructor(problem: string) {
    super('PROJECTOR_INVALID_LEASE', `The lease of the projector is not valid: ${problem}.`);
  }
}
