// What differs between the embedded read stores: the tables of one collection of one generation.
import type { StatementSync } from 'node:sqlite';
import { decodeDocument } from '@mainstem/projection/adapter';
import type {
  CollectionChanges,
  CollectionDescriptor,
  DerivedDifference,
  ProjectionDocument,
  ScanEntry,
  ScanOptions,
} from '@mainstem/projection/adapter';

/** A collection of one generation, as stored. */
export interface StoredCollection {
  /** Names the collection's tables; never used again. */
  readonly id: number;
  readonly name: string;
  /** True: documents have a property `$state` that queries must not show. */
  readonly hasState: boolean;
  /** What the derived tables were made from; `declare` writes it. */
  readonly declaration: string;
}

/** All methods run in a transaction of the writing connection; `load` and `expired` in a reading one. */
export interface CollectionTables {
  /** What derived tables of this collection are to be made from. Equal declarations derive the same. */
  declare(name: string): string;

  create(collection: StoredCollection): void;

  /** Makes the derived tables anew from the stored documents, because their declaration has changed. */
  derive(collection: StoredCollection, previous: StoredCollection): void;

  /** True if the declaration of `collection` folds other documents than that of `previous`. Default: never. */
  foldsOtherwise?(collection: StoredCollection, previous: StoredCollection): boolean;

  drop(collection: StoredCollection): void;

  load(collection: StoredCollection, keys: readonly string[]): ReadonlyMap<string, ProjectionDocument>;

  /** Keys of documents that expire at or before a time, in milliseconds since the epoch. Default: none do. */
  expired?(collection: StoredCollection, until: number, limit: number): readonly string[];

  /** A page of documents by key, in SQLite's order of bytes. Runs in a reading transaction. */
  scan(collection: StoredCollection, options: ScanOptions): readonly ScanEntry[];

  /** Where derived tables differ from the documents. Runs in a reading transaction, in steps with pauses. */
  differences(collection: StoredCollection, signal: AbortSignal | undefined): Promise<readonly DerivedDifference[]>;

  /**
   * `isBulk`: no query reads the collection before `finishBulk`, so what is derived for queries may wait until then.
   * Errors: READ_STORE_INVALID_DOCUMENT.
   */
  apply(collection: StoredCollection, changes: CollectionChanges, isBulk: boolean): void;

  /** Makes what `apply` has left out in a bulk load. */
  finishBulk(collection: StoredCollection): void;
}

/** The documents of these keys, by a statement that finds one. */
export const loadedBy = (get: StatementSync, keys: readonly string[]): ReadonlyMap<string, ProjectionDocument> => {
  const documents = new Map<string, ProjectionDocument>();
  for (const key of keys) {
    const row = get.get(key) as { document: string } | undefined;
    if (row) documents.set(key, decodeDocument(row.document));
  }
  return documents;
};

/** Selects a page of documents, see `pageBy`. */
export const selectPage = (id: number): string => `SELECT key, document FROM documents_${id} WHERE ? IS NULL OR key > ? ORDER BY key LIMIT ?`;

export const pageBy = (page: StatementSync, { after, limit }: ScanOptions): readonly { readonly key: string; readonly document: string }[] =>
  page.all(after ?? null, after ?? null, limit) as unknown as readonly { key: string; document: string }[];

/** In the engine's form, with the store's declaration. */
export type NewCollection = Pick<CollectionDescriptor, 'name' | 'hasState'> & Pick<StoredCollection, 'declaration'>;
