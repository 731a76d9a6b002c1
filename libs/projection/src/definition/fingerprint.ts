// Recognises changed code of a projection, even if its version was not raised.
import { createHash } from 'node:crypto';
import { InvalidProjection } from './errors.js';
import { sourceWords } from './source-words.js';
import type { WantedEvents } from './wanted-events.js';

/**
 * Hash of a definition: names, versions and the source text of its functions, 16 hex digits. It sees a change inside
 * the functions, not inside their callees; raise the version for those. It ignores comments, white space, line breaks,
 * the kind of quotes, and commas before a closing bracket. It does not ignore semicolons, brackets around a single
 * parameter, or quotes around a field's name. An object that occurs again refers to its first place.
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
 * Fingerprint of a projection and of the upcasters of its events. Errors: PROJECTION_INVALID_DEFINITION for functions
 * without a text of their own, because changes in them could not be seen.
 */
export const definitionFingerprint = (projection: string, parts: readonly unknown[], wanted: WantedEvents): string => {
  const lifting = wanted.lifting;
  const functions = functionsIn([parts.filter((part) => typeof part !== 'function' || !isClass(part)), lifting]);
  for (const [path, value] of functions) {
    if (!isClass(value) && isHidden(value)) throw new InvalidProjection(projection, hiddenProblem(path || 'a function'));
  }
  return fingerprintOf(...parts, lifting);
};

/** True if a function has no text of its own: changes in it could not be seen. */
export const isHidden = (value: Function): boolean => NATIVE.test(textOf(value));

export const hiddenProblem = (name: string): string =>
  `${name} is bound or native: its text is hidden, so a change in it would not be noticed. Use an arrow function that calls it`;

const NATIVE = /\{\s*\[native code\]\s*\}\s*$/;
/** The engine's own function, which a document class may be. */
const CLASSES: ReadonlySet<unknown> = new Set([Object, Array, Map, Set]);
// Its own `toString` may return anything.
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
