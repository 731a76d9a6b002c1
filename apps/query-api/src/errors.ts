// Errors of the query API.
import { MainstemError } from '@mainstem/event-store';

/** There is no such thing in the read model, at least not yet. */
export class NotInReadModel extends MainstemError {
  constructor(
    readonly kind: string,
    readonly key: string,
  ) {
    super('READ_MODEL_KEY_UNKNOWN', `There is no ${kind} ${key}. If it was written just now, ask again with Mainstem-Min-Position.`);
  }
}

/** What was found, or else the error. Errors: READ_MODEL_KEY_UNKNOWN. */
export const foundOr = <T>(found: T | null | undefined, kind: string, key: string): T => {
  if (found === null || found === undefined) throw new NotInReadModel(kind, key);
  return found;
};
