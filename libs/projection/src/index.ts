// For authors of projections and queries. Doors: /operate (rebuild, verify, status), /reaction (effects), /adapter
// (read stores). For tests: @mainstem/testing.

// Define a projection.
export { documentProjection, type DocumentProjection, type DocumentProjectionOptions } from './definition/document-projection.js';
export { handlerProjection, type HandlerProjection, type HandlerProjectionOptions } from './definition/handler-projection.js';
export type { AnyProjection, HostedProjection, RebuildPolicy } from './definition/hosted-projection.js';
export { count, decimalSum, max, min, sum, type Measure } from './definition/measures.js';
export type { Evolve, On } from './definition/on.js';
export { partitioned, PARTITIONS_MAX } from './definition/partitioned.js';
export type { RecoveryPolicy } from './definition/recovery-policy.js';
export { rollUp, type RollUp, type RollUpOptions } from './definition/roll-up.js';

// Say how a store keeps it.
export type { BoardEntry, CacheCollectionOptions, CacheCollections } from './cache/cache-collections.js';
export type { DocumentClass, ReadStore } from './read-store/read-store.js';
export type { SearchCollectionOptions, SearchCollections } from './search/search-collections.js';

// Run it.
export type { LeaseOptions } from './run/lease-keeper.js';
export type { ProjectionStatus } from './run/projection-status.js';
export { Projector, type ProjectorOptions } from './run/projector.js';

// Ask it.
export type { CacheQueries } from './cache/cache-queries.js';
export { waitForPosition, type WaitForPositionOptions } from './run/wait-for-position.js';
export type { SearchQueries } from './search/search-queries.js';
export type { SearchRequest } from './search/search-request.js';
