// Errors of the query API.
import { MainstemError } from '@mainstem/event-store';

/** There is no such thing in the read model, at least not yet; or never, where the known ones are all there are. */
export class NotInReadModel extends MainstemError {
  constructor(
    readonly kind: string,
    readonly key: string,
    known?: readonly string[],
  ) {
    const advice = known ? `There are ${known.join(', ')}.` : 'If it was written just now, ask again with Mainstem-Min-Position.';
    super('READ_MODEL_KEY_UNKNOWN', `There is no ${kind} ${key}. ${advice}`);
  }
}

/** What was found, or else the error, with all the keys there are if those are `known` beforehand. Errors: READ_MODEL_KEY_UNKNOWN. */
export const foundOr = <T>(found: T | null | undefined, kind: string, key: string, known?: readonly string[]): T => {
  if (found === null || found === undefined) throw new NotInReadModel(kind, key, known);
  return found;
};
