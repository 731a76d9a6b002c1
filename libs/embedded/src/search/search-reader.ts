// The queries of the index, on serving generations. Runs in a transaction, which is its one snapshot.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { SearchRequest } from '@mainstem/projection';
import {
  decodeCursor,
  decodeDeclaration,
  decodeForQuery,
  encodeCursor,
  highlight,
  parseFilters,
  scopeOf,
  type SearchCursor,
  type SearchFilter,
  type SearchItem,
  type SearchResult,
  type SearchWords,
  textsOf,
} from '@mainstem/projection/adapter';
import type { GenerationRecords, ServingCollection } from '../read-store/bookkeeping/generation-records.js';
import type { StoredCollection } from '../read-store/collection-tables.js';
import { StatementCache } from '../read-store/statement-cache.js';
import { matchExpression } from './match-expression.js';

export class SearchReader {
  readonly #statements: StatementCache<ReaderStatements>;

  constructor(
    database: DatabaseSync,
    private readonly served: GenerationRecords,
  ) {
    this.#statements = new StatementCache((collection) => prepare(database, collection));
  }

  get<Document extends object>(name: string, key: string): Document | undefined {
    const collection = this.served.servingCollection(name);
    if (!collection) return undefined;
    const row = this.#statements.of(collection).document.get(key) as { document: string } | undefined;
    return row && decodeForQuery<Document>(row.document, collection.hasState);
  }

  search<Document extends object>(name: string, request: SearchRequest, words: SearchWords): SearchResult<Document> {
    const match = matchExpression(words);
    const collection = this.served.servingCollection(name);
    if (!collection || match === undefined) return { total: 0, items: [], next: undefined, position: collection?.position };
    const filters = parseFilters(request, decodeDeclaration(collection.declaration));
    const scope = scopeOf(name, words, filters);
    const after = request.cursor === undefined ? undefined : decodeCursor(request.cursor, scope);
    // One more than asked for shows whether there is a next page.
    const { total, hits } = this.#page(collection, match, { filters, limit: request.limit + 1, after });
    const page = hits.slice(0, request.limit);
    const last = hits.length > page.length ? page.at(-1) : undefined;
    const items = page.map((hit) => itemOf<Document>(hit, collection, words));
    return { total, items, next: last && encodeCursor(last, scope), position: collection.position };
  }

  /** Best first, then by key in code-point order; strictly after the cursor. */
  #page(collection: StoredCollection, match: string, { filters, limit, after }: PageRequest): IndexPage {
    const { index } = this.#statements.of(collection);
    if (!index) return { total: 0, hits: [] };
    const { count, first, next } = filters.length === 0 ? index.all : index.filtered;
    const wanted = filters.length === 0 ? { match } : { match, filters: jsonOf(filters) };
    const rows = after ? next.all({ ...wanted, limit, rank: after.rank, key: after.key }) : first.all({ ...wanted, limit });
    const hits = rows as unknown as readonly (IndexHit & { readonly total: number })[];
    return { total: hits[0]?.total ?? (count.get(wanted) as { total: number }).total, hits };
  }
}

const itemOf = <Document extends object>(hit: IndexHit, collection: ServingCollection, words: SearchWords): SearchItem<Document> => {
  const document = decodeForQuery<Document>(hit.document, collection.hasState);
  const texts = decodeDeclaration(collection.declaration).text.flatMap((field) => textsOf(collection.name, hit.key, document, field));
  return { key: hit.key, document, highlight: highlight(texts, words), score: -hit.rank };
};

interface IndexHit {
  readonly key: string;
  readonly document: string;
  /** bm25 of FTS5: below 0, and the best is the smallest. */
  readonly rank: number;
}

interface IndexPage {
  readonly total: number;
  readonly hits: readonly IndexHit[];
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
