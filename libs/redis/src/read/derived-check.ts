// Checks leaderboards and expiry against the documents. A commit moves both together, so each page is consistent.
import { throwIfAborted } from '@mainstem/event-store';
import type { CacheCollectionOptions } from '@mainstem/projection';
import { decodeEntry, type Derived, derivedOf, type DerivedDifference, UnknownGeneration } from '@mainstem/projection/adapter';
import type { StoredCollection } from '../bookkeeping/generation-records.js';
import { encodeBoards, storedScore } from '../layout/boards.js';
import { BOARD_PAGE, BOARDS, DERIVED_PAGE } from '../scripts/reading.js';
import { scriptOf } from '../server/redis-connection.js';
import type { ReadingParts } from './snapshot.js';

const PAGE = 1_000;
/** The largest number of listed differences of one collection. */
const DIFFERENCES_MAX = 1_000;

export interface CheckedCollection {
  readonly projection: string;
  readonly number: number;
  readonly collection: StoredCollection;
  readonly options: CacheCollectionOptions | undefined;
}

/** Errors: READ_STORE_UNKNOWN_GENERATION, READ_STORE_UNAVAILABLE, EVENT_STORE_ABORTED. */
export const cacheDifferences = async (
  parts: ReadingParts,
  { projection, number, collection: { name }, options }: CheckedCollection,
  signal: AbortSignal | undefined,
): Promise<readonly DerivedDifference[]> => {
  const found: DerivedDifference[] = [];
  const note = (key: string, field: string, stored: unknown, expected: unknown): void =>
    void (found.length < DIFFERENCES_MAX && found.push({ collection: name, key, field, stored, expected }));
  const run = async (script: typeof SCRIPTS.boards, ...args: readonly (string | number)[]): Promise<readonly unknown[]> => {
    throwIfAborted(signal, 'checkDerived');
    const [status, ...rows] = (await parts.connection.run(script, [parts.keys.meta, parts.keys.root], [number, name, ...args])) as unknown[];
    if (status !== 'ok') throw new UnknownGeneration(projection, number);
    return rows;
  };

  for (let after: string | undefined, isFirst = true; isFirst || after !== undefined; isFirst = false) {
    const rows = (await run(SCRIPTS.documents, PAGE, after === undefined ? '0' : '1', after ?? '')) as readonly DocumentRow[];
    for (const [key, document, boards, expiresAt, scores] of rows) {
      const expected = expectedOf(options, name, key, document);
      if (!expected) continue;
      const names = [...expected.places.keys()].sort();
      if (boards !== encodeBoards(names)) note(key, 'boards', boards === '' ? [] : JSON.parse(boards), names);
      else names.forEach((board, index) => noteScore(note, key, board, scores[index], expected));
      if (expiresAt !== String(expected.expiresAt ?? '')) note(key, 'expiry', expiresAt, expected.expiresAt);
    }
    after = rows.at(-1)?.[0];
  }
  const [boards] = (await run(SCRIPTS.boards)) as [readonly string[]];
  for (const board of boards) {
    for (let rank = 0, isMore = true; isMore; rank += PAGE) {
      const rows = (await run(SCRIPTS.places, board, rank, PAGE)) as readonly PlaceRow[];
      for (const [key, score, listed] of rows) {
        if (listed === '' || !(JSON.parse(listed) as string[]).includes(board)) note(key, `board ${board}`, -Number(score), undefined);
      }
      isMore = rows.length === PAGE;
    }
  }
  return found;
};

type DocumentRow = readonly [key: string, document: string, boards: string, expiresAt: string, scores: readonly string[]];
type PlaceRow = readonly [key: string, score: string, boards: string];

/** A document that does not decode is left to the comparison of documents. */
const expectedOf = (options: CacheCollectionOptions | undefined, collection: string, key: string, text: string): Derived | undefined => {
  try {
    const [, document] = decodeEntry({ key, document: text });
    return '$unreadable' in document ? undefined : derivedOf(options, collection, key, document);
  } catch {
    return undefined;
  }
};

const noteScore = (
  note: (key: string, field: string, stored: unknown, expected: unknown) => void,
  key: string,
  board: string,
  stored: string | undefined,
  { places }: Derived,
): void => {
  const expected = places.get(board) ?? 0;
  if (stored !== storedScore(expected)) note(key, `board ${board}`, stored === '' || stored === undefined ? undefined : -Number(stored), expected);
};

const SCRIPTS = { documents: scriptOf(DERIVED_PAGE), boards: scriptOf(BOARDS), places: scriptOf(BOARD_PAGE) };
