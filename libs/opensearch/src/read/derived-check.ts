// Checks that words and filters fit their documents: a query reads only those, never the document itself.
import { isDeepStrictEqual } from 'node:util';
import { throwIfAborted } from '@mainstem/event-store';
import { decodeDeclaration, type DerivedDifference, type ProjectionDocument } from '@mainstem/projection/adapter';
import type { CollectionMeta } from '../layout/index-definition.js';
import { searchedOf, type Searched, type WrittenCollection } from '../write/document-lines.js';
import { pageOf, type View } from './view.js';

const PAGE = 1_000;
/** The largest number of listed differences of one collection. */
const DIFFERENCES_MAX = 1_000;

/** Anything that was written by hand. */
interface StoredDocument {
  readonly key: string;
  readonly document: ProjectionDocument;
  readonly words?: unknown;
  readonly filters?: unknown;
}

export interface CheckedCollection {
  readonly meta: CollectionMeta;
  /** Its place in the projection. */
  readonly place: number;
}

/**
 * Reads a page at a time. A batch that is being written does not matter: each document is written together with its
 * words and filters. Errors: READ_STORE_UNAVAILABLE, EVENT_STORE_ABORTED.
 */
export const searchDifferences = async (
  view: View,
  { meta, place }: CheckedCollection,
  signal: AbortSignal | undefined,
): Promise<readonly DerivedDifference[]> => {
  const { name: collection } = meta;
  const written: WrittenCollection = { place, declaration: decodeDeclaration(meta.declaration) };
  const differences: DerivedDifference[] = [];
  for (let after: string | undefined, isMore = true; isMore;) {
    throwIfAborted(signal, 'checkDerived');
    const documents = await view.search<StoredDocument>(pageOf(collection, { after, size: PAGE }));
    for (const stored of documents)
      for (const [field, found, expected] of differing(stored, expectedOf(collection, stored, written)))
        differences.push({ collection, key: stored.key, field, stored: found, expected });
    after = documents.at(-1)?.key;
    isMore = documents.length === PAGE && differences.length < DIFFERENCES_MAX;
  }
  return differences.slice(0, DIFFERENCES_MAX);
};

/** A broken document, or one without text where it needs some, is left to the comparison of documents. */
const expectedOf = (collection: string, { key, document }: StoredDocument, written: WrittenCollection): Searched | undefined => {
  try {
    return searchedOf(collection, key, document, written);
  } catch {
    return undefined;
  }
};

const differing = (
  { words, filters }: StoredDocument,
  expected: Searched | undefined,
): readonly (readonly [field: string, stored: unknown, expected: unknown])[] =>
  expected
    ? [['words', words, expected.words] as const, ['filters', filters, expected.filters] as const].filter(
        ([, stored, wanted]) => !isDeepStrictEqual(stored, wanted),
      )
    : [];
