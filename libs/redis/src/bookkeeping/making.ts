// Makes generations, and deletes what lost bookkeeping has left.
import { randomUUID } from 'node:crypto';
import type { Incarnation, Runtime } from '@mainstem/event-store';
import type { CacheCollections } from '@mainstem/projection';
import { type CreateGenerationOptions, declarationOf, EMPTY_DIGEST, type ProjectionDescriptor } from '@mainstem/projection/adapter';
import { keysOf } from '../layout/keys.js';
import { CREATE, SWEEP } from '../scripts/generations.js';
import { type RedisConnection, scriptOf } from '../server/redis-connection.js';
import type { GenerationRecords } from './generation-records.js';

/** What the generations of a store have in common. */
export interface MakingOptions {
  readonly collections: CacheCollections;
  readonly runtime: Runtime;
  readonly prefix: string;
}

export class Making {
  constructor(
    private readonly connection: RedisConnection,
    private readonly generations: GenerationRecords,
    private readonly options: MakingOptions,
  ) {}

  /** The number of a new generation. Errors: READ_STORE_UNAVAILABLE. */
  async make(projection: ProjectionDescriptor, incarnation: Incarnation, options: CreateGenerationOptions): Promise<number> {
    const { isBulk = false, isSide = false } = options;
    const { name, version, fingerprint, collections, partitions = 1 } = projection;
    const declared = collections.flatMap((one) => [one.name, one.hasState ? '1' : '0', declarationOf(this.options.collections[one.name])]);
    const flags = [isBulk ? '1' : '0', isSide ? '1' : '0', String(partitions)];
    const now = new Date(this.options.runtime.now()).toISOString();
    const args = [randomUUID(), version, fingerprint, incarnation, EMPTY_DIGEST, now, ...flags, ...declared];
    const [number, isNew] = (await this.generations.run(SCRIPTS.create, name, args)) as [string, string];
    if (isNew === '1') await this.sweep(name);
    return Number(number);
  }

  /** Deletes the keys of generations whose bookkeeping was lost. Errors: READ_STORE_UNAVAILABLE. */
  async sweep(projection: string): Promise<void> {
    const { root } = keysOf(this.options.prefix, projection);
    const pattern = `${root.replaceAll(/[[\]*?\\]/g, '\\$&')}*`;
    for await (const page of this.connection.keys(pattern)) await this.generations.run(SCRIPTS.sweep, projection, page);
  }
}

const SCRIPTS = { create: scriptOf(CREATE), sweep: scriptOf(SWEEP) };
