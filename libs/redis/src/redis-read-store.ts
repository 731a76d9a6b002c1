// The read store port on Redis: all data of a projection is in one hash slot, and each batch is one script.
import { randomUUID } from 'node:crypto';
import { type Incarnation, isMainstemError, type Runtime, systemRuntime } from '@mainstem/event-store';
import type { CacheCollections, CacheQueries, ReadStore } from '@mainstem/projection';
import {
  assertTopOptions,
  type CacheAnswer,
  assertCacheCollections,
  type CreateGenerationOptions,
  declarationOf,
  declaredExpiry,
  flawOfStoreName,
  decodeForQuery,
  type DerivedDifference,
  EMPTY_DIGEST,
  expiresOtherwise,
  type Expiry,
  FingerprintMismatch,
  type Generation,
  GenerationBehind,
  GenerationDamaged,
  GenerationNotReady,
  GenerationServes,
  type GenerationSnapshot,
  type HeldLease,
  type LeaseAnswer,
  type LeaseClaim,
  type LeaseKey,
  type ParkedEvent,
  type Place,
  type ProjectionDescriptor,
  type PromoteOptions,
  type ReadStoreSession,
  ReadStoreUnavailable,
  type ScanEntry,
  type ScanOptions,
  type TopOptions,
  UnknownGeneration,
} from '@mainstem/projection/adapter';
import { storedScore } from './commit-arguments.js';
import { deriveAnew } from './derivation.js';
import { collectionsIn, describedOf, type Fields, generationsOf, partField, positionOf, type StoredGeneration } from './generation-records.js';
import { InvalidRedisOptions } from './errors.js';
import { keysOf, type ProjectionKeys } from './keys.js';
import { Leases } from './leases.js';
import { readParked } from './read-parked.js';
import { cacheDifferences } from './redis-cache-check.js';
import { connect, type RedisConnection, scriptOf } from './redis-connection.js';
import { RedisSession } from './redis-session.js';
import { type ReadingParts, scanPage, withSnapshot } from './redis-snapshot.js';
import { type RedisLocation, redisTargetOf } from './redis-target.js';
import { Registry } from './registry.js';
import { CREATE, DROP, FORGET, OPEN, PROMOTE, RETIRE, SWEEP } from './scripts/generations.js';
import { GET, TOP } from './scripts/reading.js';
import { checkServer } from './server-check.js';

export interface RedisReadStoreOptions {
  readonly runtime?: Runtime;
  /** Its name in status, messages and `--store`; give each its own if a process has several. Default `cache`. */
  readonly name?: string;
  /** Leaderboards and expiry by collection. Only writing processes need them; queries use what was written. */
  readonly collections?: CacheCollections;
}

/** How often deletion is repeated if new generations appear while their projection is being forgotten. */
const FORGET_ROUNDS_MAX = 10;

