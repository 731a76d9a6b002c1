// Errors of the query API.
import { MainstemError } from '@mainstem/event-store';

/** There are only the known names, whatever the events say. */
export class UnknownName extends MainstemError {
  constructor(
    readonly kind: string,
    readonly key: string,
    known: readonly string[],
  ) {
    super('READ_MODEL_KEY_UNKNOWN', `There is no ${kind} ${key}. There are ${known.join(', ')}.`);
  }
}
