// Errors of side generations.
import { MainstemError } from '@mainstem/event-store';

/** The event store does not reach the place up to which a generation should be filled. */
export class UntilAhead extends MainstemError {
  constructor(
    readonly until: string,
    readonly head: bigint | undefined,
  ) {
    super('PROJECTION_UNTIL_AHEAD', `There is no ${until} yet: the event store ends at ${head ?? 'none'}. Choose an earlier place.`);
  }
}
