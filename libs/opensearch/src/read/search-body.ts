// A search in the server's form. The user's text occurs only as values of conditions.
import { PARTITIONS_MAX } from '@mainstem/projection';
import type { SearchCursor, SearchDeclaration, SearchFilter, SearchWords } from '@mainstem/projection/adapter';
import { fieldName } from '../layout/index-definition.js';

export interface SearchPlan {
  /** Place and declaration of the collection in its generation. */
  readonly collection: { readonly name: string; readonly place: number; readonly declaration: SearchDeclaration };
  readonly words: SearchWords;
  readonly filters: readonly SearchFilter[];
  readonly size: number;
  readonly after: SearchCursor | undefined;
}

const TIMEOUT = '5s';

/** Best first, then by key; with the checkpoints of the same state. */
export const searchBody = ({ collection, words, filters, size, after }: SearchPlan): string => {
  const { name, place, declaration } = collection;
  const narrowed = filters.map(({ field, values }) => ({ terms: { [`filters.${fieldName(place, declaration.filters.indexOf(field))}`]: values } }));
  return JSON.stringify({
    size,
    timeout: TIMEOUT,
    track_total_hits: true,
    query: {
      bool: {
        filter: [{ term: { kind: 'document' } }, { term: { collection: name } }, ...narrowed],
        must: conditionsOf(collection, words),
      },
    },
    sort: [{ _score: 'desc' }, { key: 'asc' }],
    ...(after && { search_after: [after.rank, after.key] }),
    aggs: CHECKPOINTS,
  });
};

const STATES = { top_hits: { size: PARTITIONS_MAX, _source: ['position'] } };
const CHECKPOINTS = {
  all: { global: {}, aggs: { states: { filter: { term: { kind: 'state' } }, aggs: { found: STATES } } } },
};

/** The scores of the fields add up, each with its weight. */
const inAnyField = ({ place, declaration }: SearchPlan['collection'], condition: (field: string) => object): object => ({
  bool: {
    minimum_should_match: 1,
    should: declaration.text.map((_, field) => ({
      bool: { must: condition(`words.${fieldName(place, field)}`), boost: declaration.weights[field] ?? 1 },
    })),
  },
});

/** All words must match; without words nothing matches. */
const conditionsOf = (collection: SearchPlan['collection'], { whole, prefix }: SearchWords): readonly object[] => {
  const conditions = whole.map((word) => inAnyField(collection, (field) => ({ term: { [field]: { value: word } } })));
  if (prefix !== undefined) conditions.push(inAnyField(collection, (field) => ({ prefix: { [field]: { value: prefix } } })));
  return conditions.length > 0 && collection.declaration.text.length > 0 ? conditions : [{ match_none: {} }];
};
