// The read models of the shop, hosted without Nest, with a counter on each store.
import { cacheProjections } from '#apps/cache-projector/src/cache-projections.js';
import { cacheCollections } from '#apps/read-models/src/cache/cache-collections.js';
import { searchCollections } from '#apps/read-models/src/search/search-collections.js';
import { sqlEntities } from '#apps/read-models/src/sql/sql-entities.js';
import { searchProjections } from '#apps/search-projector/src/search-projections.js';
import { sqlProjections } from '#apps/sql-projector/src/sql-projections.js';
import { EmbeddedCacheStore, EmbeddedSearchStore } from '@mainstem/embedded';
import type { HostedProjection, ReadStore } from '@mainstem/projection';
import { SqlReadStore } from '@mainstem/sql';
import { counterOf, SqlCounter } from './counters.js';

export interface ShopStores {
  readonly projections: readonly HostedProjection[];
  readonly stores: Readonly<Record<'sql' | 'cache' | 'search', ReadStore>>;
  close(): Promise<void>;
}

/** Opens all three stores in a folder. */
export const openShopStores = async (dir: string): Promise<ShopStores> => {
  const sql = await SqlReadStore.open({ dir }, { entities: [...sqlEntities, SqlCounter] });
  const cache = await EmbeddedCacheStore.open({ dir, collections: cacheCollections });
  const search = await EmbeddedSearchStore.open({ dir, collections: searchCollections });
  return {
    stores: { sql, cache, search },
    projections: [
      ...[...sqlProjections, counterOf('sql')].map((projection) => ({ projection, store: sql })),
      ...[...cacheProjections, counterOf('cache')].map((projection) => ({ projection, store: cache })),
      ...[...searchProjections, counterOf('search')].map((projection) => ({ projection, store: search })),
    ],
    close: async () => {
      for (const store of [sql, cache, search]) await store.close();
    },
  };
};
