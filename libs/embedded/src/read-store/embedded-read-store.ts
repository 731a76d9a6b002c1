// The read store port on one SQLite file: what the cache and the full-text index have in common.
import type { Incarnation } from '@mainstem/event-store';
import {
  assertPromotable,
  type CreateGenerationOptions,
  FingerprintMismatch,
  type Generation,
  GenerationServes,
  type ParkedEvent,
  type ProjectionDescriptor,
  type PromoteOptions,
  type ReadStore,
  type ReadStoreSession,
  UnknownGeneration,
} from '@mainstem/projection';
import { Bookkeeping, type StoredGeneration } from './bookkeeping.js';
import type { CollectionTables, StoredCollection } from './collection-tables.js';
import { EmbeddedSession, type StoreParts } from './embedded-session.js';
import { ParkedEvents } from './parked-events.js';
import type { ReadStoreFile } from './read-store-file.js';

/**
 * Documents, parked events and checkpoint of a batch are one SQLite transaction. Any number of processes may open the same file: writers take
 * turns, readers see one snapshot and wait for nobody.
 */
export abstract class EmbeddedReadStore implements ReadStore {
  readonly name: string;
  readonly hasAtomicCheckpoint = true;
  readonly hasTransactions = false;
  /** On the reading connection. */
  protected readonly served: Bookkeeping;
  readonly #servedParkedEvents: ParkedEvents;
  readonly #parts: StoreParts;

  protected constructor(
    protected readonly file: ReadStoreFile,
    tables: CollectionTables,
  ) {
    this.name = file.options.name;
    this.served = new Bookkeeping(file.reader);
    this.#servedParkedEvents = new ParkedEvents(file.reader);
    this.#parts = { file, tables, bookkeeping: new Bookkeeping(file.writer), parkedEvents: new ParkedEvents(file.writer) };
  }

  async generations(projection?: string): Promise<readonly Generation[]> {
    return this.file.read(() => this.served.generations(projection).map(withoutId));
  }

  async createGeneration(projection: ProjectionDescriptor, incarnation: Incarnation, options: CreateGenerationOptions = {}): Promise<Generation> {
    const { bookkeeping, tables } = this.#parts;
    const createdAt = this.file.now();
    return this.file.write(() => {
      const generation = bookkeeping.create(projection, incarnation, { ...options, createdAt });
      for (const { name, hasState } of projection.collections) {
        tables.create(bookkeeping.addCollection(generation, { name, hasState, declaration: tables.declare(name) }));
      }
      return withoutId(generation);
    });
  }

  /** Besides what the port promises: derived tables (leaderboards, index) that were made from another declaration are made anew here. */
  async open(projection: ProjectionDescriptor, number: number): Promise<ReadStoreSession> {
    const { bookkeeping } = this.#parts;
    return this.file.write(() => {
      const found = generationIn(bookkeeping, projection.name, number);
      if (found.fingerprint !== projection.fingerprint) throw new FingerprintMismatch(projection.name, number);
      bookkeeping.raiseEpoch(found);
      const collections = bookkeeping.collections(found).map((collection) => this.#derive(collection));
      return new EmbeddedSession(this.#parts, generationIn(bookkeeping, projection.name, number), collections);
    });
  }

  async promote(projection: string, number: number, options: PromoteOptions = {}): Promise<void> {
    const { bookkeeping } = this.#parts;
    await this.file.write(() => {
      const next = generationIn(bookkeeping, projection, number);
      if (next.state === 'serving') return;
      assertPromotable(withoutId(next), bookkeeping.serving(projection), options);
      bookkeeping.serve(next, this.file.now());
    });
  }

  async dropGeneration(projection: string, number: number): Promise<void> {
    const { bookkeeping, parkedEvents, tables } = this.#parts;
    await this.file.write(() => {
      const generation = generationIn(bookkeeping, projection, number);
      if (generation.state === 'serving') throw new GenerationServes(projection, number);
      for (const collection of bookkeeping.collections(generation)) tables.drop(collection);
      parkedEvents.clear(generation.id);
      bookkeeping.remove(generation);
    });
  }

  async parked(projection: string, limit: number): Promise<readonly ParkedEvent[]> {
    return this.file.read(() => {
      const serving = this.served.serving(projection);
      return serving ? this.#servedParkedEvents.list(serving.id, { limit }) : [];
    });
  }

  async close(): Promise<void> {
    this.file.close();
  }

  #derive(stored: StoredCollection): StoredCollection {
    const { bookkeeping, tables } = this.#parts;
    const collection = { ...stored, declaration: tables.declare(stored.name) };
    if (collection.declaration !== stored.declaration) {
      tables.derive(collection, stored);
      bookkeeping.declareCollection(collection);
    }
    return collection;
  }
}

const generationIn = (bookkeeping: Bookkeeping, projection: string, number: number): StoredGeneration => {
  const generation = bookkeeping.generation(projection, number);
  if (!generation) throw new UnknownGeneration(projection, number);
  return generation;
};

const withoutId = ({ id: _, ...generation }: StoredGeneration): Generation => generation;
