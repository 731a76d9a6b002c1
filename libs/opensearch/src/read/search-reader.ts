// Answers queries from the serving generation, found through its alias.
import { position as toPosition, type Position } from '@mainstem/event-store';
import type { SearchQueries, SearchRequest } from '@mainstem/projection';
import {
  decodeCursor,
  decodeDeclaration,
  encodeCursor,
  highlight,
  parseFilters,
  parseRequest,
  partitionsOf,
  ReadStoreUnavailable,
  scopeOf,
  textsOf,
  type SearchItem,
  type SearchResult,
  type SearchWords,
} from '@mainstem/projection/adapter';
import type { GenerationRecords, StoredIndex } from '../bookkeeping/generation-records.js';
import { documentId, hashOf, servingAlias } from '../layout/names.js';
import type { OpenSearchConnection } from '../server/opensearch-connection.js';
import { searchBody, type SearchPlan } from './search-body.js';

/** How often a promotion may come in between. */
const ATTEMPTS_MAX = 5;

interface ServedCollection extends Pick<SearchPlan, 'collection'> {
  readonly alias: string;
  /** The target of the alias when it was looked up. */
  readonly index: string;
  readonly hasState: boolean;
  /** Parts of its generation. */
  readonly partitions: number;
}

interface Hit {
  readonly _index: string;
  readonly _score: number;
  readonly _source: { readonly key: string; readonly document: object };
  readonly sort: readonly [score: number, key: string];
}

interface StateHit {
  readonly _index: string;
  readonly _source: { readonly position: string | null };
}

interface SearchAnswer {
  readonly timed_out: boolean;
  readonly hits: { readonly total: { readonly value: number }; readonly hits: readonly Hit[] };
  readonly aggregations?: { readonly all: { readonly states: { readonly found: { readonly hits: { readonly hits: readonly StateHit[] } } } } };
}

interface GetAnswer {
  readonly _index?: string;
  readonly found?: boolean;
  readonly _source?: { readonly kind: string; readonly document: object };
}

/** What an answer needs besides the server's answer. */
interface Asked {
  readonly served: ServedCollection;
  readonly words: SearchWords;
  readonly limit: number;
  readonly scope: string;
}

export class SearchReader implements SearchQueries {
  /** By collection, as last found; every answer shows whether it still holds. */
  #served: ReadonlyMap<string, ServedCollection> = new Map();

  constructor(
    private readonly connection: OpenSearchConnection,
    private readonly generations: GenerationRecords,
  ) {}

