// Ceilings of rebuilding into PostgreSQL, Redis and OpenSearch.
import { cacheProjections } from '#apps/cache-projector/src/cache-projections.js';
import { searchProjections } from '#apps/search-projector/src/search-projections.js';
import { products } from '#apps/sql-projector/src/products.projection.js';
import { sqlProjections } from '#apps/sql-projector/src/sql-projections.js';
import type { Job } from '../job.js';
import { filling } from './batch-target.js';
import { openSearchTarget } from './opensearch-target.js';
import { postgresTarget } from './postgres-target.js';
import { redisTarget } from './redis-target.js';

const BATCH_EVENTS = 20_000;
/** As many as a batch of ours has: larger ones would write fewer documents. */
const BATCH_EVENTS_SEARCH = 10_000;

export const allSqlOnPostgres: Job = filling(BATCH_EVENTS, async ({ postgresUrl }) => [
  { projections: sqlProjections, target: await postgresTarget(postgresUrl, sqlProjections) },
]);

export const cacheOnRedis: Job = filling(BATCH_EVENTS, async () => [{ projections: cacheProjections, target: await redisTarget() }]);

export const productsOnOpenSearch: Job = filling(BATCH_EVENTS_SEARCH, async () => [
  { projections: [products], target: await openSearchTarget({ products: { text: ['description'] } }) },
]);

/** All at once from one read. */
export const everywhere: Job = filling(BATCH_EVENTS_SEARCH, async ({ postgresUrl }) => [
  { projections: sqlProjections, target: await postgresTarget(postgresUrl, sqlProjections) },
  { projections: cacheProjections, target: await redisTarget() },
  { projections: searchProjections, target: await openSearchTarget() },
]);
