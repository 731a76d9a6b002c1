// Errors of comparing a read model with the events.
import { MainstemError } from '@mainstem/event-store';

/** Parked events were replayed again and again while a read model was verified; nothing is known about it. */
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

/** The documents do not fit the memory given for verifying them, in however many parts. */
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
