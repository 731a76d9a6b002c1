// What queries ask of a full-text index. Each answer is one consistent view of one generation, with the position that it reflects.
import type { Position } from '@mainstem/event-store';
import type { SearchRequest } from './search-request.js';

export interface SearchItem<Document extends object> {
  readonly key: string;
  readonly document: Document;
  /** The text that fits best, as escaped HTML with `<mark>…</mark>` around the words found. */
  readonly highlight: string;
  /** Above 0, the best is the highest (BM25). Comparable within one answer only. */
  readonly score: number;
}

export interface SearchResult<Document extends object> {
  /** All documents that match, on all pages. */
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
   * Documents of the serving generation that have all words of the query, as whole words, in any of their text fields, and fit the filters; none
   * for a query without words, nor for a collection that is not there yet. Pages are stable as long as the collection does not change; after a
   * change a document may be missed or come twice, because its rank depends on all others.
   * Errors: SEARCH_INVALID_QUERY, SEARCH_INVALID_CURSOR, READ_STORE_UNAVAILABLE.
   */
  search<Document extends object>(collection: string, request: SearchRequest): Promise<SearchResult<Document>>;
}
