// Public surface of @mainstem/embedded: stores kept in SQLite files, no server needed.
export * from './errors.js';
export * from './event-store/embedded-event-store.js';
export { type EmbeddedCacheOptions, EmbeddedCacheStore } from './cache/embedded-cache-store.js';
export { type EmbeddedSearchOptions, EmbeddedSearchStore, type SearchItem, type SearchResult } from './search/embedded-search-store.js';
export * from './search/errors.js';
export { type SearchCollectionOptions, type SearchCollections } from './search/search-options.js';
export { SEARCH_LIMIT_MAX, type SearchRequest } from './search/search-query.js';
