// Read models in Redis: all data of a projection is in one hash slot, and each batch is one script.
import { randomUUID } from 'node:crypto';
import { type Incarnation, isMainstemError, type Runtime, systemRuntime } from '@mainstem/event-store';
import type { CacheCollections, CacheQueries, ReadStore } from '@mainstem/projection';
import {
  assertCacheCollections,
  type CacheAnswer,
  type CreateGenerationOptions,
  declarationOf,
  declaredExpiry,
  type DerivedDifference,
  type Expiry,
  flawOfStoreName,
  type Generation,
  type GenerationSnapshot,
  type HeldLease,
  type LeaseAnswer,
  type LeaseClaim,
  type LeaseKey,
  type Note,
  type ParkedEvent,
  type Place,
  type ProjectionDescriptor,
  type PromoteOptions,
  type ScanEntry,
  type ScanOptions,
  type TopOptions,
} from '@mainstem/projection/adapter';
import { Claims } from './bookkeeping/claims.js';
import { Dropping } from './bookkeeping/dropping.js';
import { collectionsIn, describedOf, GenerationRecords, generationsOf } from './bookkeeping/generation-records.js';
import { LeaseRecords } from './bookkeeping/lease-records.js';
import { NoteRecords } from './bookkeeping/note-records.js';
import { Making } from './bookkeeping/making.js';
import { listParked } from './bookkeeping/parked-records.js';
import { Serving } from './bookkeeping/serving.js';
import { InvalidRedisOptions } from './errors.js';
import { keysOf } from './layout/keys.js';
import { CacheReader } from './read/cache-reader.js';
import { cacheDifferences } from './read/derived-check.js';
import { type ReadingParts, scanPage, withSnapshot } from './read/snapshot.js';
import { RedisSession } from './redis-session.js';
import { connect, type RedisConnection } from './server/redis-connection.js';
import { type RedisLocation, redisTargetOf } from './server/redis-target.js';
import { checkServer } from './server/server-check.js';
import { asDeclared } from './write/derivation.js';
import { takeOver } from './write/take-over.js';

export interface RedisReadStoreOptions {
  /** Leaderboards and expiry by collection. Only writing processes need them; queries use what was written. */
  readonly collections?: CacheCollections;
  readonly runtime?: Runtime;
  /** Its name in status, messages and `--store`; give each its own if a process has several. Default `cache`. */
  readonly name?: string;
}

/** The read store port and the cache port on Redis. One instance serves any number of projections and queries. */
export class RedisReadStore implements ReadStore, CacheQueries {
  readonly hasAtomicCheckpoint = true;
  readonly hasTransactions = false;
  readonly hasPartitions = true;
  readonly #generations: GenerationRecords;
  readonly #claims: Claims;
  readonly #leases: LeaseRecords;
  readonly #notes: NoteRecords;
  readonly #making: Making;
  readonly #serving: Serving;
  readonly #dropping: Dropping;
  readonly #reader: CacheReader;
  /**
   * Projections that sessions of this store have written: restored in the lists if those lose any with generations.
   */
  readonly #written = new Map<string, ProjectionDescriptor>();
  /** The projections that the last look has found. */
  #seen: readonly string[] = [];

  private constructor(
    readonly name: string,
    private readonly connection: RedisConnection,
    private readonly prefix: string,
    private readonly collections: CacheCollections,
    private readonly runtime: Runtime,
  ) {
    this.#generations = new GenerationRecords(connection, prefix);
    this.#claims = new Claims(connection, this.#generations, prefix);
    this.#leases = new LeaseRecords(connection, prefix);
    this.#notes = new NoteRecords(connection, prefix);
    this.#making = new Making(connection, this.#generations, { collections, runtime, prefix });
    this.#serving = new Serving(this.#generations, runtime);
    this.#dropping = new Dropping(name, this.#generations, this.#making);
    this.#reader = new CacheReader(this.#generations, this.#claims, runtime);
  }

  /**
   * Connects and checks the server. Errors: READ_STORE_INVALID_OPTIONS, READ_STORE_UNAVAILABLE,
   * READ_STORE_PERMISSION_DENIED, READ_STORE_SERVER_TOO_OLD, READ_STORE_READ_ONLY, READ_STORE_EVICTS,
   * READ_STORE_CERTIFICATE_REFUSED, PROJECTION_INVALID_DEFINITION for a collection.
   */
  static async open(
    location: RedisLocation,
    { collections = {}, runtime = systemRuntime, name = 'cache' }: RedisReadStoreOptions = {},
  ): Promise<RedisReadStore> {
    assertCacheCollections(collections);
    const flaw = flawOfStoreName(name);
    if (flaw !== undefined) throw new InvalidRedisOptions(flaw);
    const target = redisTargetOf(location);
    const connection = await connect(target, name);
    try {
      await checkServer(connection, name);
    } catch (error) {
      await connection.close();
      throw error;
    }
    return new RedisReadStore(name, connection, target.prefix, collections, runtime);
  }

  expiryOf(collection: string): Expiry | undefined {
    return declaredExpiry(this.collections[collection]);
  }

