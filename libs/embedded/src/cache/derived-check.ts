// Checks leaderboards and expiry of a cached collection against its documents.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DatabaseSync } from 'node:sqlite';
import { throwIfAborted } from '@mainstem/event-store';
import type { Derived, DerivedDifference, ProjectionDocument } from '@mainstem/projection/adapter';
import type { StoredCollection } from '../read-store/collection-tables.js';
import { decodePlaces, encodePlaces } from './places-text.js';

const PAGE = 1_000;
/** The largest number of listed differences of one collection. */
const DIFFERENCES_MAX = 1_000;

/** The expected derived data of a document; may throw for a damaged one. */
export type Derive = (key: string, document: ProjectionDocument) => Derived;

/** Call it in a reading transaction. A document that does not decode is left to the comparison of documents. */
export const cacheDifferences = async (
  database: DatabaseSync,
  { id, name }: StoredCollection,
  derive: Derive,
  signal: AbortSignal | undefined,
): Promise<readonly DerivedDifference[]> => {
  const page = database.prepare(
    `SELECT key, document, places, expires_at AS expiresAt FROM documents_${id} WHERE key > ? ORDER BY key LIMIT ${PAGE}`,
  );
  const first = database.prepare(`SELECT key, document, places, expires_at AS expiresAt FROM documents_${id} ORDER BY key LIMIT ${PAGE}`);
  const place = database.prepare(`SELECT 1 FROM places_${id} WHERE board = ? AND score = ? AND key = ?`);
  const found: DerivedDifference[] = [];
  const note = (key: string, field: string, stored: unknown, expected: unknown): void =>
    void (found.length < DIFFERENCES_MAX && found.push({ collection: name, key, field, stored, expected }));
  let placesCounted = 0;
  for (let after: string | undefined, isFirst = true; isFirst || after !== undefined; isFirst = false) {
    throwIfAborted(signal, 'checkDerived');
    const rows = (after === undefined ? first.all() : page.all(after)) as unknown as readonly CacheRow[];
    for (const { key, document, places, expiresAt } of rows) {
      const listed = decodePlaces(places);
      placesCounted += listed.size;
      for (const [board, score] of listed) if (!place.get(board, score, key)) note(key, `board ${board}`, undefined, score);
      const expected = derived(derive, key, document);
      if (!expected) continue;
      if (places !== encodePlaces(expected.places)) note(key, 'boards', Object.fromEntries(listed), Object.fromEntries(expected.places));
      if (expiresAt !== expected.expiresAt) note(key, 'expiry', expiresAt, expected.expiresAt);
    }
    after = rows.at(-1)?.key;
    await nextTurn();
  }
  const { count } = database.prepare(`SELECT count(*) AS count FROM places_${id}`).get() as { count: number };
  if (count !== placesCounted || found.length > 0)
    for (const stray of strays(database, id)) note(stray.key, `board ${stray.board}`, stray.score, undefined);
  return found;
};

interface CacheRow {
  readonly key: string;
  readonly document: string;
  readonly places: string | null;
  readonly expiresAt: number | null;
}

const derived = (derive: Derive, key: string, document: string): ReturnType<Derive> | undefined => {
  try {
    return derive(key, JSON.parse(document) as ProjectionDocument);
  } catch {
    return undefined; // the document itself is damaged
  }
};

interface PlaceRow {
  readonly board: string;
  readonly score: number;
  readonly key: string;
}

/** Places on a leaderboard that belong to no document. */
const strays = (database: DatabaseSync, id: number): readonly PlaceRow[] => {
  const rows = database
    .prepare(`SELECT p.board, p.score, p.key, d.places FROM places_${id} p LEFT JOIN documents_${id} d ON d.key = p.key`)
    .iterate() as unknown as Iterable<PlaceRow & { readonly places: string | null }>;
  const found: PlaceRow[] = [];
  for (const { board, score, key, places } of rows) {
    if (decodePlaces(places).get(board) !== score && found.length < DIFFERENCES_MAX) found.push({ board, score, key });
  }
  return found;
};
