// The read store of unit tests and demonstrations: everything in maps, gone with the process.
import { isPositionBefore, systemRuntime, type Incarnation, type Runtime } from '@mainstem/event-store';
import { EMPTY_DIGEST } from '../read-store/rolling-digest.js';
import { CollectionTaken } from '../definition/errors.js';
import { FingerprintMismatch, GenerationServes, ReadStoreUnavailable, UnknownGeneration } from '../read-store/errors.js';
import { ofPartitions, partitionsOf } from '../read-store/partition.js';
import type { Generation } from '../read-store/checkpoint.js';
import type { HeldLease, LeaseAnswer, LeaseClaim, LeaseKey } from '../read-store/lease.js';
import { assertPromotable } from '../read-store/promotion-rules.js';
import type {
  CreateGenerationOptions,
  GenerationSnapshot,
  ParkedEvent,
  ProjectionDescriptor,
  ProjectionDocument,
  PromoteOptions,
  ReadStore,
  ScanEntry,
  ScanOptions,
} from '../read-store/read-store.js';
import { decodeDocument, MemoryGeneration } from './memory-generation.js';
import { MemoryLeases } from './memory-leases.js';
import { MemorySession } from './memory-session.js';

/** Keeps documents as JSON text, so that nothing survives here which a real store would lose. */
export class MemoryReadStore implements ReadStore {
  readonly hasAtomicCheckpoint = true;
  readonly hasTransactions = true;
  readonly hasPartitions = true;
  readonly #runtime: Runtime;
  readonly #generations = new Map<string, MemoryGeneration[]>();
  readonly #numbers = new Map<string, number>();
  readonly #leases: MemoryLeases;
  #isClosed = false;

  constructor(
    readonly name = 'memory',
    runtime: Runtime = systemRuntime,
  ) {
    this.#runtime = runtime;
    this.#leases = new MemoryLeases(runtime);
  }

