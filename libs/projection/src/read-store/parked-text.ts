// Any text, as a store can hold it and find it again: keys and errors of parked events are whatever failed.
import { createHash } from 'node:crypto';

const QUOTED = '$json:';
const HASHED = '$hash:';
// NUL, and halves of surrogate pairs, which UTF-8 does not have.
const UNSTORABLE = /[\0\p{Cs}]/u;

/** Text without NUL and without halves of surrogate pairs; most text stays as it is. Two texts never become one. `fromStorableText` gives it back. */
export const toStorableText = (text: string): string =>
  UNSTORABLE.test(text) || text.startsWith(QUOTED) || text.startsWith(HASHED) ? QUOTED + JSON.stringify(text) : text;

/** What `toStorableText` was given; any other text as it is. */
export const fromStorableText = (stored: string): string => {
  if (!stored.startsWith(QUOTED)) return stored;
  try {
    const text: unknown = JSON.parse(stored.slice(QUOTED.length));
    return typeof text === 'string' ? text : stored;
  } catch {
    return stored; // from before keys were quoted
  }
};

/** A key that fits an index: itself while it has no more bytes than that, else its hash. `isWhole`: it is not hashed. */
export const toIndexedKey = (key: string, bytesMax: number): { readonly text: string; readonly isWhole: boolean } => {
  const text = toStorableText(key);
  if (Buffer.byteLength(text) <= bytesMax) return { text, isWhole: true };
  return { text: HASHED + createHash('sha256').update(text).digest('hex'), isWhole: false };
};

/** Whether the whole key has to be looked for elsewhere. */
export const isHashedKey = (indexed: string): boolean => indexed.startsWith(HASHED);
