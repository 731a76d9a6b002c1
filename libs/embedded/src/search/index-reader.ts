// Runs a search on the index of one collection. Statements only; the snapshot is the caller's.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StoredCollection } from '../read-store/collection-tables.js';
import { StatementCache } from '../read-store/statement-cache.js';
import type { SearchCursor } from './search-cursor.js';
import { decodeDeclaration } from './search-options.js';

export interface IndexHit {
  readonly key: string;
  readonly document: string;
  /** bm25 as FTS5 has it: below 0, the best is the smallest. */
  readonly rank: number;
}

export interface IndexPage {
  readonly total: number;
  readonly hits: readonly IndexHit[];
}

export class IndexReader {
  readonly #statements: StatementCache<{ count: StatementSync; first: StatementSync; next: StatementSync } | undefined>;

  constructor(database: DatabaseSync) {
    this.#statements = new StatementCache((collection) => prepare(database, collection));
  }

  /** Best first, then by key in code-point order; strictly after the cursor. */
  page(collection: StoredCollection, match: string, { limit, after }: { limit: number; after: SearchCursor | undefined }): IndexPage {
    const statements = this.#statements.of(collection);
    if (!statements) return { total: 0, hits: [] };
    const { total } = statements.count.get(match) as { total: number };
    const rows = after ? statements.next.all(match, after.rank, after.rank, after.key, limit) : statements.first.all(match, limit);
    return { total, hits: rows as unknown as readonly IndexHit[] };
  }
}

const prepare = (database: DatabaseSync, { id, declaration }: StoredCollection) => {
  const { text, weights } = decodeDeclaration(declaration);
  if (text.length === 0) return undefined;
  const select = (after: string): string => `
    WITH hits AS MATERIALIZED (SELECT rowid AS id, bm25(words_${id}, ${weights.join(', ')}) AS rank FROM words_${id} WHERE words_${id} MATCH ?)
    SELECT d.key, d.document, hits.rank FROM hits JOIN documents_${id} d ON d.id = hits.id ${after} ORDER BY hits.rank, d.key LIMIT ?`;
  return {
    count: database.prepare(`SELECT count(*) AS total FROM words_${id} WHERE words_${id} MATCH ?`),
    first: database.prepare(select('')),
    next: database.prepare(select('WHERE hits.rank >= ? AND (hits.rank > ? OR d.key > ?)')),
  };
};
