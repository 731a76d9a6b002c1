// For applications: read models in Redis. Other doors: /settings and /errors.

// Open it.
export { RedisReadStore, type RedisReadStoreOptions } from './redis-read-store.js';
export type { RedisLocation } from './server/redis-target.js';
