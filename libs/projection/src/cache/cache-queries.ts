// The queries of a cache. Each answer is one consistent view of one generation, with the position that it reflects.
import type { Position } from '@mainstem/event-store';
import { InvalidCacheQuery } from './errors.js';

/** The most places of a leaderboard in one call. */
export const TOP_LIMIT_MAX = 1_000;

/** The result of a query, and the position of the event store that it reflects. */
export interface CacheAnswer<Value> {
  readonly value: Value;
  /** Checkpoint of the answering generation; undefined if none serves the collection, or nothing was applied yet. */
  readonly position: Position | undefined;
}

export interface Place<Document extends object> {
  readonly key: string;
  readonly score: number;
  readonly document: Document;
}

/** Continues strictly after this place, even if it is no longer taken. */
export type PlaceCursor = Pick<Place<object>, 'key' | 'score'>;

export interface TopOptions {
  /** 1 to 1,000. */
  readonly limit: number;
  readonly after?: PlaceCursor | undefined;
}

export interface CacheQueries {
  /**
   * The document of this key in the serving generation; undefined if there is none, it has expired, or no generation of
   * the collection serves. Errors: READ_STORE_UNAVAILABLE.
   */
  get<Document extends object>(collection: string, key: string): Promise<CacheAnswer<Document | undefined>>;

  /**
   * The first places of a leaderboard: by score descending, then by key ascending in code-point order. Empty for a
   * board without places. Errors: CACHE_INVALID_QUERY, READ_STORE_UNAVAILABLE.
   */
  top<Document extends object>(collection: string, board: string, options: TopOptions): Promise<CacheAnswer<readonly Place<Document>[]>>;
}

/** Errors: CACHE_INVALID_QUERY. */
export const assertTopOptions = ({ limit, after }: TopOptions): void => {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > TOP_LIMIT_MAX) throw new InvalidCacheQuery('limit', `must be from 1 to ${TOP_LIMIT_MAX}`);
  if (after && !Number.isSafeInteger(after.score)) throw new InvalidCacheQuery('cursor', 'its score must be a safe integer');
};
