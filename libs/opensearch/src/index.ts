// Public surface of @mainstem/opensearch: read models in OpenSearch.
export {};
