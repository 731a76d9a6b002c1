// A random history of bookkeeping on a read store and on the pure record, compared after each step.
import assert from 'node:assert/strict';
import type { ReadStore } from '@mainstem/projection';
import type { Generation, LeaseClaim, ProjectionDescriptor, ReadStoreSession } from '@mainstem/projection/adapter';
import { seededRandom, type SeededRandom } from '../faults/seeded-random.js';
import { BookkeepingModel } from './bookkeeping-model.js';
import { INCARNATION, type StoreClock } from './contract-fixture.js';
import type { ContractDocuments } from './contract-projection.js';
import { drawBatch, historyProjections, keysOf, type WrittenPart } from './history-batches.js';
import { comparable, leaseText, outcomeOf } from './history-comparison.js';

export interface HistoryOptions {
  /** On the same data, in any processes; at least one. */
  readonly stores: readonly ReadStore[];
  readonly documents: ContractDocuments;
  readonly seed: number;
  readonly steps: number;
  /** The clock of leases. Without it they last longer than the history. */
  readonly clock?: StoreClock | undefined;
}

/** Runs a history. Errors: AssertionError at the first step with a difference, with the steps before. */
export const checkHistory = async (options: HistoryOptions): Promise<void> => {
  const history = new BookkeepingHistory(options);
  try {
    for (let step = 0; step < options.steps; step++) await history.step();
  } catch (error) {
    const told = history.steps.slice(-STEPS_TOLD).join('\n  ');
    throw new Error(`PROPERTY_SEED=${options.seed}, step ${history.steps.length}: ${String(error)}\n  ${told}`, { cause: error });
  }
};

const STEPS_TOLD = 40;
const SESSIONS_MAX = 8;
const LONG_MS = 3_600_000;
const AT = '2026-01-02T03:04:05.678Z';

interface OpenSession extends WrittenPart {
  readonly session: ReadStoreSession;
}

class BookkeepingHistory {
  /** The steps so far, for messages. */
  readonly steps: string[] = [];
  readonly #stores: readonly ReadStore[];
  readonly #clock: StoreClock | undefined;
  readonly #random: SeededRandom;
  readonly #model = new BookkeepingModel();
  readonly #projections: readonly ProjectionDescriptor[];
  #sessions: readonly OpenSession[] = [];
  #epochs = new Map<string, number>();

