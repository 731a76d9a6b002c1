// Opens the read stores that the settings name: one for each way of asking.
import { cacheCollections } from '#apps/cache-projector/src/cache-projections.js';
import { searchCollections } from '#apps/search-projector/src/search-projections.js';
import { sqlEntities } from '#apps/sql-projector/src/sql-projections.js';
import type { Settings } from '#src/settings.js';
import { EmbeddedCacheStore, EmbeddedSearchStore } from '@mainstem/embedded';
import { ReadStoreModule } from '@mainstem/nest';
import type { ReadStore } from '@mainstem/projection';
import { SqlReadStore } from '@mainstem/sql';
import type { DynamicModule } from '@nestjs/common';

/** Injection tokens. */
export const CACHE = Symbol('cache');
export const SEARCH = Symbol('search');
export const TOKENS = { sql: SqlReadStore, cache: CACHE, search: SEARCH } as const;
export type StoreName = keyof typeof TOKENS;

/** `mustExist`: refuse an embedded store that is not there, in place of making one. */
type Open = (settings: Settings, mustExist?: boolean) => Promise<ReadStore>;

const openSql: Open = ({ dir, readStoreSql }, mustExist = false) =>
  SqlReadStore.open(readStoreSql === 'embedded' ? { dir, mustExist } : readStoreSql, { entities: sqlEntities });

const openCache: Open = ({ dir }, mustExist = false) => EmbeddedCacheStore.open({ dir, mustExist, collections: cacheCollections });

const openSearch: Open = ({ dir }, mustExist = false) => EmbeddedSearchStore.open({ dir, mustExist, collections: searchCollections });

export const OPEN: Readonly<Record<StoreName, Open>> = { sql: openSql, cache: openCache, search: openSearch };

/** Global: provides each store by its token. */
export const openReadStores = (settings: Settings, stores: readonly StoreName[]): DynamicModule =>
  ReadStoreModule.forRoot(...stores.map((name) => ({ provide: TOKENS[name], open: () => OPEN[name](settings) })));
