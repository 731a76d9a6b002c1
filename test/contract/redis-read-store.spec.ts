// The Redis read store keeps the contracts of a read store and of a cache.
import { cacheContract, readStoreContract, registerContract, type ContractOrder } from '@mainstem/testing';
import { describe, it } from 'vitest';
import { redisFixture, redisUrl } from './redis-fixtures.js';

const boards = ({ lines, country }: ContractOrder) => [{ board: `lines:${country}`, score: lines }];

describe.skipIf(redisUrl === undefined)('on the server of the tests', () => {
  const url = redisUrl ?? '';

  registerContract(
    readStoreContract({
      name: 'redis',
      create: async () => {
        const fixture = redisFixture(url);
        const store = await fixture.open({ 'contract-orders': { boards } });
        return { store, readDocument: async (collection, key) => (await store.get(collection, key)).value, dispose: fixture.remove };
      },
    }),
    { describe, it },
  );

  registerContract(
    cacheContract({
      name: 'redis',
      create: async (runtime) => {
        const fixture = redisFixture(url);
        return { open: (collections) => fixture.open(collections, runtime), dispose: fixture.remove };
      },
    }),
    { describe, it },
  );
});
