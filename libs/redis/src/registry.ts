// The list of projections, and the projection of each collection. These are only pointers in slots of their own: every
// session writes them, and each look restores lost ones.
import { randomUUID } from 'node:crypto';
import { CollectionTaken, type ProjectionDescriptor } from '@mainstem/projection/adapter';
import { collectionsIn, type StoredGeneration } from './generation-records.js';
import { type RedisConnection, scriptOf } from './redis-connection.js';
import { CLAIM, RELEASE } from './scripts/collections.js';

export class Registry {
  readonly #projections: string;
  readonly #collections: string;
  /** In the slot of the collections. */
  readonly #turns: string;

  constructor(
    private readonly connection: RedisConnection,
    prefix: string,
  ) {
    this.#projections = `${prefix}projections`;
    this.#collections = `${prefix}collections`;
    this.#turns = `${prefix}turns{${this.#collections}}`;
  }

  /** Names, unordered. */
  async projections(): Promise<readonly string[]> {
    return (await this.connection.call('smembers', [this.#projections])) as string[];
  }

  /**
   * Names, unordered. Restores what is missing of `written`, because each list can be lost without the other. It
   * restores only what a generation in `stored` has: what was forgotten or released stays away.
   */
  async restored(written: readonly ProjectionDescriptor[], stored: StoredLookup): Promise<readonly string[]> {
    const collections = written.flatMap((owner) => owner.collections.map(({ name }) => ({ name, owner: owner.name })));
    const [names, owners] = (await Promise.all([
      this.projections(),
      collections.length > 0 ? this.connection.call('hmget', [this.#collections, ...collections.map(({ name }) => name)]) : [],
    ])) as [string[], (string | null)[]];
    // A collection that another projection has stays there.
    const ownerless = collections.filter((_, index) => owners[index] === null);
    const incomplete = written.filter(({ name }) => !names.includes(name) || ownerless.some(({ owner }) => owner === name));
    // Looked up after the lists: generations are deleted before list entries are.
    const found = incomplete.map(async ({ name }) => this.#putBack(name, ownerless, await stored(name)));
    return [...new Set([...names, ...(await Promise.all(found)).flat()])];
  }

  /** Name of the projection that has the collection; undefined if none has it. */
  async ownerOf(collection: string): Promise<string | undefined> {
    return ((await this.connection.call('hget', [this.#collections, collection])) as string | null) ?? undefined;
  }

  /** Projections that have collections, and the others that are on the list. */
  async known(): Promise<{ readonly owners: readonly string[]; readonly others: readonly string[] }> {
    const [names, values] = (await Promise.all([
      this.connection.call('smembers', [this.#projections]),
      this.connection.call('hvals', [this.#collections]),
    ])) as [string[], string[]];
    const owners = new Set(values);
    return { owners: [...owners], others: names.filter((name) => !owners.has(name)) };
  }

  /** Takes a projection off both lists. */
  async remove(projection: string): Promise<void> {
    await this.release(projection, [], REMOVED);
    await this.connection.call('srem', [this.#projections, projection]);
  }

  /** Puts a projection on the list. */
  async add(projection: string): Promise<void> {
    await this.connection.call('sadd', [this.#projections, projection]);
  }

  /**
   * Takes all collections for a projection, or none, in one step for all processes. `users` gives the known projection
   * of each collection. Resolves with the turn for `release`. Errors: PROJECTION_INVALID_DEFINITION for a collection of
   * another projection.
   */
  async claim({ name, collections }: ProjectionDescriptor, users: ReadonlyMap<string, string>): Promise<string> {
    const args = collections.flatMap((collection) => [collection.name, users.get(collection.name) ?? '']);
    const turn = randomUUID();
    const [status, taken = '', owner = ''] = (await this.connection.run(SCRIPTS.claim, this.#keys, [name, turn, ...args])) as [
      string,
      string?,
      string?,
    ];
    if (status === 'taken') throw new CollectionTaken(name, taken, owner);
    return turn;
  }

  /** The turn in which a projection last took collections. */
  async turnOf(projection: string): Promise<string> {
    return ((await this.connection.call('hget', [this.#turns, projection])) as string | null) ?? 'none';
  }

  /**
   * Releases all collections but `kept`, unless some were taken after `turn`. Ask for the turn before reading `kept`.
   */
  async release(projection: string, kept: readonly string[], turn: string): Promise<void> {
    await this.connection.run(SCRIPTS.release, this.#keys, [projection, turn, ...kept]);
  }

  get #keys(): readonly string[] {
    return [this.#collections, this.#turns];
  }

  /** Its name, if it has a generation. */
  async #putBack(projection: string, ownerless: readonly Claim[], generations: readonly StoredGeneration[]): Promise<readonly string[]> {
    if (generations.length === 0) return [];
    const used = new Set(collectionsIn(generations));
    const lost = ownerless.filter(({ name, owner }) => owner === projection && used.has(name));
    await Promise.all([this.add(projection), ...lost.map(({ name }) => this.connection.call('hsetnx', [this.#collections, name, projection]))]);
    return [projection];
  }
}

/** The turn for a projection that is removed as a whole. */
const REMOVED = '';

/** Looks up the present generations of a projection. */
type StoredLookup = (projection: string) => Promise<readonly StoredGeneration[]>;

/** A collection and its projection. */
interface Claim {
  readonly name: string;
  readonly owner: string;
}

const SCRIPTS = { claim: scriptOf(CLAIM), release: scriptOf(RELEASE) };
