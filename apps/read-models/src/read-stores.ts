// Where the read models live: one store for each way of asking.
import type { Settings } from '@mainstem/nest';

/** Injection tokens. */
export const SQL_READ_STORE = Symbol('sql read store');
export const CACHE_READ_STORE = Symbol('cache read store');
export const SEARCH_READ_STORE = Symbol('search read store');

/** Which stores a process needs, and where they are. */
export interface ReadStoresOptions {
  readonly settings: Settings;
  readonly stores: readonly ('sql' | 'cache' | 'search')[];
}
