// The queries of the cache, on serving generations. Runs in a transaction, which is its one snapshot.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Runtime } from '@mainstem/event-store';
import { type CacheAnswer, decodeForQuery, type Place, type TopOptions } from '@mainstem/projection/adapter';
import type { GenerationRecords } from '../read-store/bookkeeping/generation-records.js';
import { StatementCache } from '../read-store/statement-cache.js';

export class CacheReader {
  readonly #statements: StatementCache<ViewStatements>;

  constructor(
    database: DatabaseSync,
    private readonly served: GenerationRecords,
    private readonly runtime: Runtime,
  ) {
    this.#statements = new StatementCache(({ id }) => prepare(database, id));
  }

  get<Document extends object>(name: string, key: string): CacheAnswer<Document | undefined> {
    const collection = this.served.servingCollection(name);
    if (!collection) return { value: undefined, position: undefined };
    const row = this.#statements.of(collection).get.get(key, this.runtime.now()) as { document: string } | undefined;
    return { value: row && decodeForQuery<Document>(row.document, collection.hasState), position: collection.position };
  }

  top<Document extends object>(name: string, board: string, { limit, after }: TopOptions): CacheAnswer<readonly Place<Document>[]> {
    const collection = this.served.servingCollection(name);
    if (!collection) return { value: [], position: undefined };
    const { top, topAfter } = this.#statements.of(collection);
    const now = this.runtime.now();
    const rows = after ? topAfter.all(board, after.score, after.score, after.key, now, limit) : top.all(board, now, limit);
    const value = (rows as unknown as readonly PlaceRow[]).map(({ key, score, document }) => ({
      key,
      score,
      document: decodeForQuery<Document>(document, collection.hasState),
    }));
    return { value, position: collection.position };
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
