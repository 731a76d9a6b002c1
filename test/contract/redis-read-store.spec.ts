// The Redis read store keeps the contracts of a read store and of a cache.
import { describe } from 'vitest';
import { registerRedisContracts } from './redis-contracts.js';
import { redisFixture, redisUrl } from './redis-fixtures.js';

describe.skipIf(redisUrl === undefined)('on the server of the tests', () => {
  registerRedisContracts('redis', () => redisFixture(redisUrl ?? ''));
});
