// What queries ask of a cache. Each answer is one consistent view of one generation, with the position that it reflects.
import type { Position } from '@mainstem/event-store';
import { InvalidCacheQuery } from './errors.js';

/** Places of a leaderboard that one call returns at most. */
export const TOP_LIMIT_MAX = 1_000;

/** What a query returned, and the state of the event store that it reflects. */
export interface CacheAnswer<Value> {
  readonly value: Value;
  /** Checkpoint of the generation that answered; undefined if none of the collection serves, or it has applied nothing yet. */
  readonly position: Position | undefined;
}

export interface Place<Document extends object> {
  readonly key: string;
  readonly score: number;
  readonly document: Document;
}

/** Continues strictly after this place, also when nobody stands on it any more. */
export type PlaceCursor = Pick<Place<object>, 'key' | 'score'>;

export interface TopOptions {
  /** 1 to 1,000. */
  readonly limit: number;
  readonly after?: PlaceCursor | undefined;
}

export interface CacheQueries {
  /**
   * The document of this key in the generation that serves; undefined if there is none, it has expired, or no generation of the collection serves.
   * Errors: READ_STORE_UNAVAILABLE.
   */
  get<Document extends object>(collection: string, key: string): Promise<CacheAnswer<Document | undefined>>;

  /**
   * The first places of a leaderboard: by score descending, then by key ascending in code-point order. Empty for a board that nobody stands on.
   * Errors: CACHE_INVALID_QUERY, READ_STORE_UNAVAILABLE.
   */
  top<Document extends object>(collection: string, board: string, options: TopOptions): Promise<CacheAnswer<readonly Place<Document>[]>>;
}

/** Errors: CACHE_INVALID_QUERY. */
export const assertTopOptions = ({ limit, after }: TopOptions): void => {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > TOP_LIMIT_MAX) throw new InvalidCacheQuery('limit', `must be from 1 to ${TOP_LIMIT_MAX}`);
  if (after && !Number.isSafeInteger(after.score)) throw new InvalidCacheQuery('cursor', 'its score must be a safe integer');
};
