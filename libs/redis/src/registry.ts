// Which projections there are, and to which one a collection belongs: in slots of their own, and only pointers, which every session restores.
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

  /** Names, in no order. */
  async projections(): Promise<readonly string[]> {
    return (await this.connection.call('smembers', [this.#projections])) as string[];
  }

  /** Name of the projection that a collection belongs to; undefined where none has it. */
  async ownerOf(collection: string): Promise<string | undefined> {
    return ((await this.connection.call('hget', [this.#collections, collection])) as string | null) ?? undefined;
  }

  async register({ name, collections }: ProjectionDescriptor): Promise<void> {
    await Promise.all([
      this.connection.call('sadd', [this.#projections, name]),
      ...collections.map((collection) => this.connection.call('hset', [this.#collections, collection.name, name])),
    ]);
  }
}
