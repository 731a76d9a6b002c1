// A read store that is a folder of append-only NDJSON files, one a projection: the example of docs/write-your-own-read-store.md.
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemRuntime, type Incarnation, type Position, type Runtime } from '@mainstem/event-store';
import type { ReadStore } from '@mainstem/projection';
import {
  ReadStoreUnavailable,
  UnknownGeneration,
  type CreateGenerationOptions,
  type Generation,
  type GenerationSnapshot,
  type HeldLease,
  type LeaseAnswer,
  type LeaseClaim,
  type LeaseKey,
  type ParkedEvent,
  type ProjectionDescriptor,
  type PromoteOptions,
  type ScanEntry,
  type ScanOptions,
} from '@mainstem/projection/adapter';
import { CollectionLog } from './collection-log.js';
import type { Generations } from './generations.js';
import { LeaseLog } from './lease-log.js';
import { NdjsonSession } from './ndjson-session.js';
import { ProjectionLog } from './projection-log.js';

const SUFFIX = '.ndjson';
/** No name of a projection has a dot. */
const LEASES_FILE = 'leases.lines';
const COLLECTIONS_FILE = 'collections.lines';
const PROJECTION_NAME = /^[a-z0-9-]+$/i;

// #region store
/** Keeps all documents in memory as well, and reads its files from the beginning when it is opened: for read models of some megabytes. */
export class NdjsonReadStore implements ReadStore {
  readonly name = 'ndjson';
  /** A batch is one line. */
  readonly hasAtomicCheckpoint = true;
  readonly hasTransactions = false;
  readonly #dir: string;
  readonly #runtime: Runtime;
  readonly #logs = new Map<string, ProjectionLog>();
  readonly #leases: LeaseLog;
  readonly #collections: CollectionLog;
  #isClosed = false;

  constructor(dir: string, runtime: Runtime = systemRuntime) {
    mkdirSync(dir, { recursive: true });
    this.#dir = dir;
    this.#runtime = runtime;
    this.#leases = new LeaseLog(join(dir, LEASES_FILE), runtime);
    this.#collections = new CollectionLog(join(dir, COLLECTIONS_FILE));
  }

  async createGeneration(
    { name, version, fingerprint, collections }: ProjectionDescriptor,
    incarnation: Incarnation,
    { isBulk = false, isSide = false }: CreateGenerationOptions = {},
  ): Promise<Generation> {
    this.#assertOpen();
    const names = collections.map((collection) => collection.name);
    this.#collections.claim(name, names);
    return this.#log(name, { isNew: true }).write({ do: 'create', version, fingerprint, incarnation, collections: names, isBulk, isSide });
  }

  async open({ name, fingerprint }: ProjectionDescriptor, generation: number): Promise<NdjsonSession> {
    const log = this.#log(name, { generation });
    this.#collections.claim(name, [...log.read().find(generation).collections.keys()]);
    return new NdjsonSession(log, log.write({ do: 'open', generation, fingerprint }));
  }

  async promote(projection: string, generation: number, { isForced = false }: PromoteOptions = {}): Promise<void> {
    const log = this.#log(projection, { generation });
    log.write({ do: 'promote', generation, isForced });
    log.flush();
  }

  async dropGeneration(projection: string, generation: number): Promise<void> {
    const log = this.#log(projection, { generation });
    log.write({ do: 'drop', generation });
    this.#collections.keep(projection, log.read().collections);
  }

  async projections(): Promise<readonly string[]> {
    const filled = this.#projections().filter((name) => this.#read(name)?.all.length);
    return [...new Set([...filled, ...this.#collections.owners()])];
  }

  /** The collections last: an interrupted one is found by them. */
  async forget(projection: string): Promise<void> {
    this.#find(projection)?.forget();
    this.#leases.forget(projection);
    this.#collections.keep(projection, []);
  }
  // #endregion

  async generations(projection?: string): Promise<readonly Generation[]> {
    this.#assertOpen();
    const projections = projection === undefined ? this.#projections() : [projection];
    return projections.flatMap((name) => this.#read(name)?.all.map(({ described }) => described) ?? []);
  }

  async scan(projection: string, generation: number, collection: string, options: ScanOptions): Promise<readonly ScanEntry[]> {
    return this.#log(projection, { generation }).read().find(generation).scan(collection, options);
  }

  // #region snapshot
  async snapshot<Result>(projection: string, generation: number, work: (snapshot: GenerationSnapshot) => Promise<Result>): Promise<Result> {
    const copy = this.#log(projection, { generation }).read().find(generation).copy();
    return work({
      generation: copy.described,
      scan: async (collection, options) => copy.scan(collection, options),
      parked: async (options) => copy.parkedEvents(options),
    });
  }
  // #endregion

  async parked(projection: string, limit: number): Promise<readonly ParkedEvent[]> {
    return this.#read(projection)?.serving?.parkedEvents({ limit }) ?? [];
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
    return this.#leases.list(projection);
  }

  // #region get
  /** For queries: a document of the generation that serves, without the engine's bookkeeping, and the position that it reflects. */
  async get(
    projection: string,
    collection: string,
    key: string,
  ): Promise<{ readonly value: object | undefined; readonly position: Position | undefined }> {
    const serving = this.#read(projection)?.serving;
    const stored = serving?.documents(collection).get(key) as { readonly $state?: string } | undefined;
    const { $state: _, ...value } = stored ?? {};
    return { value: stored && value, position: serving?.described.checkpoint.position };
  }
  // #endregion

  async close(): Promise<void> {
    if (!this.#isClosed) for (const file of [this.#leases, this.#collections]) file.close();
    this.#isClosed = true;
    for (const log of this.#logs.values()) log.close();
    this.#logs.clear();
  }

  #projections(): readonly string[] {
    return readdirSync(this.#dir)
      .filter((file) => file.endsWith(SUFFIX))
      .map((file) => file.slice(0, -SUFFIX.length));
  }

  #read(projection: string): Generations | undefined {
    return this.#find(projection)?.read();
  }

  /** Errors: READ_STORE_UNKNOWN_GENERATION for a projection without a file, unless this is its first generation. */
  #log(projection: string, { generation = 0, isNew = false }: { readonly generation?: number; readonly isNew?: boolean }): ProjectionLog {
    const log = this.#find(projection, isNew);
    if (!log) throw new UnknownGeneration(projection, generation);
    return log;
  }

  #find(projection: string, isNew = false): ProjectionLog | undefined {
    this.#assertOpen();
    const known = this.#logs.get(projection);
    if (known) return known;
    const path = join(this.#dir, projection + SUFFIX);
    if (!PROJECTION_NAME.test(projection) || (!isNew && !existsSync(path))) return undefined;
    const log = new ProjectionLog(path, projection, this.#runtime);
    this.#logs.set(projection, log);
    return log;
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new ReadStoreUnavailable(this.name, 'it is closed');
  }
}
