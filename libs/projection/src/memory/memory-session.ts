// How a session in memory handles documents.
import type { CollectionChanges, CommitBatch, ParkedEvent, ParkedQuery, ProjectionDocument } from '../read-store/read-store.js';
import type { CommitClaim, SessionStore } from '../record/record-store.js';
import type { RecordedSession } from '../record/recorded-session.js';
import { decodeDocument, type MemoryGeneration } from './memory-generation.js';

/** The writes of a handler projection in memory; the same steps as in SQL, with explicit keys. */
export interface MemoryTransaction {
  /** Documents by key, as this transaction sees them; keys without one are absent. */
  find<Document extends object>(collection: string, keys: readonly string[]): Promise<ReadonlyMap<string, Document>>;
  upsert(collection: string, documents: ReadonlyMap<string, object>): Promise<void>;
  delete(collection: string, keys: readonly string[]): Promise<void>;
}

export type MemorySession = RecordedSession<MemoryTransaction>;

export class MemorySessionStore implements SessionStore<MemoryTransaction> {
  readonly #content: () => MemoryGeneration;
  readonly #commit: (batch: CommitBatch, claim: CommitClaim) => void;

  /** `content` throws when the store is closed; `commit` moves the checkpoint and writes, or throws. */
  constructor(content: () => MemoryGeneration, commit: (batch: CommitBatch, claim: CommitClaim) => void) {
    this.#content = content;
    this.#commit = commit;
  }

  async load(collection: string, keys: readonly string[]): Promise<ReadonlyMap<string, ProjectionDocument>> {
    return this.#content().load(collection, keys);
  }

  async commit(batch: CommitBatch, claim: CommitClaim): Promise<void> {
    this.#commit(batch, claim);
  }

  async transact(work: (transaction: MemoryTransaction) => Promise<void>, batch: Omit<CommitBatch, 'changes'>, claim: CommitClaim): Promise<void> {
    const writes = new TransactionWrites(this.#content());
    await work(writes);
    this.#commit({ ...batch, changes: writes.changes() }, claim);
  }

  async parked(query: ParkedQuery): Promise<readonly ParkedEvent[]> {
    return this.#content().parkedEvents(query);
  }

  async parkedKeys(): Promise<ReadonlyMap<string, number>> {
    return this.#content().parkedKeys();
  }
}

/** Writes of one transaction, which only its own reads see before the commit. */
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
