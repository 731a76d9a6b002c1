// For programs that write files, such as the command line: from the files that are there to the files afterwards.

// Make an application.
export { newApplication } from './new-application.js';
export { CACHE_STORES, EVENT_STORES, SEARCH_STORES, SQL_STORES, assertApplicationName } from './request/application-model.js';
export type { ApplicationModel, PackageSources } from './request/application-model.js';
export { ownPackages } from './templates/packages.js';

// Add to it.
export { addAggregate } from './add-aggregate.js';
export type { AggregateRequest } from './request/aggregate-model.js';
export { addProjection } from './add-projection.js';
export { STORES, type ProjectionRequest, type StoreName } from './request/projection-model.js';

// Compare files.
export { unifiedDiff } from './diff.js';
export { changesOf, type Files } from './files.js';
