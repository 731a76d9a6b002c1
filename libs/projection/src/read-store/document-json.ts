// Stored documents: JSON that comes back exactly as it was, or is refused.
import { encodeJson, isMainstemError } from '@mainstem/event-store';
import { InvalidDocument } from './errors.js';
import type { ProjectionDocument, ScanEntry, UnreadableDocument } from './read-store.js';

const LONE_SURROGATE = /\p{Cs}/u;

/** Errors: READ_STORE_INVALID_DOCUMENT for what JSON would lose or change, and for keys that UTF-8 cannot hold. */
export const encodeDocument = (collection: string, key: string, document: ProjectionDocument): string => {
  if (LONE_SURROGATE.test(key)) throw new InvalidDocument(collection, key, 'its key holds half of a surrogate pair');
  try {
    return encodeJson(document, 'document');
  } catch (error) {
    // Also a value that no string can hold.
    if (isMainstemError(error) || error instanceof RangeError) throw new InvalidDocument(collection, key, error.message, error);
    throw error;
  }
};

/** The document with the engine's bookkeeping, for the engine. */
export const decodeDocument = (json: string): ProjectionDocument => JSON.parse(json) as ProjectionDocument;

/** A document with its key, for the engine; a damaged one is returned in its stored form. */
export const decodeEntry = ({ key, document }: { readonly key: string; readonly document: string }): ScanEntry => {
  try {
    const decoded: unknown = JSON.parse(document);
    if (typeof decoded === 'object' && decoded !== null) return [key, decoded];
  } catch {
    // Damaged: a scan must return it, and the rest.
  }
  return [key, { $unreadable: document } satisfies UnreadableDocument];
};

/** The document as queries see it. */
export const decodeForQuery = <Document extends object>(json: string, hasState: boolean): Document => {
  const document = JSON.parse(json) as Document & { $state?: unknown };
  if (hasState) delete document.$state;
  return document;
};
