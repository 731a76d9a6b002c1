// Where the read models live: one store for each way of asking.
import type { EventStoreSettings } from '#src/event-store/event-store-settings.js';
import type { ReadStoreSettings } from './read-store-settings.js';

/** Injection tokens. */
export const SQL_READ_STORE = Symbol('sql read store');
export const CACHE_READ_STORE = Symbol('cache read store');
export const SEARCH_READ_STORE = Symbol('search read store');

export const TOKENS = { sql: SQL_READ_STORE, cache: CACHE_READ_STORE, search: SEARCH_READ_STORE } as const;
export type StoreName = keyof typeof TOKENS;

/** The folder of the embedded stores, and which of the stores are elsewhere. */
export type ReadStorePlaces = Pick<EventStoreSettings, 'dir'> & ReadStoreSettings;

/** The stores that a process needs, and their locations. */
export interface ReadStoresOptions {
  readonly settings: ReadStorePlaces;
  readonly stores: readonly StoreName[];
}
