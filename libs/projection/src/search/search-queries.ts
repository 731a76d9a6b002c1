// The queries of a full-text index. Each answer is one consistent view of one generation, with its position.
import type { Position } from '@mainstem/event-store';
import type { SearchRequest } from './search-request.js';

export interface SearchItem<Document extends object> {
  readonly key: string;
  readonly document: Document;
  /** The best matching text, as escaped HTML with `<mark>…</mark>` around the found words. */
  readonly highlight: string;
  /** Above 0; the best match has the highest (BM25). Comparable only within one answer. */
  readonly score: number;
}

export interface SearchResult<Document extends object> {
  /** All matching documents, on all pages. */
  readonly total: number;
  /** Best first, then by key in code-point order. */
  readonly items: readonly SearchItem<Document>[];
  /** Cursor of the next page; undefined on the last one. */
  readonly next: string | undefined;
  /** The checkpoint that the answer reflects; undefined before the first event was applied. */
  readonly position: Position | undefined;
}

export interface SearchQueries {
  /** The document of this key in the serving generation; undefined if there is none. Errors: READ_STORE_UNAVAILABLE. */
  get<Document extends object>(collection: string, key: string): Promise<Document | undefined>;

  /**
   * Documents of the serving generation that have all words of the query, as whole words, in any of their text fields,
   * and match the filters. None for a query without words, or for a collection that does not exist yet. Pages are
   * stable while the collection does not change; after a change a document may be missed or come twice, because its
   * rank depends on all others. Errors: SEARCH_INVALID_QUERY, SEARCH_INVALID_CURSOR, READ_STORE_UNAVAILABLE.
   */
  search<Document extends object>(collection: string, request: SearchRequest): Promise<SearchResult<Document>>;
}
