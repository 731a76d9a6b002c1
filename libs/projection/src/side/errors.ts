// Errors of side generations.
import { MainstemError } from '@mainstem/event-store';

/** The first event was recorded after the time up to which a generation should be filled. */
export class UntilTooEarly extends MainstemError {
  constructor(
    readonly until: string,
    /** When the first event was recorded; undefined if there is none. */
    readonly first: string | undefined,
  ) {
    const advice = first === undefined ? 'the event store is empty.' : `the first one was recorded at ${first}. Choose that time or a later one.`;
    super('PROJECTION_UNTIL_TOO_EARLY', `There is no event up to ${until}: ${advice}`);
  }
}

/** The event store does not reach the position up to which a generation should be filled. */
export class UntilAhead extends MainstemError {
  constructor(
    readonly until: bigint,
    readonly head: bigint | undefined,
  ) {
    const advice = head === undefined ? 'is empty.' : `ends at ${head}. Choose that position or an earlier one.`;
    super('PROJECTION_UNTIL_AHEAD', `There is no position ${until} yet: the event store ${advice}`);
  }
}
