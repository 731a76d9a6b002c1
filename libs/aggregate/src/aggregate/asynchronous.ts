// Promises where a value is due: the mistake of an application that makes a pure function asynchronous.
import { types } from 'node:util';

/** True for a promise. If it fails later, that must not end the process: the mistake is reported already. */
export const isAsynchronous = (value: unknown): value is Promise<unknown> => {
  if (!types.isPromise(value)) return false;
  void value.catch(() => undefined);
  return true;
};