  async get<Document extends object>(collection: string, key: string): Promise<Document | undefined> {
    return this.#ofServing<Document | undefined>(collection, undefined, async ({ alias, index, hasState }) => {
      const path = `/${alias}/_doc/${encodeURIComponent(documentId(collection, key))}`;
      const { body } = await this.connection.request<GetAnswer>({ method: 'GET', path, expected: [404] });
      if (body._index !== index) return undefined;
      return { value: body._source?.kind === 'document' ? shown<Document>(body._source.document, hasState) : undefined };
    });
  }

  async search<Document extends object>(collection: string, request: SearchRequest): Promise<SearchResult<Document>> {
    const words = parseRequest(request);
    const nothing: SearchResult<Document> = { total: 0, items: [], next: undefined, position: undefined };
    return this.#ofServing(collection, nothing, async (served) => {
      const filters = parseFilters(request, served.collection.declaration);
      const scope = scopeOf(collection, words, filters);
      const after = request.cursor === undefined ? undefined : decodeCursor(request.cursor, scope);
      // One more than asked for shows whether there is a next page.
      const body = searchBody({ collection: served.collection, words, filters, size: request.limit + 1, after });
      const answer = await this.#ask(served, body);
      return answer && { value: resultOf<Document>(answer, { served, words, limit: request.limit, scope }) };
    });
  }

  /** Asks until the answer comes from the expected index; `ask` returns undefined otherwise. */
  async #ofServing<Value>(
    collection: string,
    nothing: Value,
    ask: (served: ServedCollection) => Promise<{ value: Value } | undefined>,
  ): Promise<Value> {
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const served = this.#served.get(collection) ?? (await this.#look()).get(collection);
      if (!served) return nothing;
      const answer = await ask(served);
      if (answer) return answer.value;
      this.#served = new Map();
    }
    throw new ReadStoreUnavailable(this.connection.store, `the index of ${collection} keeps being replaced`);
  }

  /** Undefined if the alias points at another index by now, or at none. */
  async #ask({ alias, index }: ServedCollection, body: string): Promise<SearchAnswer | undefined> {
    // One copy of the index answers all pages of a search: copies may rank a little differently.
    const query = { preference: preferenceOf(body) };
    const answer = await this.connection.request<SearchAnswer>({ method: 'POST', path: `/${alias}/_search`, query, body, expected: [404] });
    if (answer.status === 404) return undefined;
    if (answer.body.timed_out)
      throw new ReadStoreUnavailable(this.connection.store, 'the search took too long; ask for rarer words or fewer documents');
    const seen = statesIn(answer.body)[0]?._index ?? answer.body.hits.hits[0]?._index ?? index;
    return seen === index ? answer.body : undefined;
  }

  async #look(): Promise<ReadonlyMap<string, ServedCollection>> {
    const serving = (await this.generations.entries()).filter(({ isServing }) => isServing);
    this.#served = new Map(serving.flatMap((entry) => this.#collectionsOf(entry)));
    return this.#served;
  }

  #collectionsOf({ index, meta }: StoredIndex): readonly (readonly [string, ServedCollection])[] {
    const alias = servingAlias(this.generations.prefix, meta.projection);
    return meta.collections.map(({ name, hasState, declaration }, place) => [
      name,
      { alias, index, hasState, partitions: partitionsOf(meta).length, collection: { name, place, declaration: decodeDeclaration(declaration) } },
    ]);
  }
}

const statesIn = ({ aggregations }: SearchAnswer): readonly StateHit[] => aggregations?.all.states.found.hits.hits ?? [];

/** The checkpoint of the part that is furthest behind: all parts hold everything up to it. */
const positionIn = (answer: SearchAnswer, partitions: number): Position | undefined => {
  const positions = statesIn(answer).flatMap(({ _source }) => (_source.position === null ? [] : [toPosition(_source.position)]));
  return positions.length < partitions ? undefined : positions.reduce((least, one) => (one < least ? one : least));
};

/** The same for all pages of a search, which differ only in where they continue. */
const preferenceOf = (body: string): string => {
  const { query } = JSON.parse(body) as { readonly query: object };
  return `mainstem-${hashOf(JSON.stringify(query)).slice(0, 16)}`;
};

const resultOf = <Document extends object>(answer: SearchAnswer, { served, words, limit, scope }: Asked): SearchResult<Document> => {
  const { hits, total } = answer.hits;
  const page = hits.slice(0, limit);
  const last = hits.length > page.length ? page.at(-1) : undefined;
  return {
    total: total.value,
    items: page.map((hit) => itemOf<Document>(hit, served, words)),
    next: last && encodeCursor({ rank: last.sort[0], key: last.sort[1] }, scope),
    position: positionIn(answer, served.partitions),
  };
};

const itemOf = <Document extends object>(
  { _score, _source }: Hit,
  { collection, hasState }: ServedCollection,
  words: SearchWords,
): SearchItem<Document> => {
  const { key } = _source;
  const document = shown<Document>(_source.document, hasState);
  const texts = collection.declaration.text.flatMap((field) => textsOf(collection.name, key, document, field));
  return { key, document, highlight: highlight(texts, words), score: _score };
};

/** Without the engine's bookkeeping. */
const shown = <Document extends object>(stored: object, hasState: boolean): Document => {
  if (!hasState) return stored as Document;
  const { $state: _, ...document } = stored as Document & { readonly $state?: unknown };
  return document as unknown as Document;
};
