// The tables of one searchable collection: its documents, and the full-text index over their words.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { SearchCollections } from '@mainstem/projection';
import {
  type CollectionChanges,
  decodeDeclaration,
  decodeDocument,
  decodeEntry,
  type DerivedDifference,
  encodeDeclaration,
  encodeDocument,
  fieldWords,
  haveSameIndex,
  type ProjectionDocument,
  type ScanEntry,
  type ScanOptions,
  type SearchDeclaration,
  textsOf,
} from '@mainstem/projection/adapter';
import { loadedBy, pageBy, selectPage, type CollectionTables, type StoredCollection } from '../read-store/collection-tables.js';
import { StatementCache } from '../read-store/statement-cache.js';
import { searchDifferences } from './derived-check.js';

/**
 * The index keeps no content of its own. To remove a document, its indexed words must be given again, so they are
 * stored beside the document; if they have not changed, the index is left alone. (FTS5's `contentless_delete` needs no
 * words, but deleted documents then still count in the ranking, and a rebuilt index would rank differently.)
 */
export class SearchTables implements CollectionTables {
  readonly #statements: StatementCache<SearchStatements>;

  constructor(
    private readonly database: DatabaseSync,
    private readonly collections: SearchCollections,
  ) {
    this.#statements = new StatementCache((collection) => prepare(database, collection));
    // A wrong option must fail when the store is opened.
    for (const name of Object.keys(collections)) this.declare(name);
  }

  declare(name: string): string {
    return encodeDeclaration(name, this.collections[name]);
  }

  create({ id, declaration }: StoredCollection): void {
    this.database.exec(
      `CREATE TABLE documents_${id} (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, document TEXT NOT NULL, words TEXT NOT NULL) STRICT`,
    );
    createIndex(this.database, id, decodeDeclaration(declaration));
  }

  drop({ id }: StoredCollection): void {
    this.database.exec(`DROP TABLE IF EXISTS words_${id}; DROP TABLE documents_${id};`);
  }

  derive(collection: StoredCollection, previous: StoredCollection): void {
    const declaration = decodeDeclaration(collection.declaration);
    if (haveSameIndex(declaration, decodeDeclaration(previous.declaration))) return;
    this.database.exec(`DROP TABLE IF EXISTS words_${collection.id}`);
    createIndex(this.database, collection.id, declaration);
    const { page, setWords, index } = this.#statements.of(collection);
    // Read in full pages by id, so that no statement runs over rows that are being changed.
    for (let after: number | undefined = 0; after !== undefined;) {
      const rows = page.all(after, DERIVE_PAGE) as unknown as readonly DocumentRow[];
      for (const { id, key, document } of rows) {
        const words = fieldWords(collection.name, key, decodeDocument(document), declaration.text);
        setWords.run(words.join(FIELD_END), id);
        index?.insert.run(id, ...words);
      }
      after = rows.at(-1)?.id;
    }
  }

  /** A bulk load keeps the index up to date, too: words change so rarely that indexing at the end saves nothing. */
  finishBulk(): void {}

