// The projection of each collection, and the list of projections. These are only pointers in slots of their own: every
// session writes them, and each look restores lost ones.
import { randomUUID } from 'node:crypto';
import { CollectionTaken, type ProjectionDescriptor, UnknownGeneration } from '@mainstem/projection/adapter';
import { CLAIM, RELEASE } from '../scripts/collections.js';
import { type RedisConnection, scriptOf } from '../server/redis-connection.js';
import { collectionsIn, type GenerationRecords } from './generation-records.js';

export class Claims {
  readonly #projections: string;
  readonly #collections: string;
  /** In the slot of the collections. */
  readonly #turns: string;

  constructor(
    private readonly connection: RedisConnection,
    private readonly generations: GenerationRecords,
    prefix: string,
  ) {
    this.#projections = `${prefix}projections`;
    this.#collections = `${prefix}collections`;
    this.#turns = `${prefix}turns{${this.#collections}}`;
  }

  /**
   * Takes all collections for a projection, or none, in one step for all processes. `users` gives the known projection
   * of each collection. Resolves with the turn for `release`. Errors: PROJECTION_INVALID_DEFINITION for a collection of
   * another projection.
   */
  async claim({ name, collections }: ProjectionDescriptor, users: ReadonlyMap<string, string> = new Map()): Promise<string> {
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

  /** Which projections have generations with these collections, in case the list has lost them. Own ones win. */
  async usersOf({ name, collections }: ProjectionDescriptor): Promise<ReadonlyMap<string, string>> {
    const users = new Map<string, string>();
    for (const projection of [...(await this.#listed()), name]) {
      const used = new Set(collectionsIn(await this.generations.list(projection)));
      for (const collection of collections) if (used.has(collection.name)) users.set(collection.name, projection);
    }
    return users;
  }

  /**
   * Adds the projection to the lists, and removes the collections that no generation has any more. If another process
   * has forgotten the projection meanwhile, removes all. Errors: READ_STORE_UNKNOWN_GENERATION, those of `claim`.
   */
  async register(projection: ProjectionDescriptor, number: number): Promise<void> {
    const { name } = projection;
    const turn = await this.claim(projection);
    await this.add(name);
    // Looked up last: a process that forgets the projection deletes its generations before it changes the lists.
    const generations = await this.generations.list(name);
    if (generations.length === 0) await this.remove(name);
    else await this.release(name, collectionsIn(generations), turn);
    if (!generations.some((one) => one.number === number)) throw new UnknownGeneration(name, number);
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

  /** Name of the projection that has the collection; undefined if none has it. */
  async ownerOf(collection: string): Promise<string | undefined> {
    return ((await this.connection.call('hget', [this.#collections, collection])) as string | null) ?? undefined;
  }

  /** Projections that have collections, and the others that are on the list. */
  async known(): Promise<{ readonly owners: readonly string[]; readonly others: readonly string[] }> {
    const [names, values] = (await Promise.all([this.#listed(), this.connection.call('hvals', [this.#collections])])) as [
      readonly string[],
      string[],
    ];
    const owners = new Set(values);
    return { owners: [...owners], others: names.filter((name) => !owners.has(name)) };
  }

  /** Puts a projection on the list. */
  async add(projection: string): Promise<void> {
    await this.connection.call('sadd', [this.#projections, projection]);
  }

  /** Takes a projection off both lists. */
  async remove(projection: string): Promise<void> {
    await this.release(projection, [], REMOVED);
    await this.connection.call('srem', [this.#projections, projection]);
  }

  /**
   * Names, unordered. Restores what is missing of `written`, because each list can be lost without the other. It
   * restores only what a stored generation has: what was forgotten or released stays away.
   */
  async restored(written: readonly ProjectionDescriptor[]): Promise<readonly string[]> {
    const collections = written.flatMap((owner) => owner.collections.map(({ name }) => ({ name, owner: owner.name })));
    const [names, owners] = (await Promise.all([
      this.#listed(),
      collections.length > 0 ? this.connection.call('hmget', [this.#collections, ...collections.map(({ name }) => name)]) : [],
    ])) as [string[], (string | null)[]];
    // A collection that another projection has stays there.
    const ownerless = collections.filter((_, index) => owners[index] === null);
    const incomplete = written.filter(({ name }) => !names.includes(name) || ownerless.some(({ owner }) => owner === name));
    // Looked up after the lists: generations are deleted before list entries are.
    const found = incomplete.map(async ({ name }) => this.#putBack(name, ownerless));
    return [...new Set([...names, ...(await Promise.all(found)).flat()])];
  }

  get #keys(): readonly string[] {
    return [this.#collections, this.#turns];
  }

  /** Names, unordered. */
  async #listed(): Promise<readonly string[]> {
    return (await this.connection.call('smembers', [this.#projections])) as string[];
  }

  /** Its name, if it has a generation. */
  async #putBack(projection: string, ownerless: readonly Claim[]): Promise<readonly string[]> {
    const generations = await this.generations.list(projection);
    if (generations.length === 0) return [];
    const used = new Set(collectionsIn(generations));
    const lost = ownerless.filter(({ name, owner }) => owner === projection && used.has(name));
    await Promise.all([this.add(projection), ...lost.map(({ name }) => this.connection.call('hsetnx', [this.#collections, name, projection]))]);
    return [projection];
  }
}

/** The turn for a projection that is removed as a whole. */
const REMOVED = '';

/** A collection and its projection. */
interface Claim {
  readonly name: string;
  readonly owner: string;
}

const SCRIPTS = { claim: scriptOf(CLAIM), release: scriptOf(RELEASE) };
