// Which projections there are, and to which one a collection belongs: in slots of their own, and only pointers, which every session puts there, and
// whoever looks at them puts back.
import type { ProjectionDescriptor } from '@mainstem/projection';
import type { RedisConnection } from './redis-connection.js';

export class Registry {
  readonly #projections: string;
  readonly #collections: string;

  constructor(
    private readonly connection: RedisConnection,
    prefix: string,
  ) {
    this.#projections = `${prefix}projections`;
    this.#collections = `${prefix}collections`;
  }

  /** Names, in no order. What is missing of `written` is put back: each list can be lost without the other. */
  async projections(written: readonly ProjectionDescriptor[]): Promise<readonly string[]> {
    const collections = written.flatMap((owner) => owner.collections.map(({ name }) => ({ name, owner: owner.name })));
    const [names, owners] = (await Promise.all([
      this.connection.call('smembers', [this.#projections]),
      collections.length > 0 ? this.connection.call('hmget', [this.#collections, ...collections.map(({ name }) => name)]) : [],
    ])) as [string[], (string | null)[]];
    const lost = written.flatMap(({ name }) => (names.includes(name) ? [] : [name]));
    await Promise.all([
      ...lost.map((name) => this.#addProjection(name)),
      // One that has gone over to another projection stays there.
      ...collections.filter((_, index) => owners[index] === null).map(({ name, owner }) => this.#setOwner(name, owner)),
    ]);
    return [...names, ...lost];
  }

  /** Name of the projection that a collection belongs to; undefined where none has it. */
  async ownerOf(collection: string): Promise<string | undefined> {
    return ((await this.connection.call('hget', [this.#collections, collection])) as string | null) ?? undefined;
  }

  async register({ name, collections }: ProjectionDescriptor): Promise<void> {
    await Promise.all([this.#addProjection(name), ...collections.map((collection) => this.#setOwner(collection.name, name))]);
  }

  #addProjection(name: string): Promise<unknown> {
    return this.connection.call('sadd', [this.#projections, name]);
  }

  #setOwner(collection: string, projection: string): Promise<unknown> {
    return this.connection.call('hset', [this.#collections, collection, projection]);
  }
}
