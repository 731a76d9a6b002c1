// Parked events as documents, ordered by position.
import {
  fromStorableText,
  isHashedKey,
  type ParkedEvent,
  fromStoredParked,
  type ParkedQuery,
  type StoredParkedEvent,
} from '@mainstem/projection/adapter';
import { parkedKeyHash } from '../layout/names.js';
import type { OpenSearchConnection } from '../server/opensearch-connection.js';
import { paddedPosition } from '../write/document-lines.js';

interface SearchAnswer {
  readonly hits: { readonly hits: readonly { readonly _source: { readonly document: StoredParkedEvent }; readonly sort: readonly unknown[] }[] };
}

interface KeysAnswer {
  readonly aggregations?: {
    readonly keys: {
      readonly after_key?: object;
      readonly buckets: readonly { readonly key: { readonly key: string }; readonly doc_count: number }[];
    };
  };
}

const PAGE = 1_000;

/** The parked events of the last commit. Errors: READ_STORE_UNAVAILABLE. */
export const listParked = async (connection: OpenSearchConnection, alias: string, query: ParkedQuery): Promise<readonly ParkedEvent[]> => {
  await connection.request({ method: 'POST', path: `/${alias}/_refresh` });
  return pagesOfParked(
    query,
    async (body) => (await connection.request<SearchAnswer>({ method: 'POST', path: `/${alias}/_search`, body: JSON.stringify(body) })).body,
  );
};

/** Searches either an index or a point in time. */
export const pagesOfParked = async (
  { key, after, limit }: ParkedQuery,
  search: (body: object) => Promise<unknown>,
): Promise<readonly ParkedEvent[]> => {
  const events: ParkedEvent[] = [];
  const filter = [
    { term: { kind: 'parked' } },
    ...(key === undefined ? [] : [{ term: { parkedKey: parkedKeyHash(key) } }]),
    ...(after === undefined ? [] : [{ range: { place: { gt: paddedPosition(after) } } }]),
  ];
  for (let last: readonly unknown[] | undefined; events.length < limit;) {
    const size = Math.min(PAGE, limit - events.length);
    const page = { size, query: { bool: { filter } }, sort: [{ place: 'asc' }, { key: 'asc' }], ...(last && { search_after: last }) };
    const { hits } = ((await search(page)) as SearchAnswer).hits;
    events.push(...hits.map(({ _source }) => fromStoredParked(_source.document)));
    if (hits.length < size) break;
    last = hits.at(-1)?.sort;
  }
  return events;
};

/** Errors: READ_STORE_UNAVAILABLE. */
export const parkedKeyCounts = async (connection: OpenSearchConnection, alias: string): Promise<ReadonlyMap<string, number>> => {
  await connection.request({ method: 'POST', path: `/${alias}/_refresh` });
  const counts = new Map<string, number>();
  for (let after: object | undefined, isFirst = true; isFirst || after; isFirst = false) {
    const keys = { composite: { size: PAGE, sources: [{ key: { terms: { field: 'key' } } }], ...(after && { after }) } };
    const request = JSON.stringify({ size: 0, query: { term: { kind: 'parked' } }, aggs: { keys } });
    const { body } = await connection.request<KeysAnswer>({ method: 'POST', path: `/${alias}/_search`, body: request });
    for (const { key, doc_count: count } of body.aggregations?.keys.buckets ?? []) {
      counts.set(isHashedKey(key.key) ? await wholeKey(connection, alias, key.key) : fromStorableText(key.key), count);
    }
    after = body.aggregations?.keys.after_key;
  }
  return counts;
};

/** For a key that is too long for the index. */
const wholeKey = async (connection: OpenSearchConnection, alias: string, indexed: string): Promise<string> => {
  const filter = [{ term: { kind: 'parked' } }, { term: { key: indexed } }];
  const body = JSON.stringify({ size: 1, query: { bool: { filter } }, sort: [{ place: 'asc' }] });
  const answer = await connection.request<SearchAnswer>({ method: 'POST', path: `/${alias}/_search`, body });
  const [hit] = answer.body.hits.hits;
  return hit ? fromStoredParked(hit._source.document).key : indexed;
};
