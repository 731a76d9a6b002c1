// Opens the read stores that a process needs.
import { EmbeddedCacheStore, EmbeddedSearchStore } from '@mainstem/embedded';
import { ReadStoreModule, type Settings } from '@mainstem/nest';
import type { ReadStore } from '@mainstem/projection';
import { SqlReadStore } from '@mainstem/sql';
import type { DynamicModule, InjectionToken } from '@nestjs/common';
import { cacheCollections } from './cache/cache-collections.js';
import { CACHE_READ_STORE, SEARCH_READ_STORE, SQL_READ_STORE, type ReadStoresOptions } from './read-stores.js';
import { searchCollections } from './search/search-collections.js';
import { sqlEntities } from './sql/sql-entities.js';

const TOKENS: Readonly<Record<ReadStoresOptions['stores'][number], InjectionToken>> = {
  sql: SQL_READ_STORE,
  cache: CACHE_READ_STORE,
  search: SEARCH_READ_STORE,
};

/** Opens the SQL read models where the settings say. The caller closes them. */
export const openSqlReadStore = ({ readStoreSql, dir }: Settings): Promise<SqlReadStore> =>
  SqlReadStore.open(readStoreSql === 'embedded' ? { dir } : readStoreSql, { entities: sqlEntities });

const OPENERS: Readonly<Record<ReadStoresOptions['stores'][number], (settings: Settings) => Promise<ReadStore>>> = {
  sql: openSqlReadStore,
  cache: ({ dir }) => EmbeddedCacheStore.open({ dir, collections: cacheCollections }),
  search: ({ dir }) => EmbeddedSearchStore.open({ dir, collections: searchCollections }),
};

/** Opens one read store where the settings say. The caller closes it. */
export const openReadStore = (name: ReadStoresOptions['stores'][number], settings: Settings): Promise<ReadStore> => OPENERS[name](settings);

/** Global: provides the stores asked for by their tokens. Needs `EventStoreModule`, whose store makes the folder. */
export class ReadStoresModule {
  static forRoot({ settings, stores }: ReadStoresOptions): DynamicModule {
    return ReadStoreModule.forRoot(...stores.map((name) => ({ provide: TOKENS[name], open: () => openReadStore(name, settings) })));
  }
}