  load(collection: StoredCollection, keys: readonly string[]): ReadonlyMap<string, ProjectionDocument> {
    return loadedBy(this.#statements.of(collection).get, keys);
  }

  scan(collection: StoredCollection, options: ScanOptions): readonly ScanEntry[] {
    return pageBy(this.#statements.of(collection).scan, options).map(decodeEntry);
  }

  async differences(collection: StoredCollection, signal: AbortSignal | undefined): Promise<readonly DerivedDifference[]> {
    return searchDifferences(this.database, collection, FIELD_END, signal);
  }

  apply(collection: StoredCollection, { upserts, deletes }: CollectionChanges): void {
    const statements = this.#statements.of(collection);
    const { text, filters } = decodeDeclaration(collection.declaration);
    for (const key of deletes) {
      const removed = statements.remove.get(key) as WordsRow | undefined;
      if (removed) statements.index?.remove.run(removed.id, ...removed.words.split(FIELD_END));
    }
    for (const [key, document] of upserts) {
      const json = encodeDocument(collection.name, key, document);
      for (const field of filters) textsOf(collection.name, key, document, field); // refuses values that cannot be filtered
      upsert(statements, { key, json, words: fieldWords(collection.name, key, document, text) });
    }
  }
}

const upsert = (statements: SearchStatements, { key, json, words }: { key: string; json: string; words: readonly string[] }): void => {
  const joined = words.join(FIELD_END);
  const old = statements.words.get(key) as WordsRow | undefined;
  if (!old) {
    const { lastInsertRowid } = statements.insert.run(key, json, joined);
    statements.index?.insert.run(lastInsertRowid, ...words);
  } else if (old.words === joined) {
    statements.setDocument.run(json, old.id);
  } else {
    statements.index?.remove.run(old.id, ...old.words.split(FIELD_END));
    statements.setDocumentAndWords.run(json, joined, old.id);
    statements.index?.insert.run(old.id, ...words);
  }
};

/** The number of documents that one step of a derivation holds in memory. */
const DERIVE_PAGE = 1_000;
/** Stands between the words of two fields; no word holds it. */
const FIELD_END = '\n';

interface DocumentRow {
  readonly id: number;
  readonly key: string;
  readonly document: string;
}

interface WordsRow {
  readonly id: number;
  readonly words: string;
}

interface SearchStatements {
  readonly get: StatementSync;
  readonly page: StatementSync;
  readonly scan: StatementSync;
  readonly words: StatementSync;
  readonly insert: StatementSync;
  readonly setDocument: StatementSync;
  readonly setDocumentAndWords: StatementSync;
  readonly setWords: StatementSync;
  readonly remove: StatementSync;
  /** Undefined for a collection without text fields. */
  readonly index: { readonly insert: StatementSync; readonly remove: StatementSync } | undefined;
}

const prepare = (database: DatabaseSync, { id, declaration }: StoredCollection): SearchStatements => ({
  get: database.prepare(`SELECT document FROM documents_${id} WHERE key = ?`),
  page: database.prepare(`SELECT id, key, document FROM documents_${id} WHERE id > ? ORDER BY id LIMIT ?`),
  scan: database.prepare(selectPage(id)),
  words: database.prepare(`SELECT id, words FROM documents_${id} WHERE key = ?`),
  insert: database.prepare(`INSERT INTO documents_${id} (key, document, words) VALUES (?, ?, ?)`),
  setDocument: database.prepare(`UPDATE documents_${id} SET document = ? WHERE id = ?`),
  setDocumentAndWords: database.prepare(`UPDATE documents_${id} SET document = ?, words = ? WHERE id = ?`),
  setWords: database.prepare(`UPDATE documents_${id} SET words = ? WHERE id = ?`),
  remove: database.prepare(`DELETE FROM documents_${id} WHERE key = ? RETURNING id, words`),
  index: prepareIndex(database, id, decodeDeclaration(declaration)),
});

const prepareIndex = (database: DatabaseSync, id: number, { text }: SearchDeclaration): SearchStatements['index'] => {
  if (text.length === 0) return undefined;
  const columns = columnsOf(text).join(', ');
  const values = text.map(() => '?').join(', ');
  return {
    insert: database.prepare(`INSERT INTO words_${id} (rowid, ${columns}) VALUES (?, ${values})`),
    remove: database.prepare(`INSERT INTO words_${id} (words_${id}, rowid, ${columns}) VALUES ('delete', ?, ${values})`),
  };
};

/** Words arrive split and lowered, so the simplest tokenizer is enough: it keeps non-ASCII and splits at blanks. */
const createIndex = (database: DatabaseSync, id: number, { text }: SearchDeclaration): void => {
  if (text.length === 0) return;
  const columns = columnsOf(text).join(', ');
  database.exec(`CREATE VIRTUAL TABLE words_${id} USING fts5 (${columns}, content = '', tokenize = 'ascii', prefix = '2 3')`);
};

// Fields may have any name; columns are numbered.
const columnsOf = (text: readonly string[]): string[] => text.map((_, index) => `field_${index}`);
