// Errors of the query API.
import { MainstemError, type Position } from '@mainstem/event-store';
import type { Answer, Reflecting } from '@mainstem/nest';

/** The read model has no such thing at the position that it reflects. */
export class NotInReadModel extends MainstemError implements Reflecting {
  constructor(
    readonly kind: string,
    readonly key: string,
    readonly reflects: Position | undefined,
  ) {
    super('READ_MODEL_KEY_UNKNOWN', `There is no ${kind} ${key}. If it was written just now, ask again with Mainstem-Min-Position.`);
  }
}

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

/** The answer if something was found. Errors: READ_MODEL_KEY_UNKNOWN. */
export const foundOr = <T>({ value, position }: Answer<T | null | undefined>, kind: string, key: string): Answer<T> => {
  if (value === null || value === undefined) throw new NotInReadModel(kind, key, position);
  return { value, position };
};
