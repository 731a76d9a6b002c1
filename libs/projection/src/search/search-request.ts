// Turns a user's text into words and filters, without any special meaning of that text.
import { InvalidSearchQuery } from './errors.js';
import type { SearchDeclaration } from './search-collections.js';
import { wordsIn } from './words.js';

/** By field: values of which a document must have at least one. */
export type SearchFilters = Readonly<Record<string, string | readonly string[]>>;

export interface SearchRequest {
  /** Free text, at most 512 characters and 32 different words. A document must have them all, in any of its fields. */
  readonly query: string;
  /** Documents a page, 1 to 1,000. */
  readonly limit: number;
  /** `next` of the former page. */
  readonly cursor?: string | undefined;
  /** True: the last word may be the beginning of a word: search as you type. Default false. */
  readonly isPrefix?: boolean | undefined;
  /** Declared filter fields, at most 8, each with at most 100 values; a document must match all of them. */
  readonly filters?: SearchFilters | undefined;
}

/** The words of the query: in lower case, each once. */
export interface SearchWords {
  /** Whole words. */
  readonly whole: readonly string[];
  /** The beginning of a word. */
  readonly prefix: string | undefined;
}

/** A field, and values of which a document must have one. */
export interface SearchFilter {
  readonly field: string;
  readonly values: readonly string[];
}

export const SEARCH_LIMIT_MAX = 1_000;
export const SEARCH_WORDS_MAX = 32;
export const SEARCH_FILTERS_MAX = 8;
/** For a query, and for the value of a filter, in UTF-16 units. */
export const SEARCH_LENGTH_MAX = 512;
const FILTER_VALUES_MAX = 100;

/** Errors: SEARCH_INVALID_QUERY. */
export const parseRequest = ({ query, limit, isPrefix = false }: SearchRequest): SearchWords => {
  if (typeof query !== 'string') throw new InvalidSearchQuery('query', 'must be a string');
  if (query.length > SEARCH_LENGTH_MAX) {
    throw new InvalidSearchQuery('query', `must have at most ${SEARCH_LENGTH_MAX} characters, has ${query.length}`);
  }
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > SEARCH_LIMIT_MAX) {
    throw new InvalidSearchQuery('limit', `must be a whole number from 1 to ${SEARCH_LIMIT_MAX}`);
  }
  const words = wordsIn(query);
  const prefix = isPrefix ? words.pop() : undefined;
  const whole = [...new Set(words)];
  if (whole.length + (prefix === undefined ? 0 : 1) > SEARCH_WORDS_MAX)
    throw new InvalidSearchQuery('query', `must have at most ${SEARCH_WORDS_MAX} different words`);
  return { whole, prefix };
};

/** The filters of a request, in order of field. Errors: SEARCH_INVALID_QUERY, also for an undeclared filter. */
export const parseFilters = ({ filters = {} }: SearchRequest, declaration: Pick<SearchDeclaration, 'filters'>): readonly SearchFilter[] => {
  const fields = Object.keys(filters).sort();
  if (fields.length > SEARCH_FILTERS_MAX) throw new InvalidSearchQuery('filters', `must be at most ${SEARCH_FILTERS_MAX}`);
  return fields.map((field) => {
    if (!declaration.filters.includes(field)) throw new InvalidSearchQuery(`filters.${field}`, 'is no field to filter by');
    const given = filters[field];
    const values = typeof given === 'string' ? [given] : [...(given ?? [])];
    if (values.length > FILTER_VALUES_MAX) throw new InvalidSearchQuery(`filters.${field}`, `must have at most ${FILTER_VALUES_MAX} values`);
    if (!values.every((value) => typeof value === 'string' && value.length <= SEARCH_LENGTH_MAX)) {
      throw new InvalidSearchQuery(`filters.${field}`, `must hold strings of at most ${SEARCH_LENGTH_MAX} characters`);
    }
    return { field, values };
  });
};

/** Equal for two requests of one result: everything except limit and cursor. */
export const scopeOf = (collection: string, words: SearchWords, filters: readonly SearchFilter[]): string =>
  JSON.stringify([collection, words.whole, words.prefix ?? null, filters.map(({ field, values }) => [field, values])]);
