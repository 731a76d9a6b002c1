// The read store contract and the search contract on an OpenSearch node.
import { type ContractOrder, readStoreContract, registerContract, searchContract } from '@mainstem/testing';
import { describe, it } from 'vitest';
import { changeBeside, freshPrefix, openStore, removeIndices } from './opensearch-nodes.js';

const CASE_TIMEOUT_MS = 300_000;

/**
 * `share`: every nth case of the read store contract, from the first one on. Neighbours are alike, so each kind runs.
 */
export const contractsOn = (name: string, url: () => string, { share = 1 } = {}): void => {
  const documents = readStoreContract({
    name: `opensearch ${name}`,
    create: async () => {
      const prefix = freshPrefix();
      const store = await openStore(url(), prefix, { collections: { 'contract-orders': { text: ['country', 'customer'] } } });
      const dispose = async (): Promise<void> => {
        await store.close();
        await removeIndices(url(), prefix);
      };
      return { store, readDocument: (collection, key) => store.get<ContractOrder>(collection, key), dispose };
    },
  });
  const search = searchContract({
    name: `opensearch ${name}`,
    create: async () => {
      const prefix = freshPrefix();
      return {
        open: (collections) => openStore(url(), prefix, { collections }),
        damageWords: (key) => changeBeside(url(), `${prefix}-products-g1`, `products/${key}`, { words: { '0_0': 'other' } }),
        dispose: () => removeIndices(url(), prefix),
      };
    },
  });
  // An index takes long to make and to delete where others need the machine, too.
  const patiently = (title: string, run: () => Promise<void>): void => it(title, run, CASE_TIMEOUT_MS);
  const shown = { ...documents, cases: documents.cases.filter((_, place) => place % share === 0) };
  for (const suite of [shown, search]) registerContract(suite, { describe, it: patiently });
};
