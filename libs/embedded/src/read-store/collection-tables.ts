// What differs between the embedded read stores: the tables that hold one collection of one generation.
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
  /** Documents have a property `$state` that queries must not show. */
  readonly hasState: boolean;
  /** What the derived tables were made from; written by `declare`. */
  readonly declaration: string;
}

/** All methods run inside a transaction of the writing connection, except `load` and `expired`, which run inside one that reads. */
export interface CollectionTables {
  /** What derived tables of this collection are to be made from. Two equal declarations derive the same. */
  declare(name: string): string;

  create(collection: StoredCollection): void;

  /** Makes the derived tables anew from the stored documents, because they were made from another declaration. */
  derive(collection: StoredCollection, previous: StoredCollection): void;

  /** Whether documents folded under the declaration of `previous` are others than under that of `collection`. Default: never. */
  foldsOtherwise?(collection: StoredCollection, previous: StoredCollection): boolean;

  drop(collection: StoredCollection): void;

  load(collection: StoredCollection, keys: readonly string[]): ReadonlyMap<string, ProjectionDocument>;

  /** Keys of documents that expire at or before a time, in milliseconds since the epoch. Default: none do. */
  expired?(collection: StoredCollection, until: number, limit: number): readonly string[];

  /** A page of documents by key; the order of SQLite's texts is that of their bytes. Runs inside a transaction that reads. */
  scan(collection: StoredCollection, options: ScanOptions): readonly ScanEntry[];

  /** Where derived tables do not fit the documents. Runs inside a transaction that reads, in steps between which others may run. */
  differences(collection: StoredCollection, signal: AbortSignal | undefined): Promise<readonly DerivedDifference[]>;

  /**
   * `isBulk`: nobody queries the collection before `finishBulk`, so what is derived for queries may wait until then. Errors: READ_STORE_INVALID_DOCUMENT.
   */
  apply(collection: StoredCollection, changes: CollectionChanges, isBulk: boolean): void;

  /** Makes what `apply` has left out in bulk. */
  finishBulk(collection: StoredCollection): void;
}

/** As the engine hands it in, with what the store declares about it. */
export type NewCollection = Pick<CollectionDescriptor, 'name' | 'hasState'> & Pick<StoredCollection, 'declaration'>;
