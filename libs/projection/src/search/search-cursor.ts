// The end of a page of search results. Opaque to callers.
import { createHash } from 'node:crypto';
import { InvalidSearchCursor } from './errors.js';

/** The last document of a page: results continue after it. */
export interface SearchCursor {
  /** The index's own rank, in its own order. */
  readonly rank: number;
  readonly key: string;
}

const CURSOR_LENGTH_MAX = 4_096;

/** `query` identifies the query that the cursor belongs to: see `scopeOf`. */
export const encodeCursor = ({ rank, key }: SearchCursor, query: string): string =>
  Buffer.from(JSON.stringify([fingerprint(query), rank, key])).toString('base64url');

/** Errors: SEARCH_INVALID_CURSOR. */
export const decodeCursor = (cursor: string, query: string): SearchCursor => {
  const content = typeof cursor === 'string' && cursor.length <= CURSOR_LENGTH_MAX ? parse(cursor) : undefined;
  if (!Array.isArray(content)) throw new InvalidSearchCursor();
  const [made, rank, key] = content as readonly unknown[];
  // JSON can express numbers and texts that no index can hold.
  if (made !== fingerprint(query) || !isRank(rank) || !isKey(key)) throw new InvalidSearchCursor();
  return { rank, key };
};

/** Indices rank by single-precision scores or by row numbers. */
const RANK_MAX = 3.4e38;
const UNUSABLE = /[\0\p{Cs}]/u;

const isRank = (rank: unknown): rank is number => typeof rank === 'number' && Math.abs(rank) <= RANK_MAX;
const isKey = (key: unknown): key is string => typeof key === 'string' && !UNUSABLE.test(key);

const parse = (cursor: string): unknown => {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined; // the caller reports what is wrong with it
  }
};

const fingerprint = (query: string): string => createHash('sha256').update(query).digest('base64url').slice(0, 8);
