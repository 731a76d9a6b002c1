// Recognises changed code: a hash over values and the source text of functions.
import { createHash } from 'node:crypto';
import { sourceWords } from './source-words.js';

/**
 * Hash of values and of the source text of functions, 16 hex digits. It sees a change inside the functions, not inside
 * their callees. It ignores comments, white space, line breaks, the kind of quotes, and commas before a closing
 * bracket. It does not ignore semicolons, brackets around a single parameter, or quotes around a field's name. An
 * object that occurs again refers to its first place.
 */
export const fingerprintOf = (...parts: readonly unknown[]): string => {
  const hash = createHash('sha256');
  const places = new Map<object, number>();
  const visit = (part: unknown): void => {
    const place = places.get(part as object);
    if (place !== undefined) {
      hash.update(`r:${place}\n`);
    } else if (typeof part === 'function') {
      hash.update(`f:${sourceWords(sourceText(part))}\n`);
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

/** True if a function has no text of its own: changes in it could not be seen. */
export const isHidden = (value: Function): boolean => NATIVE.test(sourceText(value));

export const hiddenProblem = (name: string): string =>
  `${name} is bound or native: its text is hidden, so a change in it would not be noticed. Use an arrow function that calls it`;

/** The text of a function. Its own `toString` may return anything. */
export const sourceText = (value: Function): string => Function.prototype.toString.call(value);

const NATIVE = /\{\s*\[native code\]\s*\}\s*$/;
