// All jobs by name. Each is loaded when it runs, so that a ceiling does not carry the framework's memory.
import type { Job } from './job.js';

const write = () => import('./jobs/write.js');
const rebuild = () => import('./jobs/rebuild.js');
const productionStores = () => import('./jobs/production-stores.js');
const atRest = () => import('./jobs/at-rest.js');
const readModels = () => import('./ceilings/read-models.js');
const productionCeilings = () => import('./ceilings/production-stores.js');
const adapter = async () => (await import('./eventstoredb/ours.js')).adapterJobs;
const bareClient = async () => (await import('./eventstoredb/bare-client.js')).bareClientJobs;

export const jobs: Readonly<Record<string, () => Promise<Job>>> = {
  'commands-1': async () => (await write()).commandsOneByOne,
  'commands-1/ceiling': async () => (await import('./ceilings/commands.js')).commandsOneByOne,
  'commands-64': async () => (await write()).commandsBy64,
  'commands-64/ceiling': async () => (await import('./ceilings/commands.js')).commandsBy64,
  'commands-in-order': async () => (await write()).commandsInOrder,
  // The cost of order: the same commands without it.
  'commands-in-order/ceiling': async () => (await write()).commandsBy64,
  'commands-hot': async () => (await write()).commandsOnOneStream,
  'commands-hot/ceiling': async () => (await import('./ceilings/commands.js')).commandsOnOneStream,
  'commands-claims': async () => (await import('./jobs/claims.js')).namesClaimed,
  // What claims cost: the same commands without them.
  'commands-claims/ceiling': async () => (await import('./jobs/claims.js')).namesNotClaimed,
  reactors: async () => (await import('./jobs/reactors.js')).reactions,
  'reactors/ceiling': async () => (await import('./ceilings/reactors.js')).reactions,
  deadlines: async () => (await import('./jobs/deadlines.js')).deadlines,
  'deadlines/ceiling': async () => (await import('./ceilings/deadlines.js')).deadlines,
  'cold-100k': async () => (await import('./jobs/snapshots.js')).coldAt100k,
  'cold-1m': async () => (await import('./jobs/snapshots.js')).coldAt1m,
  import: async () => (await write()).importAlone,
  'import/ceiling': async () => (await import('./ceilings/import.js')).importAll,
  'import-live': async () => (await write()).importLive,
  read: async () => (await import('./jobs/read.js')).readAll,
  'read/ceiling': async () => (await import('./ceilings/read.js')).readAll,
  'summary-sqlite': async () => (await rebuild()).summaryOnSqlite,
  'summary-sqlite/ceiling': async () => (await import('./ceilings/summary.js')).summaryOnSqlite,
  'summary-postgres': async () => (await rebuild()).summaryOnPostgres,
  'summary-postgres/ceiling': async () => (await import('./ceilings/summary.js')).summaryOnPostgres,
  'sql-sqlite': async () => (await rebuild()).allSqlOnSqlite,
  'sql-sqlite/ceiling': async () => (await readModels()).allSqlOnSqlite,
  'sql-postgres': async () => (await rebuild()).allSqlOnPostgres,
  'sql-postgres/ceiling': async () => (await productionCeilings()).allSqlOnPostgres,
  cache: async () => (await rebuild()).allCache,
  'cache/ceiling': async () => (await readModels()).allCache,
  search: async () => (await rebuild()).allSearch,
  'search/ceiling': async () => (await readModels()).allSearch,
  'cache-redis': async () => (await productionStores()).cacheOnRedis,
  'cache-redis/ceiling': async () => (await productionCeilings()).cacheOnRedis,
  'products-opensearch': async () => (await productionStores()).productsOnOpenSearch,
  'products-opensearch/ceiling': async () => (await productionCeilings()).productsOnOpenSearch,
  everywhere: async () => (await productionStores()).everywhere,
  'everywhere/ceiling': async () => (await productionCeilings()).everywhere,
  everything: async () => (await rebuild()).everything,
  'everything/ceiling': async () => (await readModels()).everything,
  'rest-sqlite': async () => (await atRest()).restOnSqlite,
  'rest-postgres': async () => (await atRest()).restOnPostgres,
  'rest-redis': async () => (await atRest()).restOnRedis,
  'rest-opensearch': async () => (await atRest()).restOnOpenSearch,
  visibility: async () => (await import('./jobs/visibility.js')).visibility,
  'esdb-append-1': async () => (await adapter()).appendsOneByOne,
  'esdb-append-1/ceiling': async () => (await bareClient()).appendsOneByOne,
  'esdb-append-64': async () => (await adapter()).appendsBy64,
  'esdb-append-64/ceiling': async () => (await bareClient()).appendsBy64,
  'esdb-batch-200': async () => (await adapter()).batchesOf200,
  'esdb-batch-200/ceiling': async () => (await bareClient()).batchesOf200,
  'esdb-batch-1000': async () => (await adapter()).batchesOf1000,
  'esdb-batch-1000/ceiling': async () => (await bareClient()).batchesOf1000,
  'esdb-read': async () => (await adapter()).readAll,
  'esdb-read/ceiling': async () => (await bareClient()).readAll,
  'esdb-subscribe': async () => (await adapter()).subscription,
  'esdb-subscribe/ceiling': async () => (await bareClient()).subscription,
  'esdb-persistent': async () => (await import('./eventstoredb/persistent.js')).appendedAndAcknowledged,
  'esdb-load': async () => (await adapter()).loads,
  'esdb-load/ceiling': async () => (await bareClient()).loads,
  'esdb-end': async () => (await adapter()).ends,
  'esdb-end/ceiling': async () => (await bareClient()).ends,
  'esdb-rebuild': async () => (await adapter()).rebuild,
  'esdb-rebuild/ceiling': async () => (await bareClient()).rebuild,
};
