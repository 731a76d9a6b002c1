// JSON as events use it: what is written is exactly what can be read back, or it is refused.
import { InvalidInput } from './errors.js';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue | undefined };

const DEPTH_MAX = 64;

/**
 * Encodes a payload. Refuses what JSON would lose or change without a word: bigint (send 64-bit numbers as decimal strings), NaN and
 * infinities, functions, symbols, Dates and other objects with a `toJSON`, Map, Set and typed arrays, holes and undefined in arrays,
 * cycles, more than 64 levels. A property whose value is undefined is left out. Errors: EVENT_STORE_INVALID_INPUT naming the path.
 */
export const encodeJson = (value: unknown, path: string): string => {
  assertLossless(value, path, 0);
  return JSON.stringify(value);
};

const assertLossless = (value: unknown, path: string, depth: number): void => {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return;
    case 'number':
      if (!Number.isFinite(value)) throw new InvalidInput(path, 'NaN and infinities have no JSON form');
      return;
    case 'object':
      if (value !== null) assertLosslessObject(value, path, depth);
      return;
    case 'bigint':
      throw new InvalidInput(path, 'a bigint has no JSON form; use its decimal string');
    default:
      throw new InvalidInput(path, `a value of type ${typeof value} has no JSON form`);
  }
};

const assertLosslessObject = (value: object, path: string, depth: number): void => {
  if (depth >= DEPTH_MAX) throw new InvalidInput(path, `nested deeper than ${DEPTH_MAX} levels, or refers to itself`);
  if ('toJSON' in value && typeof value.toJSON === 'function') throw new InvalidInput(path, 'objects with toJSON (such as Date) are not taken; use a string');
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) assertLossless(value[index], `${path}[${index}]`, depth + 1);
    return;
  }
  if (value instanceof Map || value instanceof Set || ArrayBuffer.isView(value)) {
    throw new InvalidInput(path, `a ${value.constructor.name} has no JSON form; use a plain object or an array`);
  }
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) assertLossless(member, `${path}.${key}`, depth + 1);
  }
};