  async generations(projection?: string): Promise<readonly Generation[]> {
    if (projection !== undefined) return (await this.#generations.list(projection)).map(describedOf);
    // Reads known projections and the lists together: an idle projector then waits for one answer in each look.
    const asked = new Map(this.#seen.map((name) => [name, this.#generations.list(name)]));
    const [listed] = await Promise.all([this.#claims.restored([...this.#written.values()]), ...asked.values()]);
    const names = [...listed].sort();
    this.#seen = names;
    return (await Promise.all(names.map((name) => asked.get(name) ?? this.#generations.list(name)))).flat().map(describedOf);
  }

  async createGeneration(projection: ProjectionDescriptor, incarnation: Incarnation, options: CreateGenerationOptions = {}): Promise<Generation> {
    await this.#claims.claim(projection, await this.#claims.usersOf(projection));
    await this.#claims.add(projection.name);
    const number = await this.#making.make(projection, incarnation, options);
    await this.#keepCollections(projection, number);
    return describedOf(await this.#generations.find(projection.name, number));
  }

  /**
   * Besides the port's promise: derives leaderboards of another declaration anew. It refuses that for a partitioned
   * generation, and refuses another expiry (READ_STORE_FINGERPRINT_MISMATCH).
   */
  async open(projection: ProjectionDescriptor, number: number, partition = 0): Promise<RedisSession> {
    const { name } = projection;
    const session = randomUUID();
    const opened = await takeOver(this.#generations, projection, { number, partition, session });
    await this.#claims.register(projection, number);
    this.#written.set(name, projection);
    const parts = this.#parts(name);
    const collections = await asDeclared(parts, opened, session, this.collections);
    const base = `${parts.keys.root}${opened.id}:`;
    return new RedisSession({ ...parts, collections: this.collections, base, partition, id: session }, { ...opened, collections });
  }

  async promote(projection: string, number: number, options: PromoteOptions = {}): Promise<void> {
    await this.#serving.promote(projection, number, options);
  }

  async dropGeneration(projection: string, number: number): Promise<void> {
    const turn = await this.#claims.turnOf(projection);
    await this.#dropping.drop(projection, number);
    await this.#claims.release(projection, collectionsIn(await this.#generations.list(projection)), turn);
  }

  /** A projection without generations may stay listed with its last number: it is no leftover and is not returned. */
  async projections(): Promise<readonly string[]> {
    const { owners, others } = await this.#claims.known();
    const isMore = async (name: string): Promise<boolean> => {
      const fields = await this.#generations.fields(name);
      return fields.length === 0 || generationsOf(name, fields).length > 0;
    };
    const found = await Promise.all(others.map(async (name) => ((await isMore(name)) ? [name] : [])));
    return [...owners, ...found.flat()];
  }

  /**
   * After an interruption, call it again: the projection leaves the lists last. Errors: READ_STORE_UNAVAILABLE if new
   * generations keep appearing; it then stays on the lists.
   */
  async forget(projection: string): Promise<void> {
    await this.#dropping.forget(projection);
    this.#written.delete(projection);
    await this.#leases.forget(projection);
    await this.#notes.forget(projection);
    await this.#claims.remove(projection);
  }

  async scan(projection: string, number: number, collection: string, options: ScanOptions): Promise<readonly ScanEntry[]> {
    return scanPage(this.#parts(projection), { projection, number, collection }, options);
  }

  /** Commits keep old versions of documents while `work` runs; after a million for one collection the view is lost. */
  async snapshot<Result>(projection: string, number: number, work: (snapshot: GenerationSnapshot) => Promise<Result>): Promise<Result> {
    return withSnapshot(this.#parts(projection), { projection, number }, work);
  }

  /** Reads page by page, each of one state; a place that moves to another page meanwhile may be missed. */
  async checkDerived(projection: string, number: number, signal?: AbortSignal): Promise<readonly DerivedDifference[]> {
    const differences: DerivedDifference[] = [];
    for (const collection of (await this.#generations.find(projection, number)).collections) {
      const options = this.collections[collection.name];
      // Derived by another declaration: the next session derives it anew.
      if (collection.declaration === '' || collection.declaration !== declarationOf(options)) continue;
      differences.push(...(await cacheDifferences(this.#parts(projection), { projection, number, collection, options }, signal)));
    }
    return differences;
  }

  async parked(projection: string, limit: number): Promise<readonly ParkedEvent[]> {
    return listParked(this.#parts(projection), { limit }, { projection, number: undefined });
  }

  async claimLease(claim: LeaseClaim): Promise<LeaseAnswer> {
    return this.#leases.claim(claim);
  }

  async releaseLease(lease: LeaseKey & { readonly owner: string }): Promise<void> {
    await this.#leases.release(lease);
  }

  async leases(projection?: string): Promise<readonly HeldLease[]> {
    return this.#leases.list(projection);
  }

  async notes(projections: readonly string[]): Promise<readonly Note[]> {
    return this.#notes.list(projections);
  }

  async note(projection: string, name: string, text: string | undefined): Promise<void> {
    if (text === undefined) await this.#notes.remove({ projection, name });
    else await this.#notes.keep({ projection, name, text });
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  /** The server's clock, in milliseconds since 1970. Errors: READ_STORE_UNAVAILABLE. */
  async serverTimeMs(): Promise<number> {
    const [seconds = '', microseconds = ''] = (await this.connection.call('time', [])) as string[];
    return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
  }

  async get<Document extends object>(collection: string, key: string): Promise<CacheAnswer<Document | undefined>> {
    return this.#reader.get<Document>(collection, key);
  }

  async top<Document extends object>(collection: string, board: string, options: TopOptions): Promise<CacheAnswer<readonly Place<Document>[]>> {
    return this.#reader.top<Document>(collection, board, options);
  }

  /**
   * Claims again: another process may have released the collections before this generation existed. If the claim fails,
   * the new generation is dropped. Errors: those of `Claims.claim`.
   */
  async #keepCollections(projection: ProjectionDescriptor, number: number): Promise<void> {
    try {
      await this.#claims.claim(projection);
    } catch (error) {
      if (isMainstemError(error, 'PROJECTION_INVALID_DEFINITION')) await this.#dropping.drop(projection.name, number);
      throw error;
    }
  }

  #parts(projection: string): ReadingParts {
    return { connection: this.connection, keys: keysOf(this.prefix, projection), runtime: this.runtime };
  }
}
