// Public surface of @mainstem/embedded: stores kept in SQLite files, no server needed.
export * from './errors.js';
export * from './event-store/embedded-event-store.js';
export { type EmbeddedCacheOptions, EmbeddedCacheStore } from './cache/embedded-cache-store.js';
export { type EmbeddedSearchOptions, EmbeddedSearchStore } from './search/embedded-search-store.js';
