// Errors of running projections, and of readers that wait for one.
import { MainstemError, nearestName } from '@mainstem/event-store';

/** This process hosts no projection of that name. */
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

/** Several read stores hold a projection of that name; the caller must choose one. */
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

/** The maximum of readers waits for positions of this read store; this one was turned away at once. */
export class WaitRefused extends MainstemError {
  constructor(waitingMax: number) {
    super(
      'PROJECTION_WAIT_REFUSED',
      `More than ${waitingMax} readers already wait for a position of this read store. Ask again later, or without a position.`,
    );
  }
}

/** A read model has not reached a position within the given time. */
export class ProjectionBehind extends MainstemError {
  constructor(
    readonly projection: string,
    readonly wanted: bigint,
    readonly actual: bigint | undefined,
    readonly timeoutMs: number,
    /** Why it makes no progress, if known. For operators: it may contain addresses and texts of a driver. */
    readonly reason?: string,
  ) {
    super(
      'PROJECTION_BEHIND',
      `Read model ${projection} is at position ${actual ?? 'none'}, not yet at ${wanted}, after ${timeoutMs} ms. ${reason ?? 'Try again later.'}`,
    );
  }
}

/** An operator has paused the projection: it reaches no further position until it is resumed. */
export class ProjectionPaused extends MainstemError {
  constructor(
    readonly projection: string,
    readonly wanted: bigint,
    readonly actual: bigint | undefined,
    /** By whom, since when and why. For operators. */
    readonly reason: string,
  ) {
    super(
      'PROJECTION_PAUSED',
      `Read model ${projection} is paused at position ${actual ?? 'none'}, before ${wanted} (${reason}). mainstem resume ${projection} lets it go on.`,
    );
  }
}

/** No store can keep a lease of this length or owner. */
export class InvalidLease extends MainstemError {
  constructor(problem: string) {
    super('PROJECTOR_INVALID_LEASE', `The lease of the projector is not valid: ${problem}.`);
  }
}
