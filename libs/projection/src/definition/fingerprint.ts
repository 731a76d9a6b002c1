// Recognises that a projection's code has changed, even if its version was not raised.
import { createHash } from 'node:crypto';

/**
 * Hash of a definition: names, versions and the source text of its functions, 16 hex digits. It sees a change inside the functions, not inside
 * what they call; raise the version for those. A new build of the same source keeps it, unless the compiler writes other text.
 */
export const fingerprintOf = (...parts: readonly unknown[]): string => {
  const hash = createHash('sha256');
  const seen = new Set<object>();
  const visit = (part: unknown): void => {
    if (typeof part === 'function') {
      hash.update(`f:${part.toString()}\n`);
    } else if (part !== null && typeof part === 'object') {
      if (seen.has(part)) return;
      seen.add(part);
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
