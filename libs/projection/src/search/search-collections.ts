// What a full-text index makes searchable of a document.
import { InvalidProjection } from '../definition/errors.js';
import { InvalidDocument } from '../read-store/errors.js';
import type { ProjectionDocument } from '../read-store/read-store.js';
import { WORDS_VERSION, wordsIn } from './words.js';

export interface SearchCollectionOptions {
  /** Fields that hold a string, an array of strings, or nothing. */
  readonly text: readonly string[];
  /** The weight of a word in this field for the ranking, above 0; default 1. */
  readonly weights?: Readonly<Record<string, number>>;
  /**
   * Fields by whose exact values a search may be filtered; of letters, digits, dashes and underscores. Content like in
   * text fields.
   */
  readonly filters?: readonly string[];
}

/** By collection name. Other collections are stored but cannot be searched. */
export type SearchCollections = Readonly<Record<string, SearchCollectionOptions>>;

/** As stored with a collection, so that a querying process needs no options. */
export interface SearchDeclaration {
  readonly wordsVersion: number;
  readonly text: readonly string[];
  /** One for each field of `text`. */
  readonly weights: readonly number[];
  readonly filters: readonly string[];
}

/** Errors: PROJECTION_INVALID_DEFINITION. */
export const encodeDeclaration = (collection: string, { text, weights = {}, filters = [] }: SearchCollectionOptions = { text: [] }): string => {
  const problem = problemOf({ text, weights, filters });
  if (problem) throw new InvalidProjection(collection, problem);
  const declaration: SearchDeclaration = { wordsVersion: WORDS_VERSION, text, weights: text.map((field) => weights[field] ?? 1), filters };
  return JSON.stringify(declaration);
};

/** A declaration from before there were filters has none. */
export const decodeDeclaration = (declaration: string): SearchDeclaration => ({
  filters: [],
  ...(JSON.parse(declaration) as Omit<SearchDeclaration, 'filters'>),
});

/** True if the words indexed for one serve the other: weights count only in queries. */
export const haveSameIndex = (left: SearchDeclaration, right: SearchDeclaration): boolean =>
  left.wordsVersion === right.wordsVersion && JSON.stringify(left.text) === JSON.stringify(right.text);

/** The texts of a field, in order. Errors: READ_STORE_INVALID_DOCUMENT. */
export const textsOf = (collection: string, key: string, document: ProjectionDocument, field: string): readonly string[] => {
  const value: unknown = (document as Readonly<Record<string, unknown>>)[field];
  if (typeof value === 'string') return [value];
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((member) => typeof member === 'string')) return value;
  throw new InvalidDocument(collection, key, `its field ${field} must hold a string or an array of strings`);
};

/** The words of each field, separated by blanks. Errors: READ_STORE_INVALID_DOCUMENT. */
export const fieldWords = (collection: string, key: string, document: ProjectionDocument, fields: readonly string[]): string[] =>
  fields.map((field) => textsOf(collection, key, document, field).flatMap(wordsIn).join(' '));

/** With this number a query of 32 words stays within the servers' limit of 1,024 conditions. */
const FIELDS_MAX = 24;
const FILTER_NAME = /^[\w-]+$/u;

const problemOf = ({ text, weights = {}, filters = [] }: SearchCollectionOptions): string | undefined => {
  if (text.length > FIELDS_MAX) return `at most ${FIELDS_MAX} fields can be searched`;
  if (new Set(text).size < text.length) return 'a text field is named twice';
  if (filters.length > FIELDS_MAX) return `it can be filtered by at most ${FIELDS_MAX} fields`;
  if (new Set(filters).size < filters.length) return 'a filter is named twice';
  const odd = filters.find((field) => !FILTER_NAME.test(field));
  if (odd !== undefined) return `a filter must be named by letters, digits, dashes and underscores, not ${odd}`;
  const stray = Object.keys(weights).find((field) => !text.includes(field));
  if (stray !== undefined) return `there is a weight for ${stray}, which is no text field`;
  const bad = Object.entries(weights).find(([, weight]) => !(Number.isFinite(weight) && weight > 0));
  return bad && `the weight of ${bad[0]} must be a number above 0`;
};
