// Public surface of @mainstem/redis: read models in Redis.
export * from './errors.js';
export { RedisReadStore, type RedisReadStoreOptions } from './redis-read-store.js';
export { type RedisLocation, redisTargetOf } from './redis-target.js';
