// The right to write one generation of an embedded read store.
import {
  type Checkpoint,
  checkpointIn,
  CheckpointMoved,
  type CommitBatch,
  InvalidProjection,
  type ParkedEvent,
  type ProjectionDocument,
  type ReadStoreSession,
} from '@mainstem/projection/adapter';
import type { Bookkeeping, CheckpointOwner, StoredGeneration } from './bookkeeping.js';
import type { CollectionTables, StoredCollection } from './collection-tables.js';
import type { ParkedEvents, ParkedQuery } from './parked-events.js';
import type { ReadStoreFile } from './read-store-file.js';

/** The parts of a store that work on its writing connection. */
export interface StoreParts {
  readonly file: ReadStoreFile;
  readonly bookkeeping: Bookkeeping;
  readonly parkedEvents: ParkedEvents;
  readonly tables: CollectionTables;
}

/** Where a session writes. */
export interface SessionTarget {
  readonly stored: StoredGeneration;
  readonly partition: number;
  readonly collections: readonly StoredCollection[];
}

export class EmbeddedSession implements ReadStoreSession {
  readonly generation: number;
  readonly checkpoint: Checkpoint;
  private readonly stored: StoredGeneration;
  private readonly partition: number;
  readonly #collections: ReadonlyMap<string, StoredCollection>;
  #isBulk: boolean;
  #isClosed = false;

  constructor(
    private readonly parts: StoreParts,
    { stored, partition, collections }: SessionTarget,
  ) {
    this.stored = stored;
    this.partition = partition;
    this.generation = stored.number;
    this.checkpoint = checkpointIn(stored, partition);
    this.#isBulk = stored.isBulk;
    this.#collections = new Map(collections.map((collection) => [collection.name, collection]));
  }

  async load(collection: string, keys: readonly string[]): Promise<ReadonlyMap<string, ProjectionDocument>> {
    const stored = this.#collection(collection);
    return this.parts.file.readForWriting(() => this.parts.tables.load(stored, keys));
  }

  async expiredKeys(collection: string, until: number, limit: number): Promise<readonly string[]> {
    const stored = this.#collection(collection);
    return this.parts.file.readForWriting(() => this.parts.tables.expired?.(stored, until, limit) ?? []);
  }

  async commit(batch: CommitBatch): Promise<void> {
    const { file, bookkeeping, parkedEvents, tables } = this.parts;
    const { projection, number } = this.stored;
    if (this.#isClosed) throw new CheckpointMoved(projection, number);
    const changes = batch.changes.map((change) => ({ change, collection: this.#collection(change.collection) }));
    await file.write(() => {
      // First of all: a stale session must not even try.
      if (!bookkeeping.moveCheckpoint(this.#owner(), batch.checkpoint)) throw new CheckpointMoved(projection, number);
      for (const { change, collection } of changes) tables.apply(collection, change, this.#isBulk);
      for (const event of batch.unpark ?? []) parkedEvents.unpark(this.stored.id, event);
      for (const event of batch.park ?? []) parkedEvents.park(this.stored.id, event);
    });
  }

  async finishBulk(): Promise<void> {
    const { file, bookkeeping, tables } = this.parts;
    await file.write(() => {
      if (this.#isClosed || !bookkeeping.finishBulk(this.#owner())) throw new CheckpointMoved(this.stored.projection, this.generation);
      if (this.#isBulk) for (const collection of this.#collections.values()) tables.finishBulk(collection);
    });
    this.#isBulk = false;
  }

  async parked(query: ParkedQuery): Promise<readonly ParkedEvent[]> {
    return this.parts.file.readForWriting(() => this.parts.parkedEvents.list(this.stored.id, query));
  }

  async parkedKeys(): Promise<ReadonlyMap<string, number>> {
    return this.parts.file.readForWriting(() => this.parts.parkedEvents.keys(this.stored.id));
  }

  /** Nothing is held between commits, so there is nothing to give back; it just cannot commit any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #owner(): CheckpointOwner {
    return { id: this.stored.id, partition: this.partition, epoch: this.checkpoint.epoch, updatedAt: this.parts.file.now() };
  }

  #collection(name: string): StoredCollection {
    const collection = this.#collections.get(name);
    if (!collection) throw new InvalidProjection(this.stored.projection, `its generation ${this.generation} has no collection ${name}`);
    return collection;
  }
}
