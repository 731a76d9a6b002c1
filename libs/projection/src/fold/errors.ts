// Errors of folding: an event that cannot be applied.
import { MainstemError } from '@mainstem/event-store';
import { shownKey } from '../read-store/errors.js';

/** An event could not be folded. It carries the event's place; the cause is the projection's error. */
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
