// The Redis read store, under a prefix of its own.
import { RedisReadStore } from '@mainstem/redis';
import { redisUrl } from '../../contract/redis-fixtures.js';
import { keysWith } from '../../fixtures/redis-keys.js';
import { RespClient } from '../../fixtures/resp-client.js';
import type { StorePlace, StoreUnderTest } from './store-under-test.js';
import type { Tally } from './told-documents.js';

const boards = ({ amount, mood }: Tally) => [{ board: `amount:${mood}`, score: amount }];
const url = redisUrl ?? 'redis://127.0.0.1:6379';
const prefixOf = ({ scope }: StorePlace): string => `${scope}:`;

export const store: StoreUnderTest = {
  open: (place) => RedisReadStore.open({ url: `${url}?prefix=${prefixOf(place)}` }, { collections: { tallies: { boards } } }),
  remove: async (place) => {
    const client = await RespClient.connect(url);
    try {
      for (const key of await keysWith(client, prefixOf(place))) await client.send(['UNLINK', key]);
    } finally {
      client.close();
    }
  },
  readTally: (opened, stream) => (opened as RedisReadStore).get<Tally>('tallies', stream),
  isThere: () =>
    RespClient.connect(url).then(
      (client) => (client.close(), true),
      () => false,
    ),
};