  constructor({ stores, documents, seed, clock }: HistoryOptions) {
    this.#stores = stores;
    this.#clock = clock;
    this.#random = seededRandom(seed);
    this.#projections = historyProjections(
      documents,
      stores.every(({ hasPartitions }) => hasPartitions),
    );
  }

  async step(): Promise<void> {
    const store = this.#random.pick(this.#stores);
    const projection = this.#random.pick(this.#projections);
    await this.#random.pick(STEPS)(this, store, projection);
    await this.#compare(this.#random.pick(this.#stores));
  }

  async create(store: ReadStore, projection: ProjectionDescriptor): Promise<void> {
    const [isBulk, isSide] = [this.#chance(4), this.#chance(6)];
    this.steps.push(`create ${projection.name} ${isBulk ? 'bulk' : ''} ${isSide ? 'side' : ''}`);
    const made = await outcomeOf(store.createGeneration(projection, INCARNATION, { isBulk, isSide }));
    const { name, version, fingerprint, partitions = 1 } = projection;
    const before = this.#model.record(name);
    if (typeof made !== 'string') {
      assert.ok(made.number >= 1 && (before.generations.length === 0 || made.number > before.lastNumber), `number ${made.number} was used before`);
      this.#model.expectNumber(name, made.number);
    }
    const collections = projection.collections.map((collection) => collection.name);
    const options = { version, fingerprint, incarnation: INCARNATION, collections, partitions, isBulk, isSide };
    const decided = this.#model.ask(name, { do: 'create', ...options, at: AT });
    // A store may know a more specific reason, such as a table.
    if (typeof decided === 'string') assert.ok(['PROJECTION_INVALID_DEFINITION', 'READ_STORE_NAME_TAKEN'].includes(String(made)), String(made));
    else assert.notEqual(typeof made, 'string', `refused: ${String(made)}`);
  }

  async open(store: ReadStore, projection: ProjectionDescriptor): Promise<void> {
    const generation = this.#aNumber(projection);
    const parts = projection.partitions ?? 1;
    // One fault at a time: otherwise the store may choose which one it reports.
    const isUnknownPart = this.#chance(8);
    const partition = isUnknownPart ? parts : this.#random.int(0, parts - 1);
    const opened = !isUnknownPart && this.#chance(8) ? { ...projection, fingerprint: 'another' } : projection;
    this.steps.push(`open ${projection.name} ${generation}/${partition} as ${opened.fingerprint}`);
    const session = await outcomeOf(store.open(opened, generation, partition));
    const decided = this.#model.ask(projection.name, { do: 'open', generation, partition, fingerprint: opened.fingerprint, at: AT });
    if (typeof decided === 'string') return assert.equal(session, decided);
    if (typeof session === 'string') return assert.fail(`refused: ${session}`);
    const content = this.#model.content(projection.name, generation);
    const { epoch, updatedAt: _, ...part } = decided.record.generations.find(({ number }) => number === generation)?.parts[partition] ?? { epoch: 0 };
    const { epoch: __, ...checkpoint } = session.checkpoint;
    assert.deepEqual(checkpoint, { incarnation: INCARNATION, ...part });
    this.#sessions = [{ projection, claim: { generation, partition, epoch }, content, session }, ...this.#sessions].slice(0, SESSIONS_MAX);
  }

  async commit(): Promise<void> {
    const open = this.#aSession();
    if (!open) return;
    const { projection, claim } = open;
    const part = this.#model.record(projection.name).generations.find(({ number }) => number === claim.generation)?.parts[claim.partition];
    const batch = drawBatch(this.#random, { ...open, position: part?.position });
    this.steps.push(`commit ${told(open)} from ${batch.checkpoint.from} to ${batch.checkpoint.to}`);
    const written = await outcomeOf(open.session.commit(batch));
    if (!this.#isThere(open)) return this.#lost(open, written);
    const refused = this.#model.commit(open.projection.name, open.claim, batch, AT);
    assert.equal(written, refused);
    if (refused !== undefined) this.#end(open);
  }

  async finishBulk(): Promise<void> {
    const open = this.#aSession();
    if (!open) return;
    this.steps.push(`finish bulk ${told(open)}`);
    const finished = await outcomeOf(open.session.finishBulk());
    if (!this.#isThere(open)) return this.#lost(open, finished);
    const decided = this.#model.ask(open.projection.name, { do: 'finish-bulk', ...open.claim, at: AT });
    assert.equal(finished, typeof decided === 'string' ? decided : undefined);
    if (typeof decided === 'string') this.#end(open);
  }

  async promote(store: ReadStore, projection: ProjectionDescriptor): Promise<void> {
    const generation = this.#aNumber(projection);
    const [isForced, fencesWriter] = [this.#chance(3), this.#chance(4)];
    this.steps.push(`promote ${projection.name} ${generation} ${isForced ? 'forced' : ''} ${fencesWriter ? 'fences' : ''}`);
    const promoted = await outcomeOf(store.promote(projection.name, generation, { isForced, fencesWriter }));
    const decided = this.#model.ask(projection.name, { do: 'promote', generation, isForced, fencesWriter, at: AT });
    const refused = typeof decided === 'string' ? decided : decided.refusal?.code;
    assert.equal(promoted, refused);
    // The store may choose whether the serving generation's writer was fenced off.
    if (typeof decided !== 'string' && decided.refusal) this.#sessions = this.#sessions.filter((open) => open.projection !== projection);
  }

  async drop(store: ReadStore, projection: ProjectionDescriptor): Promise<void> {
    const generation = this.#aNumber(projection);
    this.steps.push(`drop ${projection.name} ${generation}`);
    const dropped = await outcomeOf(store.dropGeneration(projection.name, generation));
    const decided = this.#model.ask(projection.name, { do: 'drop', generation, at: AT });
    assert.equal(dropped, typeof decided === 'string' ? decided : undefined);
  }

  async forget(store: ReadStore, projection: ProjectionDescriptor): Promise<void> {
    this.steps.push(`forget ${projection.name}`);
    await store.forget(projection.name);
    this.#model.ask(projection.name, { do: 'forget', at: AT });
    for (const key of this.#epochs.keys()) if (key.startsWith(`${projection.name} `)) this.#epochs.delete(key);
  }

  async load(): Promise<void> {
    const open = this.#aSession();
    if (!open || !this.#isThere(open)) return;
    this.steps.push(`load ${told(open)}`);
    for (const { name } of open.projection.collections) {
      const keys = keysOf(open);
      const expected: readonly (readonly [string, object])[] = [...open.content.documents(name)].filter(([key]) => keys.includes(key));
      assert.deepEqual(new Map(await open.session.load(name, keys)), new Map(expected));
    }
    assert.deepEqual(await open.session.parked({ limit: 100 }), open.content.parked);
    const counts = new Map<string, number>();
    for (const { key } of open.content.parked) counts.set(key, (counts.get(key) ?? 0) + 1);
    assert.deepEqual(new Map(await open.session.parkedKeys()), counts);
  }

  async scan(store: ReadStore, projection: ProjectionDescriptor): Promise<void> {
    const generation = this.#aNumber(projection);
    const { name: collection } = this.#random.pick(projection.collections);
    this.steps.push(`scan ${projection.name} ${generation} ${collection}`);
    const entries = await outcomeOf(store.scan(projection.name, generation, collection, { limit: 100 }));
    if (!this.#model.record(projection.name).generations.some(({ number }) => number === generation)) {
      return assert.equal(entries, 'READ_STORE_UNKNOWN_GENERATION');
    }
    assert.deepEqual(entries, this.#model.content(projection.name, generation).entries(collection));
  }

  async claimLease(store: ReadStore, projection: ProjectionDescriptor): Promise<void> {
    const claim: LeaseClaim = {
      ...this.#aLease(projection),
      durationMs: this.#clock ? this.#random.int(1, 100) : LONG_MS,
      isExtension: this.#chance(3),
    };
    this.steps.push(`claim ${claim.projection}/${claim.partition} for ${claim.owner}`);
    const { remainingMs, ...answer } = await store.claimLease(claim);
    const { remainingMs: remaining, ...expected } = this.#model.lease({ do: 'claim', ...claim });
    assert.deepEqual(answer, expected);
    if (this.#clock) assert.equal(remainingMs, remaining);
    else assert.ok(remainingMs > 0 && remainingMs <= LONG_MS, `remaining: ${remainingMs}`);
  }

  async releaseLease(store: ReadStore, projection: ProjectionDescriptor): Promise<void> {
    const lease = this.#aLease(projection);
    this.steps.push(`release ${lease.projection}/${lease.partition} of ${lease.owner}`);
    await store.releaseLease(lease);
    this.#model.lease({ do: 'release', ...lease });
  }

  async passTime(): Promise<void> {
    if (!this.#clock) return;
    const { advance, setBack } = this.#clock;
    const ms = this.#random.int(1, 60);
    if (setBack && this.#chance(4)) {
      this.steps.push(`the clock is set back by ${ms} ms`);
      setBack(ms);
      this.#model.nowMs -= ms;
    } else {
      this.steps.push(`${ms} ms pass`);
      await advance(ms);
      this.#model.nowMs += ms;
    }
  }

  async #compare(store: ReadStore): Promise<void> {
    for (const { name } of this.#projections) {
      const generations = await store.generations(name);
      assert.deepEqual(generations.map(comparable), this.#model.described(name).map(comparable));
      for (const generation of generations) this.#assertEpochs(generation);
      assert.deepEqual(await store.parked(name, 100), this.#model.servedParked(name));
    }
    assert.deepEqual((await store.projections()).toSorted(), this.#model.projections.toSorted());
    const leases = (await store.leases()).map(leaseText);
    assert.deepEqual(leases.toSorted(), this.#model.held.map(leaseText).toSorted());
  }

  /** A store may raise it by any number; it never falls. */
  #assertEpochs({ projection, number, checkpoint, partitions = [checkpoint], createdAt }: Generation): void {
    for (const [partition, { epoch }] of partitions.entries()) {
      const key = `${projection} ${number} ${createdAt} ${partition}`;
      assert.ok(epoch >= (this.#epochs.get(key) ?? 0), `the epoch of ${key} fell to ${epoch}`);
      this.#epochs.set(key, epoch);
    }
  }

  #aLease({ name, fingerprint }: ProjectionDescriptor): Omit<LeaseClaim, 'durationMs'> {
    return { projection: name, fingerprint, partition: this.#random.int(0, 1), owner: this.#random.pick(['one', 'two']) };
  }

  /** Mostly an existing generation. */
  #aNumber({ name }: ProjectionDescriptor): number {
    const { generations, lastNumber } = this.#model.record(name);
    return generations.length === 0 || this.#chance(10) ? lastNumber + 1 : this.#random.pick(generations).number;
  }

  #aSession(): OpenSession | undefined {
    return this.#sessions.length === 0 ? undefined : this.#random.pick(this.#sessions);
  }

  #isThere({ projection: { name }, claim, content }: OpenSession): boolean {
    const isKnown = this.#model.record(name).generations.some(({ number }) => number === claim.generation);
    return isKnown && this.#model.content(name, claim.generation) === content;
  }

  /** A missing generation, whatever the code of the refusal. */
  #lost(open: OpenSession, outcome: unknown): void {
    assert.equal(typeof outcome, 'string', 'a session wrote to a generation that is gone');
    this.#end(open);
  }

  /** A refused session is useless. */
  #end(open: OpenSession): void {
    this.#sessions = this.#sessions.filter((one) => one !== open);
  }

  #chance(oneIn: number): boolean {
    return this.#random.int(1, oneIn) === 1;
  }
}

type Step = (history: BookkeepingHistory, store: ReadStore, projection: ProjectionDescriptor) => Promise<void>;

const often = (count: number, step: Step): readonly Step[] => Array.from({ length: count }, () => step);

/** Each as often as it is listed. */
const STEPS: readonly Step[] = [
  ...often(4, (history, store, projection) => history.create(store, projection)),
  ...often(6, (history, store, projection) => history.open(store, projection)),
  ...often(10, (history) => history.commit()),
  ...often(2, (history) => history.finishBulk()),
  ...often(4, (history, store, projection) => history.promote(store, projection)),
  ...often(2, (history, store, projection) => history.drop(store, projection)),
  ...often(1, (history, store, projection) => history.forget(store, projection)),
  ...often(3, (history) => history.load()),
  ...often(2, (history, store, projection) => history.scan(store, projection)),
  ...often(3, (history, store, projection) => history.claimLease(store, projection)),
  ...often(1, (history, store, projection) => history.releaseLease(store, projection)),
  ...often(2, (history) => history.passTime()),
];

const told = ({ projection, claim }: OpenSession): string => `${projection.name} ${claim.generation}/${claim.partition} epoch ${claim.epoch}`;
