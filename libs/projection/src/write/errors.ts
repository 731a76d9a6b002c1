// Errors of parked events that are replayed.
import { MainstemError } from '@mainstem/event-store';

/** A parked event cannot get the effect that it would have had in its place. It stays parked. */
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
