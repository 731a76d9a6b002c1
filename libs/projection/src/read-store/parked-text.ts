// Any text in a form that a store can hold and find again: keys and errors of parked events may hold anything.
import { createHash } from 'node:crypto';
import { position, revision, type StreamName } from '@mainstem/event-store';
import type { ParkedEvent } from './read-store.js';

const QUOTED = '$json:';
const HASHED = '$hash:';
// NUL, and halves of surrogate pairs, which UTF-8 cannot hold.
const UNSTORABLE = /[\0\p{Cs}]/u;

/** Text without NUL and halves of surrogate pairs; most is unchanged. Two texts never become equal. */
export const toStorableText = (text: string): string =>
  UNSTORABLE.test(text) || text.startsWith(QUOTED) || text.startsWith(HASHED) ? QUOTED + JSON.stringify(text) : text;

/** The inverse of `toStorableText`; other text is unchanged. */
export const fromStorableText = (stored: string): string => {
  if (!stored.startsWith(QUOTED)) return stored;
  try {
    const text: unknown = JSON.parse(stored.slice(QUOTED.length));
    return typeof text === 'string' ? text : stored;
  } catch {
    return stored; // from before keys were quoted
  }
};

/** A parked event as rows and documents hold it: numbers as decimal text, other text by `toStorableText`. */
export type StoredParkedEvent = Omit<ParkedEvent, 'position' | 'revision'> & { readonly position: string; readonly revision: string };

/** The event of a stored form. */
export const fromStoredParked = (stored: StoredParkedEvent): ParkedEvent => ({
  ...stored,
  key: fromStorableText(stored.key),
  type: fromStorableText(stored.type),
  stream: fromStorableText(stored.stream) as StreamName,
  error: fromStorableText(stored.error),
  position: position(stored.position),
  revision: revision(stored.revision),
});

/** A key that fits an index: itself if it has at most that many bytes, else its hash. `isWhole`: not hashed. */
export const toIndexedKey = (key: string, bytesMax: number): { readonly text: string; readonly isWhole: boolean } => {
  const text = toStorableText(key);
  if (Buffer.byteLength(text) <= bytesMax) return { text, isWhole: true };
  return { text: HASHED + createHash('sha256').update(text).digest('hex'), isWhole: false };
};

/** True if the whole key must be looked up elsewhere. */
export const isHashedKey = (indexed: string): boolean => indexed.startsWith(HASHED);
