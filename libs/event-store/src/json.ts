// JSON as events use it: what is written is exactly what can be read back, or it is refused.
import { InvalidInput } from './errors.js';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue | undefined };

const DEPTH_MAX = 64;

/**
 * Encodes a payload. Refuses what JSON would lose or change without a word: bigint (send 64-bit numbers as decimal strings), NaN and
 * infinities, functions, symbols, Dates and other objects with a `toJSON`, Map, Set, RegExp, Error, boxed values and typed arrays, holes and
 * undefined in arrays, cycles, more than 64 levels. A property whose value is undefined is left out; −0 becomes 0.
 * Errors: EVENT_STORE_INVALID_INPUT naming the path.
 */
export const encodeJson = (value: unknown, path: string): string => {
  const flaw = flawOf(value, 0);
  if (flaw) throw new InvalidInput(`${path}${flaw.path}`, flaw.problem);
  return JSON.stringify(value);
};

/** Why a value cannot be encoded, and where. The path is put together only when there is a flaw: this runs for every event. */
interface Flaw {
  readonly path: string;
  readonly problem: string;
}

const flawOf = (value: unknown, depth: number): Flaw | undefined => {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : here('NaN and infinities have no JSON form');
    case 'object':
      return value === null ? undefined : flawOfObject(value, depth);
    case 'bigint':
      return here('a bigint has no JSON form; use its decimal string');
    default:
      return here(`a value of type ${typeof value} has no JSON form`);
  }
};

const flawOfObject = (value: object, depth: number): Flaw | undefined => {
  if (depth >= DEPTH_MAX) return here(`nested deeper than ${DEPTH_MAX} levels, or refers to itself`);
  if ('toJSON' in value && typeof value.toJSON === 'function') return here('objects with toJSON (such as Date) are not taken; use a string');
  if (Array.isArray(value)) return flawOfArray(value, depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null && kindOf(value) !== 'Object') {
    return here(`a ${kindOf(value)} has no JSON form; use a plain object or an array`);
  }
  for (const key of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[key];
    const flaw = member === undefined ? undefined : flawOf(member, depth + 1);
    if (flaw) return { path: `.${key}${flaw.path}`, problem: flaw.problem };
  }
  return undefined;
};

const flawOfArray = (values: readonly unknown[], depth: number): Flaw | undefined => {
  for (let index = 0; index < values.length; index++) {
    const flaw = flawOf(values[index], depth + 1);
    if (flaw) return { path: `[${index}]${flaw.path}`, problem: flaw.problem };
  }
  return undefined;
};

const here = (problem: string): Flaw => ({ path: '', problem });

/** `Object` for plain objects and instances of ordinary classes, else the name of the built-in kind. */
const kindOf = (value: object): string => Object.prototype.toString.call(value).slice(8, -1);
