// The embedded cache and the embedded full-text index keep the read store contract.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedCacheStore, EmbeddedSearchStore } from '@mainstem/embedded';
import { type ContractOrder, readStoreContract, registerContract } from '@mainstem/testing';
import { describe, it } from 'vitest';

const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'mainstem-contract-'));

const removal = (store: { close(): Promise<void> }, dir: string) => async (): Promise<void> => {
  await store.close();
  await rm(dir, { recursive: true });
};

const cache = readStoreContract({
  name: 'embedded cache',
  create: async () => {
    const dir = await newFolder();
    const boards = ({ lines, country }: ContractOrder) => [{ board: `lines:${country}`, score: lines }];
    const store = await EmbeddedCacheStore.open({ dir, collections: { 'contract-orders': { boards } } });
    const readDocument = async (collection: string, key: string) => (await store.get(collection, key)).value;
    return { store, readDocument, dispose: removal(store, dir) };
  },
});

const search = readStoreContract({
  name: 'embedded full-text index',
  create: async () => {
    const dir = await newFolder();
    const store = await EmbeddedSearchStore.open({ dir, collections: { 'contract-orders': { text: ['country', 'customer'] } } });
    return { store, readDocument: (collection, key) => store.get(collection, key), dispose: removal(store, dir) };
  },
});

for (const suite of [cache, search]) registerContract(suite, { describe, it });
