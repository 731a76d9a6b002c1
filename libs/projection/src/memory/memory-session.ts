// The right to write one generation in memory.
import { isPositionBefore, type Position } from '@mainstem/event-store';
import { CheckpointMoved } from '../read-store/errors.js';
import type { Checkpoint } from '../read-store/checkpoint.js';
import type { CollectionChanges, CommitBatch, ParkedEvent, ProjectionDocument, TransactionalSession } from '../read-store/read-store.js';
import { decodeDocument, type MemoryGeneration, type PartitionClaim } from './memory-generation.js';

/** What a handler projection writes through in memory; the same steps as in SQL, with keys given explicitly. */
export interface MemoryTransaction {
  /** Documents by key, as they are inside this transaction; keys without one are absent. */
  find<Document extends object>(collection: string, keys: readonly string[]): Promise<ReadonlyMap<string, Document>>;
  upsert(collection: string, documents: ReadonlyMap<string, object>): Promise<void>;
  delete(collection: string, keys: readonly string[]): Promise<void>;
}

export class MemorySession implements TransactionalSession<MemoryTransaction> {
  readonly generation: number;
  readonly checkpoint: Checkpoint;
  readonly #generation: MemoryGeneration;
  readonly #assertUsable: () => void;
  readonly #now: () => string;
  #isClosed = false;

  constructor(
    generation: MemoryGeneration,
    private readonly partition: number,
    assertUsable: () => void,
    now: () => string,
  ) {
    this.#generation = generation;
    this.#assertUsable = assertUsable;
    this.#now = now;
    this.generation = generation.described.number;
    this.checkpoint = generation.checkpoint(partition);
  }

  async load(collection: string, keys: readonly string[]): Promise<ReadonlyMap<string, ProjectionDocument>> {
    this.#assertUsable();
    const texts = this.#generation.collection(collection);
    const documents = new Map<string, ProjectionDocument>();
    for (const key of keys) {
      const text = texts?.get(key);
      if (text !== undefined) documents.set(key, decodeDocument(text));
    }
    return documents;
  }

  async commit(batch: CommitBatch): Promise<void> {
    this.#assertMine();
    this.#generation.commit(this.#claim, batch, this.#now());
  }

  async transact(work: (transaction: MemoryTransaction) => Promise<void>, batch: Omit<CommitBatch, 'changes'>): Promise<void> {
    this.#assertMine();
    const writes = new TransactionWrites(this.#generation);
    await work(writes);
    this.#assertMine();
    this.#generation.commit(this.#claim, { ...batch, changes: writes.changes() }, this.#now());
  }

  /** Maps have no secondary indexes: there is nothing to make up for. */
  async finishBulk(): Promise<void> {
    this.#assertMine();
    this.#generation.assertEpoch(this.#claim);
    this.#generation.finishBulk(this.#now());
  }

  async parked(options: { readonly key?: string; readonly after?: Position; readonly limit: number }): Promise<readonly ParkedEvent[]> {
    this.#assertUsable();
    const { key, after, limit } = options;
    const matching = this.#generation
      .parkedEvents()
      .filter((event) => (key === undefined || event.key === key) && isPositionBefore(after, event.position));
    return matching.slice(0, limit);
  }

  async parkedKeys(): Promise<ReadonlyMap<string, number>> {
    this.#assertUsable();
    const counts = new Map<string, number>();
    for (const { key } of this.#generation.parkedEvents()) counts.set(key, (counts.get(key) ?? 0) + 1);
    return counts;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  get #claim(): PartitionClaim {
    return { partition: this.partition, epoch: this.checkpoint.epoch };
  }

  #assertMine(): void {
    this.#assertUsable();
    if (this.#isClosed) throw new CheckpointMoved(this.#generation.described.projection, this.generation);
  }
}

/** Writes of one transaction, seen by its own reads and by nobody else before it commits. */
class TransactionWrites implements MemoryTransaction {
  readonly #generation: MemoryGeneration;
  readonly #written = new Map<string, Map<string, object | null>>();

  constructor(generation: MemoryGeneration) {
    this.#generation = generation;
  }

  async find<Document extends object>(collection: string, keys: readonly string[]): Promise<ReadonlyMap<string, Document>> {
    const found = new Map<string, Document>();
    for (const key of keys) {
      const written = this.#written.get(collection)?.get(key);
      const text = this.#generation.collection(collection)?.get(key);
      const document = written === undefined && text !== undefined ? decodeDocument(text) : written;
      if (document) found.set(key, document as Document);
    }
    return found;
  }

  async upsert(collection: string, documents: ReadonlyMap<string, object>): Promise<void> {
    for (const [key, document] of documents) this.#of(collection).set(key, document);
  }

  async delete(collection: string, keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#of(collection).set(key, null);
  }

  changes(): CollectionChanges[] {
    return [...this.#written].map(([collection, written]) => ({
      collection,
      upserts: new Map([...written].filter((entry): entry is [string, object] => entry[1] !== null)),
      deletes: [...written].filter(([, document]) => document === null).map(([key]) => key),
    }));
  }

  #of(collection: string): Map<string, object | null> {
    const written = this.#written.get(collection) ?? new Map<string, object | null>();
    this.#written.set(collection, written);
    return written;
  }
}
