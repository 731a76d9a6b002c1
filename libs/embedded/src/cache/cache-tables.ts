// The tables of one cached collection: its documents, and its leaderboards sorted by score.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { CacheCollections } from '@mainstem/projection';
import {
  type CollectionChanges,
  declarationOf,
  decodeDocument,
  decodeEntry,
  type Derived,
  derivedOf,
  type DerivedDifference,
  encodeDocument,
  expiresOtherwise,
  type Places,
  type ProjectionDocument,
  type ScanEntry,
  type ScanOptions,
} from '@mainstem/projection/adapter';
import { loadedBy, pageBy, selectPage, type CollectionTables, type StoredCollection } from '../read-store/collection-tables.js';
import { StatementCache } from '../read-store/statement-cache.js';
import { cacheDifferences } from './derived-check.js';
import { decodePlaces, encodePlaces } from './places-text.js';

export class CacheTables implements CollectionTables {
  readonly #statements: StatementCache<CacheStatements>;

  constructor(
    private readonly database: DatabaseSync,
    private readonly collections: CacheCollections,
  ) {
    this.#statements = new StatementCache(({ id }) => prepare(database, id));
  }

  declare(name: string): string {
    return declarationOf(this.collections[name]);
  }

  foldsOtherwise(collection: StoredCollection, previous: StoredCollection): boolean {
    return expiresOtherwise(collection.declaration, previous.declaration);
  }

  create({ id }: StoredCollection): void {
    this.database.exec(createSql(id));
  }

  drop({ id }: StoredCollection): void {
    this.database.exec(`DROP TABLE documents_${id}; DROP TABLE places_${id};`);
  }

  derive(collection: StoredCollection): void {
    const { page, setDerived, insertPlace } = this.#statements.of(collection);
    this.database.exec(`DELETE FROM places_${collection.id}`);
    // Read in full pages by key, so that no statement runs over rows that are being changed.
    for (let after: string | undefined; ;) {
      const rows = pageBy(page, { limit: DERIVE_PAGE, ...(after !== undefined && { after }) });
      for (const { key, document } of rows) {
        const { places, expiresAt } = this.#derived(collection, key, decodeDocument(document));
        setDerived.run(encodePlaces(places), expiresAt, key);
        for (const [board, score] of places) insertPlace.run(board, score, key);
      }
      after = rows.at(-1)?.key;
      if (after === undefined) return;
    }
  }

  load(collection: StoredCollection, keys: readonly string[]): ReadonlyMap<string, ProjectionDocument> {
    return loadedBy(this.#statements.of(collection).get, keys);
  }

  expired(collection: StoredCollection, until: number, limit: number): readonly string[] {
    const rows = this.#statements.of(collection).expired.all(until, limit);
    return (rows as unknown as readonly { key: string }[]).map(({ key }) => key);
  }

  scan(collection: StoredCollection, options: ScanOptions): readonly ScanEntry[] {
    return pageBy(this.#statements.of(collection).page, options).map(decodeEntry);
  }

  async differences(collection: StoredCollection, signal: AbortSignal | undefined): Promise<readonly DerivedDifference[]> {
    // Derived by another declaration: the next session derives it anew.
    if (collection.declaration !== this.declare(collection.name)) return [];
    return cacheDifferences(this.database, collection, (key, document) => this.#derived(collection, key, document), signal);
  }

  apply(collection: StoredCollection, { upserts, deletes }: CollectionChanges, isBulk: boolean): void {
    const statements = this.#statements.of(collection);
    const options = this.collections[collection.name];
    for (const key of deletes) remove(statements, key);
    for (const [key, document] of upserts) {
      const json = encodeDocument(collection.name, key, document);
      const { places, expiresAt } = this.#derived(collection, key, document);
      // Derived even if it is not stored yet: a document without a valid place is refused together with its event.
      const text = isBulk ? null : encodePlaces(places);
      if (options?.boards && !isBulk) movePlaces(statements, key, { text, places });
      statements.upsert.run(key, json, text, expiresAt);
    }
  }

  /** A place that moves with every event is written once (measured: the shop's cache fills with a sixth less work). */
  finishBulk(collection: StoredCollection): void {
    if (this.collections[collection.name]?.boards) this.derive(collection);
  }

  #derived({ name }: StoredCollection, key: string, document: ProjectionDocument): Derived {
    return derivedOf(this.collections[name], name, key, document);
  }
}

/** The number of documents that one step of a derivation holds in memory. */
const DERIVE_PAGE = 1_000;

interface CacheStatements {
  readonly get: StatementSync;
  readonly page: StatementSync;
  readonly places: StatementSync;
  readonly upsert: StatementSync;
  readonly setDerived: StatementSync;
  readonly remove: StatementSync;
  readonly insertPlace: StatementSync;
  readonly removePlace: StatementSync;
  readonly expired: StatementSync;
}

/** Only different places are written: most changes of a document leave most of its scores unchanged. */
const movePlaces = (statements: CacheStatements, key: string, next: { readonly text: string | null; readonly places: Places }): void => {
  const row = statements.places.get(key) as { places: string | null } | undefined;
  const text = row?.places ?? null;
  if (text === next.text) return;
  const old = decodePlaces(text);
  for (const [board, score] of old) if (next.places.get(board) !== score) statements.removePlace.run(board, score, key);
  for (const [board, score] of next.places) if (old.get(board) !== score) statements.insertPlace.run(board, score, key);
};

const remove = (statements: CacheStatements, key: string): void => {
  const row = statements.remove.get(key) as { places: string | null } | undefined;
  for (const [board, score] of decodePlaces(row?.places ?? null)) statements.removePlace.run(board, score, key);
};

// A document's row repeats its places: they are found again even if the function has changed.
const createSql = (id: number): string => `
  CREATE TABLE documents_${id} (key TEXT PRIMARY KEY, document TEXT NOT NULL, places TEXT, expires_at INTEGER) STRICT, WITHOUT ROWID;
  CREATE INDEX documents_${id}_expires ON documents_${id} (expires_at) WHERE expires_at IS NOT NULL;
  CREATE TABLE places_${id} (
    board TEXT NOT NULL, score INTEGER NOT NULL, key TEXT NOT NULL, PRIMARY KEY (board, score DESC, key)
  ) STRICT, WITHOUT ROWID;`;

const prepare = (database: DatabaseSync, id: number): CacheStatements => ({
  get: database.prepare(`SELECT document FROM documents_${id} WHERE key = ?`),
  page: database.prepare(selectPage(id)),
  places: database.prepare(`SELECT places FROM documents_${id} WHERE key = ?`),
  upsert: database.prepare(`INSERT OR REPLACE INTO documents_${id} (key, document, places, expires_at) VALUES (?, ?, ?, ?)`),
  setDerived: database.prepare(`UPDATE documents_${id} SET places = ?, expires_at = ? WHERE key = ?`),
  remove: database.prepare(`DELETE FROM documents_${id} WHERE key = ? RETURNING places`),
  insertPlace: database.prepare(`INSERT INTO places_${id} (board, score, key) VALUES (?, ?, ?)`),
  removePlace: database.prepare(`DELETE FROM places_${id} WHERE board = ? AND score = ? AND key = ?`),
  expired: database.prepare(`SELECT key FROM documents_${id} WHERE expires_at <= ? LIMIT ?`),
});
