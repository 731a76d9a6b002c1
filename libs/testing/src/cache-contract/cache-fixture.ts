// What a cache must supply for its contract, and the steps that the cases share.
import { systemRuntime, type Incarnation, type Position, type Runtime } from '@mainstem/event-store';
import type { CacheCollections, CacheQueries, DocumentClass, ReadStore } from '@mainstem/projection';
import {
  EMPTY_DIGEST,
  type CollectionDescriptor,
  type ProjectionDescriptor,
  type ProjectionDocument,
  type ReadStoreSession,
} from '@mainstem/projection/adapter';
import type { ContractCase } from '../contract-suite.js';

export type CacheStore = ReadStore & CacheQueries;

/** Fresh, empty data, and stores that work on it. */
export interface CacheFixture {
  /** The caller of `open` closes the store. */
  readonly open: (collections: CacheCollections) => Promise<CacheStore>;
  /** Removes all data; all stores are closed by then. */
  readonly dispose: () => Promise<void>;
}

export interface CacheContractOptions {
  /** Names the suite. */
  readonly name: string;
  /** Documents expire by the clock of `runtime`. */
  readonly create: (runtime: Runtime) => Promise<CacheFixture>;
}

export interface Customer {
  readonly name?: string;
  readonly net?: number;
  readonly month?: string;
  readonly until?: number;
}

export const CACHE_INCARNATION = '0b0f6a3e-6f0f-4c5e-9a51-3f6a2f1f7a10' as Incarnation;

const customers: CollectionDescriptor = { name: 'customers', document: Object as DocumentClass, hasState: true };
export const customerProjection: ProjectionDescriptor = { name: 'customers', version: 1, fingerprint: 'f'.repeat(16), collections: [customers] };

export const BOARDS: CacheCollections = {
  customers: {
    boards: ({ net, month }: Customer) => [
      ...(net === undefined ? [] : [{ board: 'net', score: net }]),
      ...(net === undefined || month === undefined ? [] : [{ board: `net:${month}`, score: net }]),
    ],
    expiresAt: ({ until }: Customer) => until ?? null,
  },
};

export const placeAt = (place: number): Position => BigInt(place) as Position;

/** One case's store with a session on its serving generation. */
export class CacheContext {
  /** Milliseconds since the epoch, as the store sees them. */
  nowMs = 1_000_000;
  #store: CacheStore | undefined;
  #session: ReadStoreSession | undefined;
  #place = 0;

  constructor(readonly fixture: (runtime: Runtime) => Promise<CacheFixture>) {}

  readonly runtime: Runtime = { ...systemRuntime, now: () => this.nowMs };

  get store(): CacheStore {
    if (!this.#store) throw new TypeError('no store is open');
    return this.#store;
  }

  get session(): ReadStoreSession {
    if (!this.#session) throw new TypeError('no session is open');
    return this.#session;
  }

  /** Closes the open store and opens another one on the same data, with other declarations. */
  async reopen({ open }: CacheFixture, collections: CacheCollections = BOARDS): Promise<void> {
    await this.#store?.close();
    this.#store = await open(collections);
    const serving = (await this.store.generations(customerProjection.name)).find(({ state }) => state === 'serving');
    const { number } = serving ?? (await this.store.createGeneration(customerProjection, CACHE_INCARNATION));
    this.#session = await this.store.open(customerProjection, number);
  }

  /** Like `reopen`, with an empty generation: documents that expire otherwise need a new one. */
  async beginAgain(fixture: CacheFixture, collections: CacheCollections): Promise<void> {
    const store = await fixture.open(collections);
    const { number } = await store.createGeneration(customerProjection, CACHE_INCARNATION);
    await store.promote(customerProjection.name, number, { isForced: true });
    await store.close();
    await this.reopen(fixture, collections);
  }

  async write(upserts: Readonly<Record<string, ProjectionDocument>>, deletes: readonly string[] = []): Promise<void> {
    const from = this.#place === 0 ? undefined : placeAt(this.#place);
    const changes = [{ collection: 'customers', upserts: new Map(Object.entries(upserts)), deletes }];
    await this.session.commit({ changes, checkpoint: { from, to: placeAt(this.#place + 1), digest: EMPTY_DIGEST } });
    this.#place++;
  }

  async get(key: string): Promise<Customer | undefined> {
    return (await this.store.get<Customer>('customers', key)).value;
  }

  async top(board: string, limit = 1_000): Promise<readonly (readonly [string, number])[]> {
    const { value } = await this.store.top<Customer>('customers', board, { limit });
    return value.map(({ key, score }) => [key, score]);
  }

  async close(): Promise<void> {
    await this.#store?.close();
  }
}

/** Makes a case that runs on its own data, with `BOARDS` declared. */
export type DefineCacheCase = (name: string, run: (context: CacheContext, fixture: CacheFixture) => Promise<void>) => ContractCase;

export const defineCacheCases =
  ({ create }: CacheContractOptions): DefineCacheCase =>
  (name, run) => ({
    name,
    run: async () => {
      const context = new CacheContext(create);
      const fixture = await create(context.runtime);
      try {
        await context.reopen(fixture);
        await run(context, fixture);
      } finally {
        await context.close();
        await fixture.dispose();
      }
    },
  });
