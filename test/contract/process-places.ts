// Every read store, for what processes keep in them; a process opens one twice.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedCacheStore, EmbeddedSearchStore } from '@mainstem/embedded';
import type { DocumentClass, ReadStore } from '@mainstem/projection';
import { MemoryReadStore } from '@mainstem/testing';
import { freshPrefix, openStore, removeIndices, sharedNode } from './opensearch-nodes.js';
import { redisFixture, redisUrl } from './redis-fixtures.js';
import { sqlFixtures } from './sql-fixtures.js';

export interface Place {
  readonly open: () => Promise<ReadStore>;
  readonly remove: () => Promise<void>;
}
const folder = async (open: (dir: string) => Promise<ReadStore>): Promise<Place> => {
  const dir = await mkdtemp(join(tmpdir(), 'mainstem-processes-'));
  return { open: () => open(dir), remove: () => rm(dir, { recursive: true }) };
};
const inMemory = async (): Promise<Place> => {
  const store = new MemoryReadStore();
  store.close = async () => undefined;
  return { open: async () => store, remove: async () => undefined };
};
const url = await sharedNode();

/** Each found, by name. `entities` are those that a store in SQL needs. */
export const placesWith = async (entities: readonly DocumentClass[]): Promise<readonly (readonly [name: string, make: () => Promise<Place>])[]> => [
  ['memory', inMemory],
  ['the embedded cache', () => folder((dir) => EmbeddedCacheStore.open({ dir }))],
  ['the embedded full-text index', () => folder((dir) => EmbeddedSearchStore.open({ dir }))],
  ...(await sqlFixtures()).map(({ name, make }) => {
    const place = async (): Promise<Place> => {
      const { open, remove } = await make();
      return { open: () => open(entities), remove };
    };
    return [name, place] as const;
  }),
  ...(redisUrl === undefined ? [] : [['Redis', async () => redisFixture(redisUrl ?? '')] as const]),
  ...(url === undefined
    ? []
    : [
        [
          'OpenSearch',
          async () => ((prefix) => ({ open: () => openStore(url, prefix), remove: () => removeIndices(url, prefix) }))(freshPrefix()),
        ] as const,
      ]),
];
