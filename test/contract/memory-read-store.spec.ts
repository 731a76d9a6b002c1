// The in-memory read store keeps the read store contract.
import { MemoryReadStore, type MemoryTransaction, readStoreContract, registerContract } from '@mainstem/testing';
import { describe, it } from 'vitest';

registerContract(
  readStoreContract<MemoryTransaction>({
    name: 'in memory',
    create: async () => {
      const store = new MemoryReadStore();
      return { store, readDocument: async (collection, key) => store.documents(collection).get(key), dispose: () => store.close() };
    },
    transaction: {
      find: async (transaction, collection, key) => (await transaction.find(collection, [key])).get(key),
      upsert: (transaction, collection, key, document) => transaction.upsert(collection, new Map([[key, document]])),
    },
  }),
  { describe, it },
);
