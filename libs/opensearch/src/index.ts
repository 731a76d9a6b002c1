// Public surface of @mainstem/opensearch: read models and full-text search in OpenSearch.
export * from './errors.js';
export type { OpenSearchLocation } from './opensearch-location.js';
export { type OpenSearchOptions, OpenSearchReadStore } from './opensearch-read-store.js';
