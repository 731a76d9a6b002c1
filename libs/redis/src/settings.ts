// Where the Redis read store can be.
import type { PlaceForm } from '@mainstem/event-store/settings';
import type { RedisLocation } from './server/redis-target.js';

const REDIS = /^rediss?(\+cluster|\+sentinel)?:\/\/[^/?]+/;

/** Redis, a cluster or what sentinels watch over. The URL may hold a password. */
export const redisForm: PlaceForm<RedisLocation> = {
  example: 'redis://user:password@host:6379/0',
  help:
    'Redis ≥ 6.2; `redis+cluster://host:port,host:port`, `redis+sentinel://host:port,host:port/name`; `rediss…` over TLS, ' +
    '`?tlsCAFile=/path/ca.pem` names its CA; `?prefix=name:`, default `mainstem:`',
  accepts: (text) => REDIS.test(text),
  parse: (url) => ({ url }),
};
