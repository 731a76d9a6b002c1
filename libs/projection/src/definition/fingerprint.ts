// Recognises changed code of a projection, even if its version was not raised.
import { fingerprintOf, hiddenProblem, isHidden, sourceText } from '@mainstem/event-store';
import { InvalidProjection } from './errors.js';
import type { WantedEvents } from './wanted-events.js';

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

/** The engine's own function, which a document class may be. */
const CLASSES: ReadonlySet<unknown> = new Set([Object, Array, Map, Set]);
const isClass = (value: Function): boolean => CLASSES.has(value) || /^class\b/.test(sourceText(value));

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
