// Public surface of @mainstem/embedded: stores kept in SQLite files, no server needed.
export * from './errors.js';
export * from './event-store/embedded-event-store.js';
export { type BoardEntry, type CacheCollectionOptions, type CacheCollections } from './cache/cache-options.js';
export { type CacheView, type Place, type PlaceCursor, TOP_LIMIT_MAX } from './cache/cache-view.js';
export { type CacheAnswer, type EmbeddedCacheOptions, EmbeddedCacheStore } from './cache/embedded-cache-store.js';
export * from './cache/errors.js';
export { type EmbeddedSearchOptions, EmbeddedSearchStore, type SearchItem, type SearchResult } from './search/embedded-search-store.js';
export * from './search/errors.js';
export { type SearchCollectionOptions, type SearchCollections } from './search/search-options.js';
export { SEARCH_LIMIT_MAX, type SearchRequest } from './search/search-query.js';
