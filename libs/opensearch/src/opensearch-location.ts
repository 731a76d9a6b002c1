// Where on which server of OpenSearch or Elasticsearch, from the application's settings.

/** The URL may hold a password. */
export interface OpenSearchLocation {
  /** `http(s)://user:password@host:9200`; several nodes share one address. */
  readonly url: string;
  /** The beginning of every index and alias: lower-case letters, digits and underscores. Default `mainstem`. */
  readonly prefix?: string;
  /** Copies of each index on other nodes. Default 1; a cluster of one node keeps none. */
  readonly replicas?: number;
}
