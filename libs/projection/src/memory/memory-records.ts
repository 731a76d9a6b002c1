// Records, documents and leases in maps. Nothing is awaited between reading a record and keeping the next one: each change is one step.
import type { Runtime } from '@mainstem/event-store';
import { ReadStoreUnavailable, UnknownCollection } from '../read-store/errors.js';
import type { Generation } from '../read-store/checkpoint.js';
import type { LeaseAnswer } from '../read-store/lease.js';
import type { CommitBatch, GenerationSnapshot, ParkedEvent, ScanEntry, ScanOptions } from '../read-store/read-store.js';
import { decide, type Decided } from '../record/decide.js';
import { decideLease, leaseKeyText, type LeaseCommand, type LeaseRecord } from '../record/lease-record.js';
import { describedIn, emptyRecord, generationIn, servingIn, type ProjectionRecord } from '../record/projection-record.js';
import type { Effect, RecordCommand } from '../record/record-command.js';
import type { CommitClaim, Described, LeaseBook, RecordStore } from '../record/record-store.js';
import { MemoryGeneration } from './memory-generation.js';
import { MemorySessionStore, type MemoryTransaction } from './memory-session.js';

export class MemoryRecords implements RecordStore<MemoryTransaction> {
  readonly hasTransactions = true;
  readonly hasPartitions = true;
  readonly #runtime: Runtime;
  readonly #records = new Map<string, ProjectionRecord>();
  /** By projection and number. */
  readonly #generations = new Map<string, MemoryGeneration>();
  readonly #leases = new Map<string, LeaseRecord>();
  #isClosed = false;

  constructor(
    readonly name: string,
    runtime: Runtime,
  ) {
    this.#runtime = runtime;
  }

  async records(projection?: string): Promise<readonly ProjectionRecord[]> {
    this.#assertOpen();
    return projection === undefined ? [...this.#records.values()] : [this.#record(projection)];
  }

  async change({ name }: Described, command: RecordCommand): Promise<Decided> {
    this.#assertOpen();
    const decided = decide(this.#record(name), command, (collection) => this.#ownerOf(collection));
    this.#records.set(name, decided.record);
    for (const effect of decided.effects) this.#carryOut(effect, decided.record);
    return decided;
  }

  async leases(projection?: string): Promise<LeaseBook> {
    this.#assertOpen();
    const leases = [...this.#leases.values()].filter((lease) => projection === undefined || lease.projection === projection);
    return { leases, nowMs: this.#runtime.monotonic() };
  }

  async changeLease(command: LeaseCommand): Promise<LeaseAnswer> {
    this.#assertOpen();
    const key = leaseKeyText(command);
    const { lease, answer } = decideLease(this.#leases.get(key), command, this.#runtime.monotonic());
    if (lease) this.#leases.set(key, lease);
    else this.#leases.delete(key);
    return answer;
  }

  async session({ projection, number }: Generation): Promise<MemorySessionStore> {
    const commit = (batch: CommitBatch, claim: CommitClaim): void => this.#commit(projection, batch, claim);
    return new MemorySessionStore(this.#content(projection, number), () => this.#assertOpen(), commit);
  }

  async scan(projection: string, number: number, collection: string, options: ScanOptions): Promise<readonly ScanEntry[]> {
    this.#assertOpen();
    const { collections } = generationIn(this.#record(projection), number);
    return scanIn(this.#content(projection, number), { projection, number, collection, collections }, options);
  }

  async snapshot<Result>(projection: string, number: number, work: (snapshot: GenerationSnapshot) => Promise<Result>): Promise<Result> {
    this.#assertOpen();
    const record = this.#record(projection);
    const found = generationIn(record, number);
    const { collections } = found;
    const copied = this.#content(projection, number).copy();
    return work({
      generation: describedIn(record, found),
      scan: async (collection, options) => scanIn(copied, { projection, number, collection, collections }, options),
      parked: async (query) => copied.parkedEvents(query),
    });
  }

  async parked(projection: string, limit: number): Promise<readonly ParkedEvent[]> {
    this.#assertOpen();
    const serving = servingIn(this.#record(projection));
    return serving ? this.#content(projection, serving.number).parkedEvents({ limit }) : [];
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  /** Documents of a collection, wherever it serves. */
  served(collection: string): ReadonlyMap<string, string> {
    for (const [projection, record] of this.#records) {
      const serving = servingIn(record);
      const texts = serving && this.#content(projection, serving.number).collection(collection);
      if (texts) return texts;
    }
    return new Map();
  }

  #commit(projection: string, batch: CommitBatch, claim: CommitClaim): void {
    this.#assertOpen();
    const { isBulk: _, ...owner } = claim;
    const { record } = decide(this.#record(projection), { do: 'commit', ...owner, move: batch.checkpoint }, () => undefined);
    this.#content(projection, claim.generation).write(batch);
    this.#records.set(projection, record);
  }

  /** Maps have no views and no secondary indexes: there is nothing to show, to begin or to complete. */
  #carryOut(effect: Effect, record: ProjectionRecord): void {
    const { projection } = record;
    if (effect.do === 'make') {
      const { number, collections } = generationIn(record, effect.generation);
      this.#generations.set(idOf(projection, number), new MemoryGeneration(new Map(collections.map((name) => [name, new Map()]))));
    }
    if (effect.do === 'delete') this.#generations.delete(idOf(projection, effect.generation));
    if (effect.do === 'end-leases') for (const [key, lease] of this.#leases) if (lease.projection === projection) this.#leases.delete(key);
  }

  #ownerOf(collection: string): string | undefined {
    const hasIt = ({ generations }: ProjectionRecord): boolean => generations.some(({ collections }) => collections.includes(collection));
    return [...this.#records.values()].find(hasIt)?.projection;
  }

  #record(projection: string): ProjectionRecord {
    return this.#records.get(projection) ?? emptyRecord(projection);
  }

  #content(projection: string, number: number): MemoryGeneration {
    const found = this.#generations.get(idOf(projection, number));
    if (!found) throw new TypeError(`generation ${number} of ${projection} has a record and no documents`);
    return found;
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new ReadStoreUnavailable(this.name, 'it is closed');
  }
}

interface ScannedCollection {
  readonly projection: string;
  readonly number: number;
  readonly collection: string;
  readonly collections: readonly string[];
}

const scanIn = (
  content: MemoryGeneration,
  { projection, number, collection, collections }: ScannedCollection,
  options: ScanOptions,
): readonly ScanEntry[] => {
  if (!collections.includes(collection)) throw new UnknownCollection(projection, number, collection);
  return content.scan(collection, options);
};

const idOf = (projection: string, number: number): string => `${number} ${projection}`;
