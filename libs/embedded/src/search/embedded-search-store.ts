// A full-text index in one SQLite file: ranking, highlights, search as you type. No server needed.
import { join } from 'node:path';
import { type Position, type Runtime, systemRuntime } from '@mainstem/event-store';
import { decodeForQuery } from '@mainstem/projection';
import type { ServingCollection } from '../read-store/bookkeeping.js';
import { EmbeddedReadStore } from '../read-store/embedded-read-store.js';
import { ReadStoreFile } from '../read-store/read-store-file.js';
import { highlight } from './highlight.js';
import { type IndexHit, IndexReader } from './index-reader.js';
import { decodeCursor, encodeCursor } from './search-cursor.js';
import { decodeDeclaration, type SearchCollections, textsOf } from './search-options.js';
import { matchExpression, parseRequest, type SearchRequest, type SearchWords } from './search-query.js';
import { SearchTables } from './search-tables.js';

export interface EmbeddedSearchOptions {
  /** Folder of the file `search.db`; both are created where there are none. */
  readonly dir: string;
  readonly runtime?: Runtime;
  /** Text fields by collection. Only a process that writes needs them; queries find what was written. */
  readonly collections?: SearchCollections;
}

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

/** `MsSe` in ASCII. */
const APPLICATION_ID = 0x4d735365;
const FORMAT = 1;

export class EmbeddedSearchStore extends EmbeddedReadStore {
  readonly #index: IndexReader;

  private constructor(file: ReadStoreFile, collections: SearchCollections) {
    super(file, (database) => new SearchTables(database, collections));
    this.#index = new IndexReader(file.reader);
  }

  /**
   * Errors: PROJECTION_INVALID_DEFINITION for options that cannot work; READ_STORE_FOREIGN_FILE, READ_STORE_NEWER_FORMAT, READ_STORE_CORRUPT,
   * READ_STORE_READ_ONLY, READ_STORE_DISK_FULL, READ_STORE_BUSY, READ_STORE_CANNOT_OPEN, READ_STORE_IO_FAILED, READ_STORE_SQLITE_TOO_OLD.
   */
  static async open({ dir, runtime = systemRuntime, collections = {} }: EmbeddedSearchOptions): Promise<EmbeddedSearchStore> {
    const path = join(dir, 'search.db');
    const file = await ReadStoreFile.open({ path, name: 'search', applicationId: APPLICATION_ID, format: FORMAT, runtime });
    try {
      return new EmbeddedSearchStore(file, collections);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** The document of this key in the serving generation; undefined if there is none. Errors: READ_STORE_UNAVAILABLE. */
  async get<Document extends object>(collection: string, key: string): Promise<Document | undefined> {
    return this.file.read(() => {
      const serving = this.served.servingCollection(collection);
      if (!serving) return undefined;
      const json = this.#index.document(serving, key);
      return json === undefined ? undefined : decodeForQuery<Document>(json, serving.hasState);
    });
  }

  /**
   * Documents of the serving generation that have all words of the query, as whole words, in any of their text fields; none for a query without
   * words, nor for a collection that is not there yet. Total, items and position are of one snapshot. Pages are stable as long as the collection
   * does not change; after a change a document may be missed or come twice, because its rank depends on all others.
   * Errors: SEARCH_INVALID_QUERY, SEARCH_INVALID_CURSOR, READ_STORE_UNAVAILABLE.
   */
  async search<Document extends object>(collection: string, request: SearchRequest): Promise<SearchResult<Document>> {
    const words = parseRequest(request);
    const match = matchExpression(words);
    const scope = `${collection}\n${match ?? ''}`;
    const after = request.cursor === undefined ? undefined : decodeCursor(request.cursor, scope);
    return this.file.read(() => {
      const serving = this.served.servingCollection(collection);
      if (!serving || match === undefined) return { total: 0, items: [], next: undefined, position: serving?.position };
      // One more than asked for shows whether there is a next page.
      const { total, hits } = this.#index.page(serving, match, { limit: request.limit + 1, after });
      const page = hits.slice(0, request.limit);
      const last = hits.length > page.length ? page.at(-1) : undefined;
      const items = page.map((hit) => itemOf<Document>(hit, serving, words));
      return { total, items, next: last && encodeCursor(last, scope), position: serving.position };
    });
  }
}

const itemOf = <Document extends object>(hit: IndexHit, collection: ServingCollection, words: SearchWords): SearchItem<Document> => {
  const document = decodeForQuery<Document>(hit.document, collection.hasState);
  const texts = decodeDeclaration(collection.declaration).text.flatMap((field) => textsOf(collection.name, hit.key, document, field));
  return { key: hit.key, document, highlight: highlight(texts, words), score: -hit.rank };
};
