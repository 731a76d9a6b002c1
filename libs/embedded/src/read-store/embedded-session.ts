// What a session does with the documents of one generation of an embedded read store.
import {
  CheckpointMoved,
  type CommitBatch,
  type CommitClaim,
  InvalidProjection,
  type ParkedEvent,
  type ParkedQuery,
  type ProjectionDocument,
  type SessionStore,
} from '@mainstem/projection/adapter';
import type { CollectionTables, StoredCollection } from './collection-tables.js';
import type { GenerationRecords } from './bookkeeping/generation-records.js';
import type { ParkedRecords } from './bookkeeping/parked-records.js';
import type { ReadStoreFile } from './read-store-file.js';

/** The parts of a store on its writing connection. */
export interface SessionParts {
  readonly file: ReadStoreFile;
  readonly generations: GenerationRecords;
  readonly parked: ParkedRecords;
  readonly tables: CollectionTables;
}

/** Where a session writes. */
export interface SessionTarget {
  readonly projection: string;
  readonly number: number;
  readonly id: number;
  readonly collections: readonly StoredCollection[];
}

export class EmbeddedSession implements SessionStore {
  readonly #parts: SessionParts;
  readonly #target: SessionTarget;

  constructor(parts: SessionParts, target: SessionTarget) {
    this.#parts = parts;
    this.#target = target;
  }

  async load(collection: string, keys: readonly string[]): Promise<ReadonlyMap<string, ProjectionDocument>> {
    const stored = this.#collection(collection);
    return this.#parts.file.readForWriting(() => this.#parts.tables.load(stored, keys));
  }

  async expiredKeys(collection: string, until: number, limit: number): Promise<readonly string[]> {
    const stored = this.#collection(collection);
    return this.#parts.file.readForWriting(() => this.#parts.tables.expired?.(stored, until, limit) ?? []);
  }

  async commit(batch: CommitBatch, claim: CommitClaim): Promise<void> {
    const { file, generations, parked, tables } = this.#parts;
    const { projection, number, id } = this.#target;
    const changes = batch.changes.map((change) => ({ change, collection: this.#collection(change.collection) }));
    await file.write(() => {
      // First of all: a stale session must not even try.
      if (!generations.moveCheckpoint(id, claim, batch.checkpoint)) throw new CheckpointMoved(projection, number);
      for (const { change, collection } of changes) tables.apply(collection, change, claim.isBulk);
      for (const event of batch.unpark ?? []) parked.unpark(id, event);
      for (const event of batch.park ?? []) parked.park(id, event);
    });
  }

  async parked(query: ParkedQuery): Promise<readonly ParkedEvent[]> {
    return this.#parts.file.readForWriting(() => this.#parts.parked.list(this.#target.id, query));
  }

  async parkedKeys(): Promise<ReadonlyMap<string, number>> {
    return this.#parts.file.readForWriting(() => this.#parts.parked.keys(this.#target.id));
  }

  #collection(name: string): StoredCollection {
    const { projection, number, collections } = this.#target;
    const collection = collections.find((one) => one.name === name);
    if (!collection) throw new InvalidProjection(projection, `its generation ${number} has no collection ${name}`);
    return collection;
  }
}
