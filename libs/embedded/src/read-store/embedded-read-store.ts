// The read store port on one SQLite file: what the cache and the full-text index have in common.
import type { DatabaseSync } from 'node:sqlite';
import { type Incarnation, throwIfAborted } from '@mainstem/event-store';
import type { ReadStore } from '@mainstem/projection';
import {
  assertPromotable,
  type CreateGenerationOptions,
  type DerivedDifference,
  FingerprintMismatch,
  type Generation,
  GenerationServes,
  type GenerationSnapshot,
  type HeldLease,
  type LeaseAnswer,
  type LeaseClaim,
  type LeaseKey,
  type ParkedEvent,
  type ProjectionDescriptor,
  type PromoteOptions,
  type ReadStoreSession,
  type ScanEntry,
  type ScanOptions,
  UnknownCollection,
  UnknownGeneration,
} from '@mainstem/projection/adapter';
import { Bookkeeping, type StoredGeneration } from './bookkeeping.js';
import type { CollectionTables, StoredCollection } from './collection-tables.js';
import { EmbeddedSession, type StoreParts } from './embedded-session.js';
import { Leases } from './leases.js';
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
  readonly hasPartitions = true;
  /** On the reading connection. */
  protected readonly served: Bookkeeping;
  readonly #servedParkedEvents: ParkedEvents;
  readonly #servedTables: CollectionTables;
  readonly #servedLeases: Leases;
  readonly #leases: Leases;
  readonly #parts: StoreParts;

  protected constructor(
    protected readonly file: ReadStoreFile,
    private readonly tablesOn: (database: DatabaseSync) => CollectionTables,
  ) {
    this.name = file.options.name;
    this.served = new Bookkeeping(file.reader);
    this.#servedParkedEvents = new ParkedEvents(file.reader);
    this.#servedTables = tablesOn(file.reader);
    this.#servedLeases = new Leases(file.reader);
    this.#leases = new Leases(file.writer);
    this.#parts = { file, tables: tablesOn(file.writer), bookkeeping: new Bookkeeping(file.writer), parkedEvents: new ParkedEvents(file.writer) };
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

  /**
   * Besides what the port promises: derived tables (leaderboards, index) that were made from another declaration are made anew here; where documents
   * expire otherwise, the generation is refused instead (READ_STORE_FINGERPRINT_MISMATCH).
   */
  async open(projection: ProjectionDescriptor, number: number, partition = 0): Promise<ReadStoreSession> {
    const { bookkeeping } = this.#parts;
    return this.file.write(() => {
      const found = generationIn(bookkeeping, projection.name, number);
      if (found.fingerprint !== projection.fingerprint) throw new FingerprintMismatch(projection.name, number);
      bookkeeping.raiseEpoch(found, partition);
      const collections = bookkeeping.collections(found).map((collection) => this.#derive(collection, found));
      return new EmbeddedSession(this.#parts, { stored: generationIn(bookkeeping, projection.name, number), partition, collections });
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
    await this.file.write(() => {
      const generation = generationIn(this.#parts.bookkeeping, projection, number);
      if (generation.state === 'serving') throw new GenerationServes(projection, number);
      this.#remove(generation);
    });
  }

  async projections(): Promise<readonly string[]> {
    return [...new Set((await this.generations()).map(({ projection }) => projection))];
  }

  async forget(projection: string): Promise<void> {
    await this.file.write(() => {
      for (const generation of this.#parts.bookkeeping.generations(projection)) this.#remove(generation);
      this.#leases.forget(projection);
    });
  }

  async scan(projection: string, number: number, collection: string, options: ScanOptions): Promise<readonly ScanEntry[]> {
    return this.file.read(() =>
      this.#servedTables.scan(collectionIn(this.served, generationIn(this.served, projection, number), collection), options),
    );
  }

  async snapshot<Result>(projection: string, number: number, work: (snapshot: GenerationSnapshot) => Promise<Result>): Promise<Result> {
    return this.file.snapshot(async (database) => {
      const [bookkeeping, parkedEvents, tables] = [new Bookkeeping(database), new ParkedEvents(database), this.tablesOn(database)];
      const generation = generationIn(bookkeeping, projection, number);
      return work({
        generation: withoutId(generation),
        scan: async (collection, options) => tables.scan(collectionIn(bookkeeping, generation, collection), options),
        parked: async (query) => parkedEvents.list(generation.id, query),
      });
    });
  }

  async checkDerived(projection: string, number: number, signal?: AbortSignal): Promise<readonly DerivedDifference[]> {
    return this.file.snapshot(async (database) => {
      const [bookkeeping, tables] = [new Bookkeeping(database), this.tablesOn(database)];
      const differences: DerivedDifference[] = [];
      for (const collection of bookkeeping.collections(generationIn(bookkeeping, projection, number))) {
        throwIfAborted(signal, 'checkDerived');
        differences.push(...(await tables.differences(collection, signal)));
      }
      return differences;
    });
  }

  async parked(projection: string, limit: number): Promise<readonly ParkedEvent[]> {
    return this.file.read(() => {
      const serving = this.served.serving(projection);
      return serving ? this.#servedParkedEvents.list(serving.id, { limit }) : [];
    });
  }

  async claimLease(claim: LeaseClaim): Promise<LeaseAnswer> {
    // Those who wait ask most often; they do not write, and so wait for no writer.
    const rival = await this.file.read(() => this.#servedLeases.rivalOf(claim));
    if (rival) return rival;
    return this.file.write(() => {
      if (this.#leases.claim(claim)) return { isHeld: true, owner: claim.owner, remainingMs: claim.durationMs };
      return this.#leases.rivalOf(claim) ?? { isHeld: false, owner: undefined, remainingMs: 0 };
    });
  }

  async releaseLease(lease: LeaseKey & { readonly owner: string }): Promise<void> {
    await this.file.write(() => this.#leases.release(lease));
  }

  async leases(projection?: string): Promise<readonly HeldLease[]> {
    return this.file.read(() => this.#servedLeases.list(projection).map((lease) => ({ ...lease })));
  }

  async close(): Promise<void> {
    this.file.close();
  }

  #remove(generation: StoredGeneration): void {
    const { bookkeeping, parkedEvents, tables } = this.#parts;
    for (const collection of bookkeeping.collections(generation)) tables.drop(collection);
    parkedEvents.clear(generation.id);
    bookkeeping.remove(generation);
  }

  #derive(stored: StoredCollection, { isBulk, partitions, projection, number }: StoredGeneration): StoredCollection {
    const { bookkeeping, tables } = this.#parts;
    const collection = { ...stored, declaration: tables.declare(stored.name) };
    if (collection.declaration !== stored.declaration) {
      // Other parts are written by sessions that derive as before; and no derivation gives what another fold would have.
      if (partitions || tables.foldsOtherwise?.(collection, stored)) throw new FingerprintMismatch(projection, number);
      if (!isBulk) tables.derive(collection, stored);
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

const collectionIn = (bookkeeping: Bookkeeping, generation: StoredGeneration, name: string): StoredCollection => {
  const collection = bookkeeping.collections(generation).find((one) => one.name === name);
  if (!collection) throw new UnknownCollection(generation.projection, generation.number, name);
  return collection;
};

const withoutId = ({ id: _, ...generation }: StoredGeneration): Generation => generation;
