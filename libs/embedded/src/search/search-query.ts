// Turns what a user typed into words, and words into the index's query language, in which nothing the user typed has a meaning.
import { InvalidSearchQuery } from './errors.js';
import { wordsIn } from './words.js';

export interface SearchRequest {
  /** Free text, at most 512 characters and 32 different words. A document must have all words, as whole words, in any of its fields. */
  readonly query: string;
  /** Documents a page, 1 to 1,000. */
  readonly limit: number;
  /** `next` of the page before. */
  readonly cursor?: string | undefined;
  /** The last word may be the beginning of a word: search as you type. Default false. */
  readonly isPrefix?: boolean | undefined;
}

/** The words asked for: in lower case, each once. */
export interface SearchWords {
  /** Whole words. */
  readonly whole: readonly string[];
  /** Beginning of a word. */
  readonly prefix: string | undefined;
}

export const SEARCH_LIMIT_MAX = 1_000;
const QUERY_LENGTH_MAX = 512;
const WORDS_MAX = 32;

/** Errors: SEARCH_INVALID_QUERY. */
export const parseRequest = ({ query, limit, isPrefix = false }: SearchRequest): SearchWords => {
  if (typeof query !== 'string') throw new InvalidSearchQuery('query', 'must be a string');
  if (query.length > QUERY_LENGTH_MAX) throw new InvalidSearchQuery('query', `must have at most ${QUERY_LENGTH_MAX} characters, has ${query.length}`);
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > SEARCH_LIMIT_MAX) {
    throw new InvalidSearchQuery('limit', `must be a whole number from 1 to ${SEARCH_LIMIT_MAX}`);
  }
  const words = wordsIn(query);
  const prefix = isPrefix ? words.pop() : undefined;
  const whole = [...new Set(words)];
  if (whole.length + (prefix === undefined ? 0 : 1) > WORDS_MAX)
    throw new InvalidSearchQuery('query', `must have at most ${WORDS_MAX} different words`);
  return { whole, prefix };
};

/** The words in the language of FTS5, all of them required; undefined if there is none. Words hold letters, digits and marks alone. */
export const matchExpression = ({ whole, prefix }: SearchWords): string | undefined => {
  const terms = whole.map((word) => `"${word}"`);
  if (prefix !== undefined) terms.push(`"${prefix}"*`);
  return terms.length === 0 ? undefined : terms.join(' AND ');
};
