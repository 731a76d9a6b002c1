// What a query sees of the cache: one snapshot of the generations that serve.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Runtime } from '@mainstem/event-store';
import type { Bookkeeping, ServingCollection } from '../read-store/bookkeeping.js';
import { decodeForQuery } from '../read-store/document-json.js';
import { StatementCache } from '../read-store/statement-cache.js';
import { InvalidCacheQuery } from './errors.js';

/** Places of a leaderboard that one call returns at most. */
export const TOP_LIMIT_MAX = 1_000;

export interface Place<Document extends object> {
  readonly key: string;
  readonly score: number;
  readonly document: Document;
}

/** Continues strictly after this place. */
export type PlaceCursor = Pick<Place<object>, 'key' | 'score'>;

/** Valid only inside the query that it was given to. */
export interface CacheView {
  /** The document of this key; undefined if there is none, it has expired, or no generation of the collection serves. */
  get<Document extends object>(collection: string, key: string): Document | undefined;
  /**
   * The first `limit` (1 to 1,000) places of a leaderboard: by score descending, then by key ascending in code-point order. Empty for a board that
   * nobody stands on. Errors: CACHE_INVALID_QUERY.
   */
  top<Document extends object>(collection: string, board: string, limit: number, cursor?: PlaceCursor): readonly Place<Document>[];
}

export class CacheReader {
  readonly #statements: StatementCache<ViewStatements>;

  constructor(
    database: DatabaseSync,
    private readonly served: Bookkeeping,
    private readonly runtime: Runtime,
  ) {
    this.#statements = new StatementCache(({ id }) => prepare(database, id));
  }

  /** Runs a query; the caller has begun the transaction that is its snapshot. */
  query<Result>(query: (view: CacheView) => Result): Result {
    const view = new SnapshotView(this.served, this.#statements, this.runtime.now());
    try {
      return query(view);
    } finally {
      view.end();
    }
  }
}

class SnapshotView implements CacheView {
  readonly #collections = new Map<string, ServingCollection | undefined>();
  #isOver = false;

  constructor(
    private readonly served: Bookkeeping,
    private readonly statements: StatementCache<ViewStatements>,
    private readonly now: number,
  ) {}

  get<Document extends object>(name: string, key: string): Document | undefined {
    const collection = this.#collection(name);
    const row = collection && (this.statements.of(collection).get.get(key, this.now) as { document: string } | undefined);
    return row && decodeForQuery<Document>(row.document, collection.hasState);
  }

  top<Document extends object>(name: string, board: string, limit: number, cursor?: PlaceCursor): readonly Place<Document>[] {
    if (!Number.isSafeInteger(limit) || limit < 1 || limit > TOP_LIMIT_MAX)
      throw new InvalidCacheQuery('limit', `must be from 1 to ${TOP_LIMIT_MAX}`);
    if (cursor && !Number.isSafeInteger(cursor.score)) throw new InvalidCacheQuery('cursor', 'its score must be a safe integer');
    const collection = this.#collection(name);
    if (!collection) return [];
    const { top, topAfter } = this.statements.of(collection);
    const rows = cursor ? topAfter.all(board, cursor.score, cursor.score, cursor.key, this.now, limit) : top.all(board, this.now, limit);
    return (rows as unknown as readonly PlaceRow[]).map(({ key, score, document }) => ({
      key,
      score,
      document: decodeForQuery<Document>(document, collection.hasState),
    }));
  }

  end(): void {
    this.#isOver = true;
  }

  #collection(name: string): ServingCollection | undefined {
    // Its snapshot is gone: an answer would mix two states.
    if (this.#isOver) throw new TypeError('a cache view is only valid inside its query; let the query return what is needed, and do not await in it');
    if (!this.#collections.has(name)) this.#collections.set(name, this.served.servingCollection(name));
    return this.#collections.get(name);
  }
}

interface PlaceRow {
  readonly key: string;
  readonly score: number;
  readonly document: string;
}

interface ViewStatements {
  readonly get: StatementSync;
  readonly top: StatementSync;
  readonly topAfter: StatementSync;
}

const prepare = (database: DatabaseSync, id: number): ViewStatements => {
  const select = (after: string): string => `
    SELECT p.key, p.score, d.document FROM places_${id} p CROSS JOIN documents_${id} d ON d.key = p.key
    WHERE p.board = ? ${after} AND (d.expires_at IS NULL OR d.expires_at > ?) ORDER BY p.score DESC, p.key LIMIT ?`;
  return {
    get: database.prepare(`SELECT document FROM documents_${id} WHERE key = ? AND (expires_at IS NULL OR expires_at > ?)`),
    top: database.prepare(select('')),
    topAfter: database.prepare(select('AND p.score <= ? AND (p.score < ? OR p.key > ?)')),
  };
};
