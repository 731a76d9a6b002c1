// The contracts of a read store and of a cache, for every Redis that a suite brings.
import { cacheContract, readStoreContract, registerContract, type ContractOrder } from '@mainstem/testing';
import { describe, it } from 'vitest';
import type { RedisFixture } from './redis-fixtures.js';

const boards = ({ lines, country }: ContractOrder) => [{ board: `lines:${country}`, score: lines }];

/** `name` names the suites; `create` is called by every case. */
export const registerRedisContracts = (name: string, create: () => RedisFixture): void => {
  const contracts = [
    readStoreContract({
      name,
      create: async () => {
        const fixture = create();
        const store = await fixture.open({ 'contract-orders': { boards } });
        return { store, readDocument: async (collection, key) => (await store.get(collection, key)).value, dispose: fixture.remove };
      },
    }),
    cacheContract({
      name,
      create: async (runtime) => {
        const fixture = create();
        return { open: (collections) => fixture.open(collections, runtime), dispose: fixture.remove };
      },
    }),
  ];
  for (const contract of contracts) registerContract(contract, { describe, it });
};
