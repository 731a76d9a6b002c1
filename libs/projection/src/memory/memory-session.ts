// What a session in memory does with documents.
import type { CollectionChanges, CommitBatch, ParkedEvent, ProjectionDocument } from '../read-store/read-store.js';
import type { CommitClaim, SessionStore } from '../record/record-store.js';
import type { RecordedSession } from '../record/recorded-session.js';
import { decodeDocument, type MemoryGeneration, type ParkedQuery } from './memory-generation.js';

/** What a handler projection writes through in memory; the same steps as in SQL, with keys given explicitly. */
export interface MemoryTransaction {
  /** Documents by key, as they are inside this transaction; keys without one are absent. */
  find<Document extends object>(collection: string, keys: readonly string[]): Promise<ReadonlyMap<string, Document>>;
  upsert(collection: string, documents: ReadonlyMap<string, object>): Promise<void>;
  delete(collection: string, keys: readonly string[]): Promise<void>;
}

export type MemorySession = RecordedSession<MemoryTransaction>;

export class MemorySessionStore implements SessionStore<MemoryTransaction> {
  readonly #generation: MemoryGeneration;
  readonly #assertOpen: () => void;
  readonly #commit: (batch: CommitBatch, claim: CommitClaim) => void;

  /** `commit` moves the checkpoint and writes, or throws. */
  constructor(generation: MemoryGeneration, assertOpen: () => void, commit: (batch: CommitBatch, claim: CommitClaim) => void) {
    this.#generation = generation;
    this.#assertOpen = assertOpen;
    this.#commit = commit;
  }

  async load(collection: string, keys: readonly string[]): Promise<ReadonlyMap<string, ProjectionDocument>> {
    this.#assertOpen();
    const texts = this.#generation.collection(collection);
    const documents = new Map<string, ProjectionDocument>();
    for (const key of keys) {
      const text = texts?.get(key);
      if (text !== undefined) documents.set(key, decodeDocument(text));
    }
    return documents;
  }

  async commit(batch: CommitBatch, claim: CommitClaim): Promise<void> {
    this.#commit(batch, claim);
  }

  async transact(work: (transaction: MemoryTransaction) => Promise<void>, batch: Omit<CommitBatch, 'changes'>, claim: CommitClaim): Promise<void> {
    this.#assertOpen();
    const writes = new TransactionWrites(this.#generation);
    await work(writes);
    this.#commit({ ...batch, changes: writes.changes() }, claim);
  }

  async parked(query: ParkedQuery): Promise<readonly ParkedEvent[]> {
    this.#assertOpen();
    return this.#generation.parkedEvents(query);
  }

  async parkedKeys(): Promise<ReadonlyMap<string, number>> {
    this.#assertOpen();
    return this.#generation.parkedKeys();
  }
}

/** Writes of one transaction, seen by its own reads and by no others before it commits. */
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
