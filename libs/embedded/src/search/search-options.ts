// What the embedded full-text index makes searchable of a document.
import { InvalidDocument, InvalidProjection, type ProjectionDocument } from '@mainstem/projection';
import { WORDS_VERSION, wordsIn } from './words.js';

export interface SearchCollectionOptions {
  /** Fields that hold a string, an array of strings, or nothing. */
  readonly text: readonly string[];
  /** How much a word in this field counts for the ranking, above 0; default 1. */
  readonly weights?: Readonly<Record<string, number>>;
}

/** By collection name. Collections that are not named here are stored but cannot be searched. */
export type SearchCollections = Readonly<Record<string, SearchCollectionOptions>>;

/** As stored with a collection, so that a process that only queries needs no options. */
export interface SearchDeclaration {
  readonly wordsVersion: number;
  readonly text: readonly string[];
  /** One for each field of `text`. */
  readonly weights: readonly number[];
}

/** Errors: PROJECTION_INVALID_DEFINITION. */
export const encodeDeclaration = (collection: string, { text, weights = {} }: SearchCollectionOptions = { text: [] }): string => {
  const problem = problemOf({ text, weights });
  if (problem) throw new InvalidProjection(collection, problem);
  const declaration: SearchDeclaration = { wordsVersion: WORDS_VERSION, text, weights: text.map((field) => weights[field] ?? 1) };
  return JSON.stringify(declaration);
};

export const decodeDeclaration = (declaration: string): SearchDeclaration => JSON.parse(declaration) as SearchDeclaration;

/** True if an index made for one serves the other: weights count only when a query runs. */
export const haveSameIndex = (left: SearchDeclaration, right: SearchDeclaration): boolean =>
  left.wordsVersion === right.wordsVersion && JSON.stringify(left.text) === JSON.stringify(right.text);

/** The texts of a field, in order. Errors: READ_STORE_INVALID_DOCUMENT. */
export const textsOf = (collection: string, key: string, document: ProjectionDocument, field: string): readonly string[] => {
  const value: unknown = (document as Readonly<Record<string, unknown>>)[field];
  if (typeof value === 'string') return [value];
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((member) => typeof member === 'string')) return value;
  throw new InvalidDocument(collection, key, `its text field ${field} must hold a string or an array of strings`);
};

/** The words of each field, separated by blanks. Errors: READ_STORE_INVALID_DOCUMENT. */
export const fieldWords = (collection: string, key: string, document: ProjectionDocument, fields: readonly string[]): string[] =>
  fields.map((field) => textsOf(collection, key, document, field).flatMap(wordsIn).join(' '));

const FIELDS_MAX = 32;

const problemOf = ({ text, weights = {} }: SearchCollectionOptions): string | undefined => {
  if (text.length > FIELDS_MAX) return `at most ${FIELDS_MAX} fields can be searched`;
  if (new Set(text).size < text.length) return 'a text field is named twice';
  const stray = Object.keys(weights).find((field) => !text.includes(field));
  if (stray !== undefined) return `there is a weight for ${stray}, which is no text field`;
  const bad = Object.entries(weights).find(([, weight]) => !(Number.isFinite(weight) && weight > 0));
  return bad && `the weight of ${bad[0]} must be a number above 0`;
};
