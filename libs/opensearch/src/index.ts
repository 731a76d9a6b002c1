// For applications: read models and full-text search in OpenSearch and Elasticsearch. Doors: /settings, /errors.

// Open it.
export type { OpenSearchLocation } from './server/opensearch-target.js';
export { OpenSearchReadStore, type OpenSearchOptions } from './opensearch-read-store.js';
