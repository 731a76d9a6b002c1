// The read models of a folder, read from its SQLite files without the stores' own code.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { wordsIn } from '@mainstem/projection/adapter';
import { canonical, compare } from './canonical.js';
import type { Collections, Expected } from './oracle-fold.js';

export type StoreName = 'sql' | 'cache' | 'search';

/** A serving generation. */
export interface StoredModel {
  readonly projection: string;
  readonly generation: number;
  /** Decimal; undefined before the first batch. */
  readonly position: string | undefined;
  readonly digest: string;
  /** One line a document, in order of collection and key, and a line for everything derived from it. */
  readonly lines: readonly string[];
}

/** What the cache derives from a document. */
export type Boards = Readonly<Record<string, { readonly boards?: (document: never, key: string) => readonly { board: string; score: number }[] }>>;

/** The expected lines of a model. SQL holds lists as JSON. */
export const expectedLines = (store: StoreName, { collections }: Expected, boards: Boards = {}): readonly string[] =>
  inOrder(collections).flatMap(([collection, key, document]) => {
    const shown = store === 'sql' ? asRow(document) : document;
    const places = boards[collection]?.boards?.(document as never, key) ?? [];
    const placed = places.map(({ board, score }) => `${collection} ${key} on ${board} with ${score}`);
    return [
      `${collection} ${key} ${canonical(shown)}`,
      ...placed.toSorted(compare),
      ...(store === 'search' ? wordLines(collection, key, document) : []),
    ];
  });

/** All serving models of a store, by projection. Empty if the store was never opened. */
export const storedModels = (dir: string, store: StoreName): ReadonlyMap<string, StoredModel> => {
  const path = join(dir, `${store}.db`);
  if (!existsSync(path)) return new Map();
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    database.exec('BEGIN');
    const models = store === 'sql' ? sqlModels(database) : embeddedModels(database, store);
    return new Map(models.map((model) => [model.projection, model]));
  } finally {
    database.close();
  }
};

const sqlModels = (database: DatabaseSync): StoredModel[] => {
  if (!hasTable(database, 'mainstem_generations')) return [];
  return generationsOf(database, 'mainstem_generations', 'generation').map((generation) => {
    const tables = database
      .prepare('SELECT collection, table_name AS name FROM mainstem_collections WHERE projection = ? AND generation = ?')
      .all(generation.projection, generation.generation) as { collection: string; name: string }[];
    const collections: Collections = new Map(tables.map(({ collection, name }) => [collection, rowsOf(database, name)]));
    return { ...generation, lines: inOrder(collections).map(([collection, key, row]) => `${collection} ${key} ${canonical(row)}`) };
  });
};

/** By key, which is the primary column. The hidden column of roll-ups is what documents call `$state`. */
const rowsOf = (database: DatabaseSync, table: string): Map<string, object> => {
  const columns = database.prepare(`PRAGMA table_info("${table}")`).all() as { name: string; pk: number }[];
  const key = columns.find(({ pk }) => pk === 1)?.name ?? '';
  const rows = database.prepare(`SELECT * FROM "${table}"`).all() as Record<string, unknown>[];
  return new Map(
    rows.map(({ mainstem_state, ...row }) => [String(row[key]), { ...row, ...(mainstem_state !== undefined && { $state: mainstem_state }) }]),
  );
};

const embeddedModels = (database: DatabaseSync, store: StoreName): StoredModel[] => {
  if (!hasTable(database, 'generations')) return [];
  return generationsOf(database, 'generations', 'number').map(({ id, ...generation }) => {
    const collections = database.prepare('SELECT id, name FROM collections WHERE generation = ? ORDER BY name').all(id) as {
      id: number;
      name: string;
    }[];
    const lines = collections
      .toSorted((left, right) => compare(left.name, right.name))
      .flatMap((collection) => (store === 'cache' ? cacheLines(database, collection) : searchLines(database, collection)));
    return { ...generation, lines };
  });
};

const cacheLines = (database: DatabaseSync, { id, name }: { id: number; name: string }): string[] => {
  const places = new Map<string, string[]>();
  for (const { board, score, key } of database.prepare(`SELECT board, score, key FROM places_${id}`).all() as {
    board: string;
    score: number;
    key: string;
  }[]) {
    places.set(key, [...(places.get(key) ?? []), `${name} ${key} on ${board} with ${score}`]);
  }
  const lines = documentsIn(database, id).flatMap(({ key, document }) => {
    const placed = places.get(key) ?? [];
    places.delete(key);
    return [`${name} ${key} ${canonical(JSON.parse(document))}`, ...placed.toSorted(compare)];
  });
  return [...lines, ...[...places.values()].flat().map((line) => `without a document: ${line}`)];
};

const searchLines = (database: DatabaseSync, { id, name }: { id: number; name: string }): string[] => {
  const instances = hasTable(database, `words_${id}`) ? instancesIn(database, id) : [];
  const words = new Map<number, string[]>();
  for (const { doc, term } of instances) {
    const known = words.get(doc);
    if (known) known.push(term);
    else words.set(doc, [term]);
  }
  return documentsIn(database, id).flatMap(({ id: row, key, document }) => [
    `${name} ${key} ${canonical(JSON.parse(document))}`,
    `${name} ${key} has words ${(words.get(row) ?? []).join(' ')}`,
  ]);
};

const instancesIn = (database: DatabaseSync, id: number): readonly { doc: number; term: string }[] => {
  database.exec(`CREATE VIRTUAL TABLE temp.instances_${id} USING fts5vocab('main', 'words_${id}', 'instance')`);
  return database.prepare(`SELECT doc, term FROM temp.instances_${id} ORDER BY doc, col, offset`).all() as { doc: number; term: string }[];
};

const wordLines = (collection: string, key: string, document: object): string[] => {
  if (!('descriptions' in document)) return [`${collection} ${key} has words `];
  return [`${collection} ${key} has words ${(document.descriptions as readonly string[]).flatMap(wordsIn).join(' ')}`];
};

interface DocumentRow {
  readonly id: number;
  readonly key: string;
  readonly document: string;
}

const documentsIn = (database: DatabaseSync, id: number): readonly DocumentRow[] =>
  (database.prepare(`SELECT * FROM documents_${id}`).all() as unknown as DocumentRow[]).toSorted((left, right) => compare(left.key, right.key));

interface GenerationRow extends Omit<StoredModel, 'lines'> {
  readonly id: number;
}

const generationsOf = (database: DatabaseSync, table: string, number: string): readonly GenerationRow[] => {
  const sql = `SELECT rowid AS id, projection, ${number} AS generation, CAST(position AS text) AS position, digest FROM ${table} WHERE state = 'serving'`;
  const rows = database.prepare(sql).all() as unknown as (Omit<GenerationRow, 'position'> & { position: string | null })[];
  return rows.map(({ position, ...row }) => ({ ...row, position: position ?? undefined }));
};

const hasTable = (database: DatabaseSync, name: string): boolean =>
  database.prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?`).get(name) !== undefined;

const inOrder = (collections: Collections): (readonly [string, string, object])[] =>
  [...collections]
    .toSorted(([left], [right]) => compare(left, right))
    .flatMap(([collection, documents]) =>
      [...documents].toSorted(([left], [right]) => compare(left, right)).map(([key, document]) => [collection, key, document] as const),
    );

const asRow = (document: object): object => Object.fromEntries(Object.entries(document).map(([field, value]) => [field, asColumn(value)]));

const asColumn = (value: unknown): unknown => {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value !== null && typeof value === 'object' ? JSON.stringify(value) : value;
};
