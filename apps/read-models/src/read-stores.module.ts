// Opens the read stores that a process needs, and closes them when its servers and its projector have stopped.
import { EmbeddedCacheStore, EmbeddedSearchStore } from '@mainstem/embedded';
import { EVENT_STORE } from '@mainstem/nest';
import type { ReadStore } from '@mainstem/projection';
import { SqlReadStore } from '@mainstem/sql';
import { Inject, Injectable, Module, type DynamicModule, type InjectionToken, type OnApplicationShutdown } from '@nestjs/common';
import { cacheCollections } from './cache/cache-collections.js';
import { CACHE_READ_STORE, SEARCH_READ_STORE, SQL_READ_STORE, type ReadStoresOptions } from './read-stores.js';
import { searchCollections } from './search/search-collections.js';
import { sqlEntities } from './sql/sql-entities.js';

type StoreName = ReadStoresOptions['stores'][number];
type Settings = ReadStoresOptions['settings'];

const OPENED = Symbol('opened read stores');

const OPENERS: Readonly<Record<StoreName, { readonly token: InjectionToken; readonly open: (settings: Settings) => Promise<ReadStore> }>> = {
  sql: {
    token: SQL_READ_STORE,
    open: ({ readStoreSql, dir }) => SqlReadStore.open(readStoreSql === 'embedded' ? { dir } : readStoreSql, { entities: sqlEntities }),
  },
  cache: { token: CACHE_READ_STORE, open: ({ dir }) => EmbeddedCacheStore.open({ dir, collections: cacheCollections }) },
  search: { token: SEARCH_READ_STORE, open: ({ dir }) => EmbeddedSearchStore.open({ dir, collections: searchCollections }) },
};

@Injectable()
class ReadStoresLifetime implements OnApplicationShutdown {
  constructor(@Inject(OPENED) private readonly stores: readonly ReadStore[]) {}

  async onApplicationShutdown(): Promise<void> {
    for (const store of this.stores) await store.close();
  }
}

/** Global: provides the stores asked for by their tokens. Needs `EventStoreModule`, whose store makes the folder. */
@Module({})
export class ReadStoresModule {
  static forRoot({ settings, stores }: ReadStoresOptions): DynamicModule {
    const tokens = stores.map((name) => OPENERS[name].token);
    return {
      module: ReadStoresModule,
      global: true,
      providers: [
        ...stores.map((name) => ({ provide: OPENERS[name].token, inject: [EVENT_STORE], useFactory: () => OPENERS[name].open(settings) })),
        { provide: OPENED, inject: tokens, useFactory: (...opened: ReadStore[]) => opened },
        ReadStoresLifetime,
      ],
      exports: tokens,
    };
  }
}
