// The read store port, written once for every store that changes a record in one step.
import type { Incarnation, Runtime } from '@mainstem/event-store';
import type { Generation } from '../read-store/checkpoint.js';
import type { HeldLease, LeaseAnswer, LeaseClaim, LeaseKey } from '../read-store/lease.js';
import type { Note } from '../read-store/note.js';
import type {
  CreateGenerationOptions,
  GenerationSnapshot,
  OpenSessionOptions,
  ParkedEvent,
  ProjectionDescriptor,
  PromoteOptions,
  ReadStore,
  ScanEntry,
  ScanOptions,
} from '../read-store/read-store.js';
import type { Decided } from './decide.js';
import { heldAmong, leaseKeyText, rivalOf } from './lease-record.js';
import { allDescribed, describedIn, generationIn } from './projection-record.js';
import type { RecordStore } from './record-store.js';
import { RecordedSession } from './recorded-session.js';

export class RecordedReadStore<Transaction = never> implements ReadStore {
  readonly name: string;
  readonly hasAtomicCheckpoint = true;
  readonly hasTransactions: boolean;
  readonly hasPartitions: boolean;
  readonly #store: RecordStore<Transaction>;
  readonly #runtime: Runtime;

  constructor(store: RecordStore<Transaction>, runtime: Runtime) {
    this.name = store.name;
    this.hasTransactions = store.hasTransactions;
    this.hasPartitions = store.hasPartitions;
    this.#store = store;
    this.#runtime = runtime;
  }

  async generations(projection?: string): Promise<readonly Generation[]> {
    return (await this.#store.records(projection)).flatMap(allDescribed);
  }

  async createGeneration(
    projection: ProjectionDescriptor,
    incarnation: Incarnation,
    { isBulk = false, isSide = false }: CreateGenerationOptions = {},
  ): Promise<Generation> {
    const { version, fingerprint, partitions = 1 } = projection;
    const collections = projection.collections.map(({ name }) => name);
    const at = this.#now();
    return generationOf(
      await this.#store.change(projection, { do: 'create', version, fingerprint, incarnation, collections, partitions, isBulk, isSide, at }),
    );
  }

  async open(
    projection: ProjectionDescriptor,
    generation: number,
    partition = 0,
    options: OpenSessionOptions = {},
  ): Promise<RecordedSession<Transaction>> {
    const { fingerprint } = projection;
    const opened = generationOf(await this.#store.change(projection, { do: 'open', generation, partition, fingerprint, at: this.#now() }));
    const store = await this.#store.session(opened, partition, projection, options);
    return new RecordedSession({ store, finish: (command) => this.#store.change(projection, command), now: () => this.#now() }, opened, partition);
  }

  async promote(name: string, generation: number, { isForced = false, fencesWriter = false }: PromoteOptions = {}): Promise<void> {
    const { refusal } = await this.#store.change({ name }, { do: 'promote', generation, isForced, fencesWriter, at: this.#now() });
    if (refusal) throw refusal;
  }

  async dropGeneration(name: string, generation: number): Promise<void> {
    await this.#store.change({ name }, { do: 'drop', generation, at: this.#now() });
  }

  async projections(): Promise<readonly string[]> {
    return (await this.#store.records()).filter(({ generations }) => generations.length > 0).map(({ projection }) => projection);
  }

  async forget(name: string): Promise<void> {
    await this.#store.change({ name }, { do: 'forget', at: this.#now() });
  }

  async scan(projection: string, generation: number, collection: string, options: ScanOptions): Promise<readonly ScanEntry[]> {
    return this.#store.scan(projection, generation, collection, options);
  }

  async snapshot<Result>(projection: string, generation: number, work: (snapshot: GenerationSnapshot) => Promise<Result>): Promise<Result> {
    return this.#store.snapshot(projection, generation, work);
  }

  async parked(projection: string, limit: number): Promise<readonly ParkedEvent[]> {
    return this.#store.parked(projection, limit);
  }

  async claimLease(claim: LeaseClaim): Promise<LeaseAnswer> {
    const extended = claim.isExtension ? await this.#store.extendLease?.(claim) : undefined;
    if (extended) return extended;
    // Waiting instances ask most often; they write nothing.
    const { leases, nowMs } = await this.#store.leases(claim.projection);
    const key = leaseKeyText(claim);
    const found = leases.find((lease) => leaseKeyText(lease) === key);
    return rivalOf(found, claim.owner, nowMs) ?? this.#store.changeLease({ do: 'claim', ...claim });
  }

  async releaseLease(lease: LeaseKey & { readonly owner: string }): Promise<void> {
    await this.#store.changeLease({ do: 'release', ...lease });
  }

  async leases(projection?: string): Promise<readonly HeldLease[]> {
    const { leases, nowMs } = await this.#store.leases(projection);
    return heldAmong(leases, nowMs);
  }

  async notes(projections: readonly string[]): Promise<readonly Note[]> {
    return this.#store.notes(projections);
  }

  async note(projection: string, name: string, text: string | undefined): Promise<void> {
    await this.#store.note(projection, name, text);
  }

  async close(): Promise<void> {
    await this.#store.close();
  }

  #now(): string {
    return new Date(this.#runtime.now()).toISOString();
  }
}

const generationOf = ({ record, generation = 0 }: Decided): Generation => describedIn(record, generationIn(record, generation));
