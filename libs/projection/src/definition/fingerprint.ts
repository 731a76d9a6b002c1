// Recognises that a projection's code has changed, even if its version was not raised.
import { createHash } from 'node:crypto';
import { InvalidProjection } from './errors.js';
import { sourceWords } from './source-words.js';
import type { WantedEvents } from './wanted-events.js';

/**
 * Hash of a definition: names, versions and the words of its functions, 16 hex digits. It sees a change inside the functions, not inside
 * what they call; raise the version for those. Comments, white space, line breaks, the kind of quotes and commas before a closing bracket do not
 * count; semicolons, brackets around a single parameter and quotes around a field's name do. An object that comes again stands for the first place
 * where it stood.
 */
export const fingerprintOf = (...parts: readonly unknown[]): string => {
  const hash = createHash('sha256');
  const places = new Map<object, number>();
  const visit = (part: unknown): void => {
    const place = places.get(part as object);
    if (place !== undefined) {
      hash.update(`r:${place}\n`);
    } else if (typeof part === 'function') {
      hash.update(`f:${sourceWords(textOf(part))}\n`);
    } else if (part !== null && typeof part === 'object') {
      places.set(part, places.size);
      for (const [key, value] of Object.entries(part)) {
        hash.update(`k:${key}\n`);
        visit(value);
      }
    } else {
      hash.update(`v:${String(part)}\n`);
    }
  };
  parts.forEach(visit);
  return hash.digest('hex').slice(0, 16);
};

/**
 * Fingerprint of a projection with what lifts its events to their current schema. Errors: PROJECTION_INVALID_DEFINITION for functions without
 * a text of their own: a change in them would never show.
 */
export const definitionFingerprint = (projection: string, parts: readonly unknown[], wanted: WantedEvents): string => {
  const lifting = wanted.lifting;
  const functions = functionsIn([parts.filter((part) => typeof part !== 'function' || !isClass(part)), lifting]);
  for (const [path, value] of functions) {
    if (!isClass(value) && isHidden(value)) throw new InvalidProjection(projection, hiddenProblem(path || 'a function'));
  }
  return fingerprintOf(...parts, lifting);
};

/** Whether a function has no text of its own: a change in it would never show. */
export const isHidden = (value: Function): boolean => NATIVE.test(textOf(value));

export const hiddenProblem = (name: string): string =>
  `${name} is bound or native: its text is hidden, so that a change in it would not be noticed. Give an arrow function that calls it`;

const NATIVE = /\{\s*\[native code\]\s*\}\s*$/;
/** Of the engine's own, as document classes may be. */
const CLASSES: ReadonlySet<unknown> = new Set([Object, Array, Map, Set]);
// Its own `toString` may say anything.
const textOf = (value: Function): string => Function.prototype.toString.call(value);
const isClass = (value: Function): boolean => CLASSES.has(value) || /^class\b/.test(textOf(value));

const functionsIn = (root: unknown): readonly (readonly [string, Function])[] => {
  const found: (readonly [string, Function])[] = [];
  const seen = new Set<object>();
  const visit = (part: unknown, name: string): void => {
    if (typeof part === 'function') found.push([name, part]);
    else if (part !== null && typeof part === 'object' && !seen.has(part)) {
      seen.add(part);
      for (const [key, value] of Object.entries(part)) visit(value, /^\d+$/.test(key) ? name : key);
    }
  };
  visit(root, '');
  return found;
};
