// The differences between OpenSearch and Elasticsearch in what is used here.
import { UnsupportedSearchServer } from '../errors.js';

/** Paths of points in time, which have different names in the two products. */
export interface Flavour {
  readonly product: string;
  openPointInTime(index: string): string;
  readonly pointInTimeId: 'pit_id' | 'id';
  readonly closePointInTime: string;
  closeBody(id: string): string;
}

const OPENSEARCH: Omit<Flavour, 'product'> = {
  openPointInTime: (index) => `/${index}/_search/point_in_time`,
  pointInTimeId: 'pit_id',
  closePointInTime: '/_search/point_in_time',
  closeBody: (id) => JSON.stringify({ pit_id: [id] }),
};

const ELASTICSEARCH: Omit<Flavour, 'product'> = {
  openPointInTime: (index) => `/${index}/_pit`,
  pointInTimeId: 'id',
  closePointInTime: '/_pit',
  closeBody: (id) => JSON.stringify({ id }),
};

/** From the answer to `GET /`. Errors: READ_STORE_UNSUPPORTED_SERVER. */
export const flavourOf = (answer: unknown): Flavour => {
  const version = (answer as { readonly version?: { readonly number?: unknown; readonly distribution?: unknown } } | null)?.version;
  if (typeof version?.number !== 'string') throw new UnsupportedSearchServer('(unknown)', 'it does not say which product it is.');
  const isOpenSearch = version.distribution === 'opensearch';
  const product = `${isOpenSearch ? 'OpenSearch' : 'Elasticsearch'} ${version.number}`;
  const [major = 0, minor = 0] = version.number.split('.').map(Number);
  const isNewEnough = isOpenSearch ? major > 2 || (major === 2 && minor >= 4) : major >= 8;
  if (!isNewEnough) throw new UnsupportedSearchServer(product, 'it is too old.');
  return { product, ...(isOpenSearch ? OPENSEARCH : ELASTICSEARCH) };
};
