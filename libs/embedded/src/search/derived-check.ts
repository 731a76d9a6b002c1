// Checks the full-text index of a collection against its documents.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DatabaseSync } from 'node:sqlite';
import { throwIfAborted } from '@mainstem/event-store';
import { decodeDeclaration, type DerivedDifference, fieldWords, type ProjectionDocument } from '@mainstem/projection/adapter';
import type { StoredCollection } from '../read-store/collection-tables.js';

const PAGE = 1_000;
const INSTANCES_PER_TURN = 10_000;
/** The largest number of listed differences of one collection. */
const DIFFERENCES_MAX = 1_000;

/**
 * Call it in a reading transaction. It compares the words beside each document with those of the document. Then it
 * compares every word instance of the index (FTS5's own list, `fts5vocab`) with those words: for each document the sum
 * of the hashes of its instances. A document that does not decode is left to the comparison of documents.
 */
export const searchDifferences = async (
  database: DatabaseSync,
  { id, name, declaration }: StoredCollection,
  fieldEnd: string,
  signal: AbortSignal | undefined,
): Promise<readonly DerivedDifference[]> => {
  const { text } = decodeDeclaration(declaration);
  if (text.length === 0) return [];
  const page = database.prepare(`SELECT id, key, document, words FROM documents_${id} WHERE id > ? ORDER BY id LIMIT ${PAGE}`);
  const found: DerivedDifference[] = [];
  const note = (key: string, field: string, stored: unknown, expected: unknown): void =>
    void (found.length < DIFFERENCES_MAX && found.push({ collection: name, key, field, stored, expected }));
  const sums = new Map<number, { readonly key: string; readonly words: string; sum: number }>();
  for (let after: number | undefined = 0; after !== undefined;) {
    throwIfAborted(signal, 'checkDerived');
    const rows = page.all(after) as unknown as readonly SearchRow[];
    for (const row of rows) {
      const expected = expectedWords(name, row, text);
      if (expected !== undefined && expected.join(fieldEnd) !== row.words) note(row.key, 'words', row.words.split(fieldEnd), expected);
      sums.set(row.id, { key: row.key, words: row.words, sum: sumOf(row.words.split(fieldEnd)) });
    }
    after = rows.at(-1)?.id;
    await nextTurn();
  }
  await subtractInstances(database, id, (document, hash) => {
    const entry = sums.get(document);
    if (entry) entry.sum = (entry.sum - hash) | 0;
    else note(`(document ${document})`, 'index', 'words of no document', undefined);
  });
  for (const { key, words, sum } of sums.values()) if (sum !== 0) note(key, 'index', 'other words', words.split(fieldEnd));
  return found;
};

interface SearchRow {
  readonly id: number;
  readonly key: string;
  readonly document: string;
  readonly words: string;
}

const expectedWords = (collection: string, { key, document }: SearchRow, text: readonly string[]): readonly string[] | undefined => {
  try {
    return fieldWords(collection, key, JSON.parse(document) as ProjectionDocument, text);
  } catch {
    return undefined; // the document itself is damaged
  }
};

const sumOf = (fields: readonly string[]): number => {
  let sum = 0;
  fields.forEach((words, field) => {
    if (words !== '') words.split(' ').forEach((word, offset) => (sum = (sum + instanceHash(word, field, offset)) | 0));
  });
  return sum;
};

/** FNV-1a over the word's code units, its field and its place (Fowler, Noll, Vo). */
const instanceHash = (word: string, field: number, offset: number): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < word.length; index++) hash = Math.imul(hash ^ word.charCodeAt(index), 0x01000193);
  return Math.imul(Math.imul(hash ^ field, 0x01000193) ^ offset, 0x01000193);
};

const subtractInstances = async (database: DatabaseSync, id: number, subtract: (document: number, hash: number) => void): Promise<void> => {
  database.exec(`CREATE VIRTUAL TABLE temp.vocabulary_${id} USING fts5vocab (main, words_${id}, instance)`);
  const instances = database.prepare(`SELECT term, doc, col, offset FROM temp.vocabulary_${id}`).iterate() as unknown as Iterable<InstanceRow>;
  let count = 0;
  for (const { term, doc, col, offset } of instances) {
    subtract(doc, instanceHash(term, Number(col.slice('field_'.length)), offset));
    if (++count % INSTANCES_PER_TURN === 0) await nextTurn();
  }
};

interface InstanceRow {
  readonly term: string;
  readonly doc: number;
  readonly col: string;
  readonly offset: number;
}
