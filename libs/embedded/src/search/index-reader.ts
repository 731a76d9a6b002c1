// Runs a search on the index of one collection. Statements only; the caller has the snapshot.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { decodeDeclaration, type SearchCursor, type SearchFilter } from '@mainstem/projection/adapter';
import type { StoredCollection } from '../read-store/collection-tables.js';
import { StatementCache } from '../read-store/statement-cache.js';

export interface IndexHit {
  readonly key: string;
  readonly document: string;
  /** bm25 of FTS5: below 0, and the best is the smallest. */
  readonly rank: number;
}

export interface IndexPage {
  readonly total: number;
  readonly hits: readonly IndexHit[];
}

export class IndexReader {
  readonly #statements: StatementCache<ReaderStatements>;

  constructor(database: DatabaseSync) {
    this.#statements = new StatementCache((collection) => prepare(database, collection));
  }

  /** The stored document, with the engine's bookkeeping. */
  document(collection: StoredCollection, key: string): string | undefined {
    const row = this.#statements.of(collection).document.get(key) as { document: string } | undefined;
    return row?.document;
  }

  /** Best first, then by key in code-point order; strictly after the cursor. */
  page(collection: StoredCollection, match: string, { filters, limit, after }: PageRequest): IndexPage {
    const { index } = this.#statements.of(collection);
    if (!index) return { total: 0, hits: [] };
    const { count, first, next } = filters.length === 0 ? index.all : index.filtered;
    const wanted = filters.length === 0 ? { match } : { match, filters: jsonOf(filters) };
    const rows = after ? next.all({ ...wanted, limit, rank: after.rank, key: after.key }) : first.all({ ...wanted, limit });
    const hits = rows as unknown as readonly (IndexHit & { readonly total: number })[];
    return { total: hits[0]?.total ?? (count.get(wanted) as { total: number }).total, hits };
  }
}

interface PageRequest {
  readonly filters: readonly SearchFilter[];
  readonly limit: number;
  readonly after: SearchCursor | undefined;
}

/** In the statements' form: path and values of each. */
const jsonOf = (filters: readonly SearchFilter[]): string => JSON.stringify(filters.map(({ field, values }) => [`$."${field}"`, values]));

interface ReaderStatements {
  readonly document: StatementSync;
  /** Undefined for a collection without text fields. */
  readonly index: { readonly all: PageStatements; readonly filtered: PageStatements } | undefined;
}

interface PageStatements {
  readonly count: StatementSync;
  readonly first: StatementSync;
  readonly next: StatementSync;
}

const prepare = (database: DatabaseSync, collection: StoredCollection): ReaderStatements => ({
  document: database.prepare(`SELECT document FROM documents_${collection.id} WHERE key = ?`),
  index: prepareIndex(database, collection),
});

/**
 * Walks the index once, for ranks and total. The ranks alone decide which documents may be on the page, so only those
 * are looked up for the order by key, not all matches.
 */
const prepareIndex = (database: DatabaseSync, { id, declaration }: StoredCollection): ReaderStatements['index'] => {
  const { text, weights } = decodeDeclaration(declaration);
  if (text.length === 0) return undefined;
  const statements = (isFiltered: boolean): PageStatements => {
    const matches = `words_${id} MATCH :match ${isFiltered ? `AND ${fits(id)}` : ''}`;
    const select = (where: { readonly worst: string; readonly after: string }): string => `
      WITH hits AS MATERIALIZED (SELECT rowid AS id, bm25(words_${id}, ${weights.join(', ')}) AS rank FROM words_${id} WHERE ${matches})
      SELECT d.key, d.document, hits.rank, (SELECT count(*) FROM hits) AS total
      FROM hits CROSS JOIN documents_${id} d ON d.id = hits.id
      WHERE hits.rank <= ${where.worst} ${where.after} ORDER BY hits.rank, d.key LIMIT :limit`;
    return {
      count: database.prepare(`SELECT count(*) AS total FROM words_${id} WHERE ${matches}`),
      first: database.prepare(select({ worst: worstOf(''), after: '' })),
      // All documents of the cursor's own rank may have to follow.
      next: database.prepare(
        select({ worst: `ifnull(${worstOf('WHERE rank > :rank')}, :rank)`, after: 'AND hits.rank >= :rank AND (hits.rank > :rank OR d.key > :key)' }),
      ),
    };
  };
  return { all: statements(false), filtered: statements(true) };
};

/** No filter has none of its values in the document. It reads only documents with the words, so it needs no index. */
const fits = (id: number): string => `NOT EXISTS (
  SELECT 1 FROM json_each(:filters) f WHERE NOT EXISTS (
    SELECT 1 FROM documents_${id} d, json_each(d.document, f.value ->> 0) v
    WHERE d.id = words_${id}.rowid AND v.type = 'text' AND v.value IN (SELECT value FROM json_each(f.value, '$[1]'))))`;

const worstOf = (where: string): string => `(SELECT max(rank) FROM (SELECT rank FROM hits ${where} ORDER BY rank LIMIT :limit))`;
