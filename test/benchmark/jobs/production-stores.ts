// Read models rebuilt into the stores of production, as `mainstem rebuild` does it.
import { cacheCollections } from '#apps/read-models/src/cache/cache-collections.js';
import { searchCollections } from '#apps/read-models/src/search/search-collections.js';
import { sqlEntities } from '#apps/read-models/src/sql/sql-entities.js';
import { hostedOnCache } from '#apps/cache-projector/src/cache-projections.js';
import { hostedOnSearch } from '#apps/search-projector/src/search-projections.js';
import { products } from '#apps/sql-projector/src/products.projection.js';
import { hostedOnSql } from '#apps/sql-projector/src/sql-projections.js';
import { OpenSearchReadStore } from '@mainstem/opensearch';
import type { SearchCollections } from '@mainstem/projection';
import { RedisReadStore } from '@mainstem/redis';
import { SqlReadStore } from '@mainstem/sql';
import type { Job } from '../job.js';
import { deleteIndices, indexPrefix, openSearchUrl } from '../opensearch-indices.js';
import { inSchema } from '../postgres-schema.js';
import { redisUrl, withPrefix } from '../redis-prefix.js';
import { closing, fill } from './rebuild.js';

const openRedis = (prefix: string): Promise<RedisReadStore> =>
  RedisReadStore.open({ url: `${redisUrl()}?prefix=${prefix}` }, { collections: cacheCollections });

export const cacheOnRedis: Job = (context) =>
  withPrefix(async (prefix) => {
    const store = await openRedis(prefix);
    return closing([store], () => fill(context, hostedOnCache(store)));
  });

const withOpenSearch = async <Result>(collections: SearchCollections, work: (store: OpenSearchReadStore) => Promise<Result>): Promise<Result> => {
  const prefix = indexPrefix();
  const store = await OpenSearchReadStore.open({ url: openSearchUrl(), prefix, replicas: 0 }, { collections });
  try {
    return await work(store);
  } finally {
    await store.close();
    await deleteIndices(openSearchUrl(), prefix);
  }
};

export const productsOnOpenSearch: Job = (context) =>
  withOpenSearch({ products: { text: ['description'] } }, (store) => fill(context, [{ projection: products, store }]));

/** All at once from one read. */
export const everywhere: Job = (context) =>
  inSchema(context.postgresUrl, (schema) =>
    withPrefix((prefix) =>
      withOpenSearch(searchCollections, async (search) => {
        const sql = await SqlReadStore.open({ url: context.postgresUrl, schema }, { entities: sqlEntities });
        const cache = await openRedis(prefix);
        return closing([sql, cache], () => fill(context, [...hostedOnSql(sql), ...hostedOnCache(cache), ...hostedOnSearch(search)]));
      }),
    ),
  );
