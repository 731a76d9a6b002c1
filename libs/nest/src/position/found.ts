// The answer of a query that asked for one thing.
import { NotInReadModel } from '../errors.js';
import type { Answer } from './answer.js';

/**
 * The answer if there is a value; else an error that is answered with 404 and the position that it reflects. `kind` and
 * `key` name what was asked for. Errors: READ_MODEL_KEY_UNKNOWN for a value that is null or undefined.
 */
export const found = <Value>({ value, position }: Answer<Value | null | undefined>, kind = 'such document', key?: string): Answer<Value> => {
  if (value === null || value === undefined) throw new NotInReadModel(kind, key, position);
  return { value, position };
};