  async generations(projection?: string): Promise<readonly Generation[]> {
    this.#assertOpen();
    const chosen = projection === undefined ? [...this.#generations.values()].flat() : (this.#generations.get(projection) ?? []);
    return chosen.map((generation) => generation.described);
  }

  async createGeneration(
    projection: ProjectionDescriptor,
    incarnation: Incarnation,
    { isBulk = false, isSide = false }: CreateGenerationOptions = {},
  ): Promise<Generation> {
    this.#assertOpen();
    this.#assertOwn(projection);
    const { name, version, fingerprint } = projection;
    const checkpoint = { incarnation, position: undefined, epoch: 0, digest: EMPTY_DIGEST };
    const number = (this.#numbers.get(name) ?? 0) + 1;
    this.#numbers.set(name, number);
    const createdAt = this.#now();
    const created = new MemoryGeneration(projection, {
      projection: name,
      number,
      state: isSide ? 'side' : this.#serving(name) || isBulk ? 'filling' : 'serving',
      version,
      fingerprint,
      ...ofPartitions(partitionsOf(projection).map(() => checkpoint)),
      isBulk,
      createdAt,
      updatedAt: createdAt,
    });
    this.#generations.set(name, [...(this.#generations.get(name) ?? []), created]);
    return created.described;
  }

  async open(projection: ProjectionDescriptor, generation: number, partition = 0): Promise<MemorySession> {
    this.#assertOpen();
    const opened = this.#find(projection.name, generation);
    if (opened.described.fingerprint !== projection.fingerprint) throw new FingerprintMismatch(projection.name, generation);
    opened.raiseEpoch(partition);
    return new MemorySession(
      opened,
      partition,
      () => this.#assertOpen(),
      () => this.#now(),
    );
  }

  async promote(projection: string, generation: number, options: PromoteOptions = {}): Promise<void> {
    this.#assertOpen();
    const promoted = this.#find(projection, generation);
    const serving = this.#serving(projection);
    if (promoted === serving) return;
    assertPromotable(promoted.described, serving?.described, options);
    serving?.raiseEpoch();
    serving?.enter('retired', this.#now());
    promoted.enter('serving', this.#now());
  }

  async dropGeneration(projection: string, generation: number): Promise<void> {
    this.#assertOpen();
    const dropped = this.#find(projection, generation);
    if (dropped.described.state === 'serving') throw new GenerationServes(projection, generation);
    dropped.raiseEpoch(); // a session that is still open must not go on
    this.#generations.set(
      projection,
      this.#of(projection).filter((other) => other !== dropped),
    );
  }

  async projections(): Promise<readonly string[]> {
    this.#assertOpen();
    return [...this.#generations].filter(([, generations]) => generations.length > 0).map(([projection]) => projection);
  }

  async forget(projection: string): Promise<void> {
    this.#assertOpen();
    for (const generation of this.#of(projection)) generation.raiseEpoch(); // a session that is still open must not go on
    this.#generations.delete(projection);
    this.#leases.forget(projection);
  }

  async scan(projection: string, generation: number, collection: string, options: ScanOptions): Promise<readonly ScanEntry[]> {
    this.#assertOpen();
    return this.#find(projection, generation).scan(collection, options);
  }

  async snapshot<Result>(projection: string, generation: number, work: (snapshot: GenerationSnapshot) => Promise<Result>): Promise<Result> {
    this.#assertOpen();
    const copied = this.#find(projection, generation).copy();
    return work({
      generation: copied.described,
      scan: async (collection, options) => copied.scan(collection, options),
      parked: async ({ after, limit }) =>
        copied
          .parkedEvents()
          .filter(({ position }) => isPositionBefore(after, position))
          .slice(0, limit),
    });
  }

  async parked(projection: string, limit: number): Promise<readonly ParkedEvent[]> {
    this.#assertOpen();
    return this.#serving(projection)?.parkedEvents().slice(0, limit) ?? [];
  }

  async claimLease(claim: LeaseClaim): Promise<LeaseAnswer> {
    this.#assertOpen();
    return this.#leases.claim(claim);
  }

  async releaseLease(lease: LeaseKey & { readonly owner: string }): Promise<void> {
    this.#assertOpen();
    this.#leases.release(lease);
  }

  async leases(projection?: string): Promise<readonly HeldLease[]> {
    this.#assertOpen();
    return this.#leases.held(projection);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  /** Documents of a collection in the serving generation, without the engine's bookkeeping, by key in order of code units. */
  documents<Document extends object = ProjectionDocument>(collection: string): ReadonlyMap<string, Document> {
    for (const projection of this.#generations.keys()) {
      const texts = this.#serving(projection)?.collection(collection);
      if (texts) return new Map([...texts.keys()].sort().map((key) => [key, shown<Document>(texts.get(key) ?? '{}')]));
    }
    return new Map();
  }

  /** Errors: PROJECTION_INVALID_DEFINITION for a collection of another projection. */
  #assertOwn({ name, collections }: ProjectionDescriptor): void {
    for (const [owner, generations] of this.#generations) {
      const taken = collections.find((collection) => generations.some((generation) => generation.collection(collection.name)));
      if (taken && owner !== name) throw new CollectionTaken(name, taken.name, owner);
    }
  }

  #now(): string {
    return new Date(this.#runtime.now()).toISOString();
  }

  #of(projection: string): readonly MemoryGeneration[] {
    return this.#generations.get(projection) ?? [];
  }

  #serving(projection: string): MemoryGeneration | undefined {
    return this.#of(projection).find((generation) => generation.described.state === 'serving');
  }

  #find(projection: string, number: number): MemoryGeneration {
    const found = this.#of(projection).find((generation) => generation.described.number === number);
    if (!found) throw new UnknownGeneration(projection, number);
    return found;
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new ReadStoreUnavailable(this.name, 'it is closed');
  }
}

const shown = <Document extends object>(text: string): Document => {
  const { $state: _, ...document } = decodeDocument(text) as { $state?: string };
  return document as Document;
};
