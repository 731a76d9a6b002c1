// What a full-text index must supply for its contract, and the steps that the cases share.
import type { Incarnation, Position } from '@mainstem/event-store';
import {
  type DocumentClass,
  type ReadStore,
  type SearchCollections,
  type SearchQueries,
  type SearchRequest,
  waitForPosition,
} from '@mainstem/projection';
import {
  EMPTY_DIGEST,
  type CollectionDescriptor,
  type ProjectionDescriptor,
  type ProjectionDocument,
  type ReadStoreSession,
  type SearchResult,
} from '@mainstem/projection/adapter';
import type { ContractCase } from '../contract-suite.js';

export type SearchStore = ReadStore & SearchQueries;

/** Fresh, empty data, and stores that work on it. */
export interface SearchFixture {
  /** The caller of `open` closes the store. */
  readonly open: (collections: SearchCollections) => Promise<SearchStore>;
  /** Changes the words of generation 1 beside a document of `PRODUCTS`, and leaves the document unchanged. */
  readonly damageWords: (key: string) => Promise<void>;
  /** Removes all data; all stores are closed by then. */
  readonly dispose: () => Promise<void>;
}

export interface SearchContractOptions {
  /** Names the suite. */
  readonly name: string;
  readonly create: () => Promise<SearchFixture>;
}

export interface SearchedProduct {
  readonly title?: string;
  readonly tags?: readonly string[];
  readonly note?: string;
  readonly color?: string | readonly string[] | null;
  readonly size?: string;
  readonly $state?: string;
}

export const PRODUCTS = 'products';
export const SEARCH_INCARNATION = '0b0f6a3e-6f0f-4c5e-9a51-3f6a2f1f7a10' as Incarnation;
const products: CollectionDescriptor = { name: PRODUCTS, document: Object as DocumentClass, hasState: true };
export const productProjection: ProjectionDescriptor = { name: PRODUCTS, version: 1, fingerprint: 'f'.repeat(16), collections: [products] };
export const PRODUCT_TEXTS: SearchCollections = { products: { text: ['title', 'tags'], filters: ['color', 'size'] } };

const VISIBLE_TIMEOUT_MS = 10_000;

/** One case's store with a session on its serving generation. */
export class SearchContext {
  #store: SearchStore | undefined;
  #session: ReadStoreSession | undefined;
  #place = 0;

  get store(): SearchStore {
    if (!this.#store) throw new TypeError('no store is open');
    return this.#store;
  }

  get session(): ReadStoreSession {
    if (!this.#session) throw new TypeError('no session is open');
    return this.#session;
  }

  async open({ open }: SearchFixture, collections: SearchCollections): Promise<void> {
    this.#store = await open(collections);
    const { number } = await this.store.createGeneration(productProjection, SEARCH_INCARNATION);
    this.#session = await this.store.open(productProjection, number);
  }

  /** Commits, and waits until queries see it. */
  async write(upserts: Readonly<Record<string, SearchedProduct>>, deletes: readonly string[] = []): Promise<void> {
    const from = this.#place === 0 ? undefined : placeOf(this.#place);
    const to = placeOf(this.#place + 1);
    const changes = [{ collection: PRODUCTS, upserts: new Map<string, ProjectionDocument>(Object.entries(upserts)), deletes }];
    await this.session.commit({ changes, checkpoint: { from, to, digest: EMPTY_DIGEST } });
    this.#place++;
    await waitForPosition(this.store, [PRODUCTS], to, { timeoutMs: VISIBLE_TIMEOUT_MS });
  }

  search(query: string, request: Partial<SearchRequest> = {}): Promise<SearchResult<SearchedProduct>> {
    return this.store.search<SearchedProduct>(PRODUCTS, { query, limit: 1_000, ...request });
  }

  /** Sorted. */
  async keys(query: string, request: Partial<SearchRequest> = {}): Promise<readonly string[]> {
    const { items } = await this.search(query, request);
    return items.map(({ key }) => key).sort();
  }

  async close(): Promise<void> {
    await this.#store?.close();
  }
}

export const placeOf = (place: number): Position => BigInt(place) as Position;

/** Makes a case that runs on its own data, with `PRODUCT_TEXTS` declared by default. */
export type DefineSearchCase = (
  name: string,
  run: (context: SearchContext, fixture: SearchFixture) => Promise<void>,
  collections?: SearchCollections,
) => ContractCase;

export const defineSearchCases =
  ({ create }: SearchContractOptions): DefineSearchCase =>
  (name, run, collections = PRODUCT_TEXTS) => ({
    name,
    run: async () => {
      const context = new SearchContext();
      const fixture = await create();
      try {
        await context.open(fixture, collections);
        await run(context, fixture);
      } finally {
        await context.close();
        await fixture.dispose();
      }
    },
  });
