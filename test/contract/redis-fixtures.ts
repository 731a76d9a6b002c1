// Redis for the suites of its read store: a prefix of their own on the server of the tests.
import { randomUUID } from 'node:crypto';
import type { Runtime } from '@mainstem/event-store';
import type { CacheCollections, DocumentClass } from '@mainstem/projection';
import type { ProjectionDescriptor } from '@mainstem/projection/adapter';
import { RedisReadStore } from '@mainstem/redis';
import { deleteKeys } from '../fixtures/redis-keys.js';

/** Of one document class; what its boards are is up to the store. */
export const scoresProjection: ProjectionDescriptor = {
  name: 'scores',
  version: 1,
  fingerprint: 'f',
  collections: [{ name: 'scores', document: Object as DocumentClass, hasState: false }],
};

/** Absent: no server was found, which CI refuses before any test. */
export const redisUrl = process.env['REDIS_URL'];

export interface RedisFixture {
  readonly prefix: string;
  /** As in READ_STORE_CACHE, with the prefix. */
  readonly url: string;
  readonly open: (collections?: CacheCollections, runtime?: Runtime) => Promise<RedisReadStore>;
  /** Closes the stores and deletes all keys of the prefix. */
  readonly remove: () => Promise<void>;
}

/** `server`: as in READ_STORE_CACHE, without parameters. `nodes`: where its keys lie, if not there. */
export const redisFixture = (server: string, nodes: readonly string[] = [server]): RedisFixture => {
  const prefix = `mainstem-test-${randomUUID()}:`;
  const url = `${server}?prefix=${prefix}`;
  const stores: RedisReadStore[] = [];
  return {
    prefix,
    url,
    open: async (collections = {}, runtime) => {
      const store = await RedisReadStore.open({ url }, { collections, ...(runtime && { runtime }) });
      stores.push(store);
      return store;
    },
    remove: async () => {
      for (const store of stores) await store.close();
      for (const node of nodes) await deleteKeys(node, prefix);
    },
  };
};
