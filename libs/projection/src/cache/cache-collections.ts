// What a cache derives from its documents: leaderboards and expiry. One declaration serves every cache.
import { fingerprintOf, hiddenProblem, isHidden, isMainstemError } from '@mainstem/event-store';
import { InvalidProjection } from '../definition/errors.js';
import { InvalidDocument } from '../read-store/errors.js';
import type { Expiry, ProjectionDocument } from '../read-store/read-store.js';

/** A place that a document takes on a leaderboard. */
export interface BoardEntry {
  /** Name of the leaderboard; a document has at most one place on each. */
  readonly board: string;
  /** A safe integer; scale money to its smallest unit. */
  readonly score: number;
}

/** Both functions are pure: the same document gives the same answer. Bound and native ones are refused. */
export interface CacheCollectionOptions<Document extends ProjectionDocument = ProjectionDocument> {
  /** The places of a document on leaderboards. */
  boards?(document: Readonly<Document>, key: string): readonly BoardEntry[];
  /**
   * When the document expires, in milliseconds since the epoch; null for never. From then on queries do not see it, by
   * the clock of the querying process. The projection that folds it uses the times when events were recorded: an event
   * recorded then or later finds no document and starts anew. So a restart or a rebuild changes nothing. A commit whose
   * last event was recorded an hour later removes the document; clocks of appending processes must not differ by more.
   * A projection with roll-ups is refused (PROJECTION_INVALID_DEFINITION).
   */
  expiresAt?(document: Readonly<Document>): number | null;
  /**
   * Raise it when the functions answer differently although their own text is the same, because something that they
   * call has changed. Default 1. Leaderboards are derived anew when the next session is opened. A changed expiry folds
   * other documents: the old generation is refused (READ_STORE_FINGERPRINT_MISMATCH), so that the projection fills
   * another one, as after any change of its definition.
   */
  readonly version?: number;
}

/** By collection name. Other collections have values only. */
export type CacheCollections = Readonly<Record<string, CacheCollectionOptions>>;

/** Scores by board. */
export type Places = ReadonlyMap<string, number>;

/** The data derived from a document. */
export interface Derived {
  readonly places: Places;
  /** In milliseconds since the epoch; null for never. */
  readonly expiresAt: number | null;
}

const NO_PLACES: Places = new Map();
const NOTHING: Derived = { places: NO_PLACES, expiresAt: null };

/** Refuses declarations that cannot work, before anything is opened. Errors: PROJECTION_INVALID_DEFINITION. */
export const assertCacheCollections = (collections: CacheCollections): void => {
  for (const [name, { boards, expiresAt, version }] of Object.entries(collections)) {
    for (const [option, value] of Object.entries({ boards, expiresAt }) as readonly (readonly [string, unknown])[]) {
      if (value === undefined) continue;
      if (typeof value !== 'function') throw new InvalidProjection(name, `${option} of its cache collection must be a function`);
      if (isHidden(value)) throw new InvalidProjection(name, hiddenProblem(`${option} of its cache collection`));
    }
    if (version !== undefined && !(Number.isSafeInteger(version) && version >= 1))
      throw new InvalidProjection(name, 'the version of its cache collection must be a whole number from 1');
  }
};

/** Changes with the version and the source text of the functions, except comments; empty if nothing is derived. */
export const declarationOf = (options: CacheCollectionOptions | undefined): string => {
  if (!options?.boards && !options?.expiresAt) return '';
  const { version = 1, boards = '', expiresAt } = options;
  const derived = fingerprintOf(version, boards, expiresAt ?? '');
  return expiresAt ? `${derived}${EXPIRY_MARK}${fingerprintOf(version, expiresAt)}` : derived;
};

/** True if the two declarations fold different documents, because the documents expire differently. */
export const expiresOtherwise = (declaration: string, other: string): boolean => expiryIn(declaration) !== expiryIn(other);

const EXPIRY_MARK = ':';
const expiryIn = (declaration: string): string | undefined => declaration.split(EXPIRY_MARK)[1];

/** The answer of `ReadStore.expiryOf` for a collection with this declaration. */
export const declaredExpiry = (options: CacheCollectionOptions | undefined): Expiry | undefined =>
  options?.expiresAt && ((document) => options.expiresAt?.(document) ?? null);

/** Errors: READ_STORE_INVALID_DOCUMENT, also for errors of the functions. */
export const derivedOf = (options: CacheCollectionOptions | undefined, collection: string, key: string, document: ProjectionDocument): Derived => {
  if (!options) return NOTHING;
  try {
    return { places: placesOf(options, collection, key, document), expiresAt: expiryOf(options, collection, key, document) };
  } catch (error) {
    if (isMainstemError(error)) throw error;
    throw new InvalidDocument(collection, key, `its leaderboards or expiry cannot be derived: ${String(error)}`, error);
  }
};

const placesOf = (options: CacheCollectionOptions, collection: string, key: string, document: ProjectionDocument): Places => {
  if (!options.boards) return NO_PLACES;
  const places = new Map<string, number>();
  for (const { board, score } of options.boards(document, key)) {
    if (!Number.isSafeInteger(score))
      throw new InvalidDocument(collection, key, `its score on ${board} must be a safe integer, got ${String(score)}`);
    if (places.has(board)) throw new InvalidDocument(collection, key, `it has two scores on ${board}`);
    places.set(board, score === 0 ? 0 : score); // no minus zero
  }
  return places;
};

const expiryOf = (options: CacheCollectionOptions, collection: string, key: string, document: ProjectionDocument): number | null => {
  const expiresAt = options.expiresAt?.(document) ?? null;
  if (expiresAt !== null && !Number.isSafeInteger(expiresAt)) {
    throw new InvalidDocument(collection, key, `it must expire at whole milliseconds since the epoch, got ${String(expiresAt)}`);
  }
  return expiresAt;
};
