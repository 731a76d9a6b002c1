// Opens the read stores of a process; they are closed after its servers and its projector have stopped.
import { EmbeddedCacheStore, EmbeddedSearchStore } from '@mainstem/embedded';
import { ReadStoreModule } from '@mainstem/nest';
import { OpenSearchReadStore } from '@mainstem/opensearch';
import type { ReadStore } from '@mainstem/projection';
import { RedisReadStore } from '@mainstem/redis';
import { SqlReadStore } from '@mainstem/sql';
import { Module, type DynamicModule } from '@nestjs/common';
import { cacheCollections } from './cache/cache-collections.js';
import { TOKENS, type ReadStorePlaces, type ReadStoresOptions, type StoreName } from './read-stores.js';
import { searchCollections } from './search/search-collections.js';
import { sqlEntities } from './sql/sql-entities.js';

/** A missing store is refused instead of made: an embedded one by `mustExist`, on a server by `serverMustHaveIt`. */
type OpenedPlaces = ReadStorePlaces & { readonly mustExist?: boolean; readonly serverMustHaveIt?: boolean };

/** Global: provides the requested stores by their tokens. Needs `EventStoreModule`, whose store makes the folder. */
@Module({})
export class ReadStoresModule {
  static forRoot({ settings, stores }: ReadStoresOptions): DynamicModule {
    const options = stores.map((name) => ({ provide: TOKENS[name], open: () => OPENERS[name](settings) }));
    return { module: ReadStoresModule, imports: [ReadStoreModule.forRoot(...options)] };
  }
}

/** Opens one store for a process that is no Nest application; the caller closes it. */
export const openReadStore = (name: StoreName, settings: OpenedPlaces): Promise<ReadStore> => OPENERS[name](settings);

/** The SQL store with its queries. */
export const openSqlReadStore = ({ dir, mustExist = false, serverMustHaveIt = false, readStoreSql }: OpenedPlaces): Promise<SqlReadStore> =>
  SqlReadStore.open(readStoreSql === 'embedded' ? { dir, mustExist } : { ...readStoreSql, mustExist: serverMustHaveIt }, { entities: sqlEntities });

const openCacheReadStore = ({ dir, mustExist = false, readStoreCache }: OpenedPlaces): Promise<ReadStore> =>
  readStoreCache === 'embedded'
    ? EmbeddedCacheStore.open({ dir, mustExist, collections: cacheCollections })
    : RedisReadStore.open(readStoreCache, { collections: cacheCollections });

const openSearchReadStore = ({ dir, mustExist = false, readStoreSearch }: OpenedPlaces): Promise<ReadStore> =>
  readStoreSearch === 'embedded'
    ? EmbeddedSearchStore.open({ dir, mustExist, collections: searchCollections })
    : OpenSearchReadStore.open(readStoreSearch, { collections: searchCollections });

/** How each store is opened: from the settings alone. */
const OPENERS: Readonly<Record<StoreName, (settings: OpenedPlaces) => Promise<ReadStore>>> = {
  sql: openSqlReadStore,
  cache: openCacheReadStore,
  search: openSearchReadStore,
};
