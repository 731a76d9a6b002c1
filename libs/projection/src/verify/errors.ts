// Errors of comparing a read model with the events.
import { MainstemError } from '@mainstem/event-store';

/** Parked events were replayed several times during a verification; there is no result. */
export class VerifyDisturbed extends MainstemError {
  constructor(
    readonly projection: string,
    readonly attempts: number,
  ) {
    super(
      'PROJECTION_VERIFY_DISTURBED',
      `Parked events of ${projection} were replayed while it was being verified, ${attempts} times in a row. Verify it again when the replay is done.`,
    );
  }
}

/** The documents do not fit the given memory, in any number of parts. */
export class VerifyTooLarge extends MainstemError {
  constructor(
    readonly projection: string,
    readonly memoryBytesMax: number,
    readonly keyRangesMax: number,
  ) {
    super(
      'PROJECTION_VERIFY_TOO_LARGE',
      `Projection ${projection} cannot be verified in ${keyRangesMax} parts of ${memoryBytesMax} bytes. Raise memoryBytesMax or keyRangesMax, or verify a sample.`,
    );
  }
}
