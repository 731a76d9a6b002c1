// Parked events as documents, ordered by position.
import { position as toPosition, revision as toRevision, type Position, type StreamName } from '@mainstem/event-store';
import { fromStorableText, isHashedKey, type ParkedEvent } from '@mainstem/projection/adapter';
import { parkedKeyHash } from '../layout/names.js';
import type { SearchServer } from '../server/search-server.js';
import { paddedPosition } from '../write/document-lines.js';

export interface ParkedSelection {
  readonly key?: string;
  /** Exclusive. */
  readonly after?: Position;
  readonly limit: number;
}

export type StoredParked = Omit<ParkedEvent, 'position' | 'revision'> & { readonly position: string; readonly revision: string };

interface SearchAnswer {
  readonly hits: { readonly hits: readonly { readonly _source: { readonly document: StoredParked }; readonly sort: readonly unknown[] }[] };
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
export const listParked = async (server: SearchServer, alias: string, selection: ParkedSelection): Promise<readonly ParkedEvent[]> => {
  await server.request({ method: 'POST', path: `/${alias}/_refresh` });
  return pagesOfParked(
    selection,
    async (body) => (await server.request<SearchAnswer>({ method: 'POST', path: `/${alias}/_search`, body: JSON.stringify(body) })).body,
  );
};

/** Searches either an index or a point in time. */
export const pagesOfParked = async (
  { key, after, limit }: ParkedSelection,
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
    events.push(...hits.map(({ _source }) => parkedEventOf(_source.document)));
    if (hits.length < size) break;
    last = hits.at(-1)?.sort;
  }
  return events;
};

/** Errors: READ_STORE_UNAVAILABLE. */
export const parkedKeyCounts = async (server: SearchServer, alias: string): Promise<ReadonlyMap<string, number>> => {
  await server.request({ method: 'POST', path: `/${alias}/_refresh` });
  const counts = new Map<string, number>();
  for (let after: object | undefined, isFirst = true; isFirst || after; isFirst = false) {
    const keys = { composite: { size: PAGE, sources: [{ key: { terms: { field: 'key' } } }], ...(after && { after }) } };
    const request = JSON.stringify({ size: 0, query: { term: { kind: 'parked' } }, aggs: { keys } });
    const { body } = await server.request<KeysAnswer>({ method: 'POST', path: `/${alias}/_search`, body: request });
    for (const { key, doc_count: count } of body.aggregations?.keys.buckets ?? []) {
      counts.set(isHashedKey(key.key) ? await wholeKey(server, alias, key.key) : fromStorableText(key.key), count);
    }
    after = body.aggregations?.keys.after_key;
  }
  return counts;
};

/** For a key that is too long for the index. */
const wholeKey = async (server: SearchServer, alias: string, indexed: string): Promise<string> => {
  const filter = [{ term: { kind: 'parked' } }, { term: { key: indexed } }];
  const body = JSON.stringify({ size: 1, query: { bool: { filter } }, sort: [{ place: 'asc' }] });
  const answer = await server.request<SearchAnswer>({ method: 'POST', path: `/${alias}/_search`, body });
  const [hit] = answer.body.hits.hits;
  return hit ? parkedEventOf(hit._source.document).key : indexed;
};

export const parkedEventOf = (stored: StoredParked): ParkedEvent => ({
  ...stored,
  key: fromStorableText(stored.key),
  error: fromStorableText(stored.error),
  type: fromStorableText(stored.type),
  stream: fromStorableText(stored.stream) as StreamName,
  position: toPosition(stored.position),
  revision: toRevision(stored.revision),
});