export class RedisReadStore implements ReadStore, CacheQueries {
  readonly hasAtomicCheckpoint = true;
  readonly hasTransactions = false;
  readonly hasPartitions = true;
  readonly #registry: Registry;
  readonly #leases: Leases;
  /** The projection of each collection, as last looked up. */
  readonly #owners = new Map<string, string>();
  /**
   * Projections that sessions of this store have written: restored in the registry if it loses any with generations.
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
    this.#registry = new Registry(connection, prefix);
    this.#leases = new Leases(connection, prefix);
  }

  /**
   * Connects and checks the server. Errors: READ_STORE_INVALID_OPTIONS, READ_STORE_UNAVAILABLE,
   * READ_STORE_PERMISSION_DENIED, READ_STORE_SERVER_TOO_OLD, READ_STORE_READ_ONLY, READ_STORE_EVICTS,
   * READ_STORE_CERTIFICATE_REFUSED, PROJECTION_INVALID_DEFINITION for a collection.
   */
  static async open(
    location: RedisLocation,
    { runtime = systemRuntime, collections = {}, name = 'cache' }: RedisReadStoreOptions = {},
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
    if (projection !== undefined) return (await this.#stored(projection)).map(describedOf);
    // Reads known projections and the registry together: an idle projector then waits for one answer in each look.
    const asked = new Map(this.#seen.map((name) => [name, this.#stored(name)]));
    const [registered] = await Promise.all([this.#registry.restored([...this.#written.values()], (name) => this.#stored(name)), ...asked.values()]);
    const names = [...registered].sort();
    this.#seen = names;
    return (await Promise.all(names.map((name) => asked.get(name) ?? this.#stored(name)))).flat().map(describedOf);
  }

  async createGeneration(projection: ProjectionDescriptor, incarnation: Incarnation, options: CreateGenerationOptions = {}): Promise<Generation> {
    await this.#registry.claim(projection, await this.#usersOf(projection));
    await this.#registry.add(projection.name);
    const { isBulk = false, isSide = false } = options;
    const { name, version, fingerprint, collections } = projection;
    const declared = collections.flatMap((one) => [one.name, one.hasState ? '1' : '0', declarationOf(this.collections[one.name])]);
    const flags = [isBulk ? '1' : '0', isSide ? '1' : '0', String(projection.partitions ?? 1)];
    const args = [randomUUID(), version, fingerprint, incarnation, EMPTY_DIGEST, this.#time(), ...flags, ...declared];
    const [number, isNew] = (await this.#run(SCRIPTS.create, name, args)) as [string, string];
    if (isNew === '1') await this.#sweep(name);
    await this.#keepCollections(projection, Number(number));
    return describedOf(await this.#one(name, Number(number)));
  }

  /**
   * Besides the port's promise: derives leaderboards of another declaration anew. It refuses that for a partitioned
   * generation, and refuses another expiry (READ_STORE_FINGERPRINT_MISMATCH).
   */
  async open(projection: ProjectionDescriptor, number: number, partition = 0): Promise<ReadStoreSession> {
    const { name } = projection;
    const session = randomUUID();
    const [status, reply] = (await this.#run(SCRIPTS.open, name, [number, projection.fingerprint, session, partField(partition)])) as [
      string,
      (Fields | string)?,
    ];
    if (status === 'unknown') throw new UnknownGeneration(name, number);
    if (status === 'fingerprint') throw new FingerprintMismatch(name, number);
    if (status === 'damaged') throw new GenerationDamaged(name, number, String(reply));
    const found = generationsOf(name, reply as Fields).find((generation) => generation.number === number);
    if (!found) throw new UnknownGeneration(name, number);
    await this.#register(projection, number);
    this.#written.set(name, projection);
    const parts = this.#parts(name);
    const collections = [];
    for (const stored of found.collections) {
      const options = this.collections[stored.name];
      const declaration = declarationOf(options);
      const isSame = declaration === stored.declaration;
      // Other parts are written meanwhile, so nothing can be derived in place. And a derivation cannot replace a fold.
      if (!isSame && (found.partitions || expiresOtherwise(declaration, stored.declaration))) throw new FingerprintMismatch(name, number);
      collections.push(isSame ? stored : await deriveAnew(parts, { projection: name, number, session }, stored, { declaration, options }));
    }
    const base = `${parts.keys.root}${found.id}:`;
    return new RedisSession({ ...parts, collections: this.collections, base, partition, id: session }, { ...found, collections });
  }

  async promote(projection: string, number: number, { isForced = false }: PromoteOptions = {}): Promise<void> {
    const reply = await this.#run(SCRIPTS.promote, projection, [number, isForced ? '1' : '0', this.#time()]);
    const [status, actual = '', expected = ''] = reply as [string, string?, string?];
    if (status === 'unknown') throw new UnknownGeneration(projection, number);
    if (status === 'side') throw new GenerationNotReady(projection, number, 'it was made to stay aside, or has lost data');
    if (status === 'bulk') throw new GenerationNotReady(projection, number, 'it is still being filled in bulk');
    if (status === 'behind') throw new GenerationBehind(projection, number, positionOf(actual), positionOf(expected));
  }

  async dropGeneration(projection: string, number: number): Promise<void> {
    const turn = await this.#registry.turnOf(projection);
    const [status] = (await this.#run(SCRIPTS.drop, projection, [number])) as [string];
    if (status === 'unknown') throw new UnknownGeneration(projection, number);
    if (status === 'serves') throw new GenerationServes(projection, number);
    await this.#registry.release(projection, collectionsIn(await this.#stored(projection)), turn);
  }

  /** A projection without generations may stay listed with its last number: it is no leftover and is not returned. */
  async projections(): Promise<readonly string[]> {
    const { owners, others } = await this.#registry.known();
    const isMore = async (name: string): Promise<boolean> => {
      const fields = await this.#fields(name);
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
    for (let round = 1; !(await this.#deleteAll(projection)); round++) if (round === FORGET_ROUNDS_MAX) throw madeAgain(this.name, projection);
    this.#written.delete(projection);
    await this.#leases.forget(projection);
    await this.#registry.remove(projection);
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
    for (const collection of (await this.#one(projection, number)).collections) {
      const options = this.collections[collection.name];
      // Derived by another declaration: the next session derives it anew.
      if (collection.declaration === '' || collection.declaration !== declarationOf(options)) continue;
      differences.push(...(await cacheDifferences(this.#parts(projection), { projection, number, collection, options }, signal)));
    }
    return differences;
  }

  async parked(projection: string, limit: number): Promise<readonly ParkedEvent[]> {
    return readParked(this.#parts(projection), { limit }, { projection, number: undefined });
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

  async get<Document extends object>(collection: string, key: string): Promise<CacheAnswer<Document | undefined>> {
    const reply = await this.#query(collection, SCRIPTS.get, [collection, key, this.runtime.now()]);
    const [hasState, position = '', document = ''] = reply;
    if (hasState === undefined || document === '') return { value: undefined, position: positionOf(position) };
    return { value: decodeForQuery<Document>(document, hasState === '1'), position: positionOf(position) };
  }

  async top<Document extends object>(collection: string, board: string, options: TopOptions): Promise<CacheAnswer<readonly Place<Document>[]>> {
    assertTopOptions(options);
    const { limit, after } = options;
    const cursor = after ? [storedScore(after.score), after.key] : [];
    const [hasState, position = '', ...rows] = await this.#query(collection, SCRIPTS.top, [collection, board, limit, this.runtime.now(), ...cursor]);
    const places: Place<Document>[] = [];
    for (let index = 0; index + 2 < rows.length; index += 3) {
      const [key = '', score = '', document = ''] = rows.slice(index, index + 3);
      places.push({ key, score: 0 - Number(score), document: decodeForQuery<Document>(document, hasState === '1') });
    }
    return { value: places, position: positionOf(position) };
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  /** Empty if no serving generation has the collection. */
  async #query(collection: string, script: (typeof SCRIPTS)['get'], args: readonly (string | number)[]): Promise<readonly string[]> {
    const known = this.#owners.get(collection);
    if (known !== undefined) {
      const reply = (await this.#run(script, known, args)) as string[];
      if (reply.length > 0) return reply;
    }
    // Unknown yet, or now of another projection.
    const owner = await this.#registry.ownerOf(collection);
    if (owner === undefined || owner === known) return [];
    this.#owners.set(collection, owner);
    return (await this.#run(script, owner, args)) as string[];
  }

  /** Which projections have generations with these collections, in case the registry has lost them. Own ones win. */
  async #usersOf({ name, collections }: ProjectionDescriptor): Promise<ReadonlyMap<string, string>> {
    const users = new Map<string, string>();
    for (const projection of [...(await this.#registry.projections()), name]) {
      const used = new Set(collectionsIn(await this.#stored(projection)));
      for (const collection of collections) if (used.has(collection.name)) users.set(collection.name, projection);
    }
    return users;
  }

  /**
   * Adds the projection to the lists, and removes the collections that no generation has any more. If another process
   * has forgotten the projection meanwhile, removes all. Errors: READ_STORE_UNKNOWN_GENERATION, those of
   * `Registry.claim`.
   */
  async #register(projection: ProjectionDescriptor, number: number): Promise<void> {
    const { name } = projection;
    const turn = await this.#registry.claim(projection, new Map());
    await this.#registry.add(name);
    // Looked up last: a process that forgets the projection deletes its generations before it changes the lists.
    const generations = await this.#stored(name);
    if (generations.length === 0) await this.#registry.remove(name);
    else await this.#registry.release(name, collectionsIn(generations), turn);
    if (!generations.some((one) => one.number === number)) throw new UnknownGeneration(name, number);
  }

  /**
   * Claims again: another process may have released the collections before this generation existed. If the claim fails,
   * the new generation is dropped. Errors: those of `Registry.claim`.
   */
  async #keepCollections(projection: ProjectionDescriptor, number: number): Promise<void> {
    try {
      await this.#registry.claim(projection, new Map());
    } catch (error) {
      if (isMainstemError(error, 'PROJECTION_INVALID_DEFINITION')) await this.#run(SCRIPTS.drop, projection.name, [number]);
      throw error;
    }
  }

  /** Deletes all generations and the bookkeeping; false if one was made or promoted meanwhile. */
  async #deleteAll(projection: string): Promise<boolean> {
    // From here on no session writes it, and no generation serves.
    await this.#run(SCRIPTS.retire, projection, []);
    for (const { number } of await this.#stored(projection)) {
      const [status] = (await this.#run(SCRIPTS.drop, projection, [number])) as [string];
      if (status === 'serves') return false;
    }
    await this.#sweep(projection);
    return (await this.#run(SCRIPTS.forget, projection, [])) === 'ok';
  }

  /** Deletes the keys of generations whose bookkeeping was lost. */
  async #sweep(projection: string): Promise<void> {
    const { root } = keysOf(this.prefix, projection);
    for await (const page of this.connection.keys(`${root.replaceAll(/[[\]*?\\]/g, '\\$&')}*`)) await this.#run(SCRIPTS.sweep, projection, page);
  }

  async #stored(projection: string): Promise<readonly StoredGeneration[]> {
    return generationsOf(projection, await this.#fields(projection));
  }

  async #fields(projection: string): Promise<Fields> {
    return (await this.connection.call('hgetall', [keysOf(this.prefix, projection).meta])) as Fields;
  }

  async #one(projection: string, number: number): Promise<StoredGeneration> {
    const found = (await this.#stored(projection)).find((generation) => generation.number === number);
    if (!found) throw new UnknownGeneration(projection, number);
    return found;
  }

  async #run(script: (typeof SCRIPTS)['get'], projection: string, args: readonly (string | number)[]): Promise<unknown> {
    const { meta, root }: ProjectionKeys = keysOf(this.prefix, projection);
    return this.connection.run(script, [meta, root], args);
  }

  #parts(projection: string): ReadingParts {
    return { connection: this.connection, keys: keysOf(this.prefix, projection), runtime: this.runtime };
  }

  #time(): string {
    return new Date(this.runtime.now()).toISOString();
  }
}

const madeAgain = (store: string, projection: string): ReadStoreUnavailable =>
  new ReadStoreUnavailable(store, `new generations of projection ${projection} keep appearing; stop its projector.`);

const SCRIPTS = {
  create: scriptOf(CREATE),
  open: scriptOf(OPEN),
  promote: scriptOf(PROMOTE),
  drop: scriptOf(DROP),
  sweep: scriptOf(SWEEP),
  retire: scriptOf(RETIRE),
  forget: scriptOf(FORGET),
  get: scriptOf(GET),
  top: scriptOf(TOP),
};
