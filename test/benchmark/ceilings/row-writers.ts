// Writers of rows to SQLite: tables of columns, documents with leaderboards, documents with a full-text index.
import { cacheCollections } from '#apps/read-models/src/cache/cache-collections.js';
import { searchCollections } from '#apps/read-models/src/search/search-collections.js';
import type { DocumentClass } from '@mainstem/projection';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { getMetadataArgsStorage } from 'typeorm';

export interface Writer {
  put(key: string, row: object): void;
  remove(key: string): void;
  flush(): void;
  count(): number;
}

type Row = Readonly<Record<string, unknown>>;
const ROWS = 10;

const countOf = (database: DatabaseSync, table: string): number =>
  Number(database.prepare(`SELECT count(*) AS value FROM ${table}`).get()?.['value']);
const quoted = (name: string): string => `"${name}"`;

/** A table with the entity's columns and indexes; ten rows a statement. */
export const sqlWriter = (database: DatabaseSync, collection: string, document: DocumentClass): Writer => {
  const { columns, indices } = getMetadataArgsStorage();
  const own = columns.filter(({ target }) => target === document);
  const names = own.map(({ propertyName }) => propertyName);
  const key = own.find(({ options }) => options.primary)?.propertyName ?? '';
  const table = quoted(collection);
  const declared = own.map(({ propertyName, options }) => `${quoted(propertyName)} ${typeOf(options.type)}${options.primary ? ' PRIMARY KEY' : ''}`);
  database.exec(`CREATE TABLE ${table} (${declared.join(', ')})`);
  for (const { target, columns: indexed } of indices) {
    if (target !== document || !Array.isArray(indexed)) continue;
    database.exec(`CREATE INDEX ${quoted(`${collection}_${indexed.join('_')}`)} ON ${table} (${(indexed as string[]).map(quoted).join(', ')})`);
  }
  const changes = names.filter((name) => name !== key).map((name) => `${quoted(name)} = excluded.${quoted(name)}`);
  const sql = (rows: number): string =>
    `INSERT INTO ${table} (${names.map(quoted).join(', ')}) VALUES ${Array(rows)
      .fill(`(${names.map(() => '?').join(', ')})`)
      .join(', ')}
      ON CONFLICT (${quoted(key)}) DO ${changes.length > 0 ? `UPDATE SET ${changes.join(', ')}` : 'NOTHING'}`;
  const one = database.prepare(sql(1));
  const many = database.prepare(sql(ROWS));
  const removal = database.prepare(`DELETE FROM ${table} WHERE ${quoted(key)} = ?`);
  let waiting: SQLInputValue[] = [];
  return {
    put: (_, row) => {
      for (const name of names) waiting.push(columnValue((row as Row)[name]));
      if (waiting.length < ROWS * names.length) return;
      many.run(...waiting);
      waiting = [];
    },
    remove: (value) => removal.run(value),
    flush: () => {
      for (let start = 0; start < waiting.length; start += names.length) one.run(...waiting.slice(start, start + names.length));
      waiting = [];
    },
    count: () => countOf(database, table),
  };
};

const typeOf = (type: unknown): string => (type === 'integer' || type === 'boolean' ? 'INTEGER' : type === 'double precision' ? 'REAL' : 'TEXT');

const columnValue = (value: unknown): SQLInputValue => {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : (value as SQLInputValue);
};

/** Documents as JSON, and their places on the leaderboards, remembered in memory. */
export const cacheWriter = (database: DatabaseSync, collection: string): Writer => {
  const boards = (cacheCollections as Readonly<Record<string, { boards: (document: never) => readonly { board: string; score: number }[] }>>)[
    collection
  ]?.boards;
  const [documents, places] = [quoted(`documents_${collection}`), quoted(`places_${collection}`)];
  database.exec(`CREATE TABLE ${documents} (key TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE ${places} (board TEXT, score INTEGER, key TEXT, PRIMARY KEY (board, score DESC, key)) WITHOUT ROWID`);
  const upsert = database.prepare(`INSERT OR REPLACE INTO ${documents} VALUES (?, ?)`);
  const removal = database.prepare(`DELETE FROM ${documents} WHERE key = ?`);
  const enter = database.prepare(`INSERT INTO ${places} VALUES (?, ?, ?)`);
  const leave = database.prepare(`DELETE FROM ${places} WHERE board = ? AND score = ? AND key = ?`);
  const held = new Map<string, readonly { board: string; score: number }[]>();
  const place = (key: string, next: readonly { board: string; score: number }[]): void => {
    const before = held.get(key) ?? [];
    const has = (list: typeof next, one: { board: string; score: number }): boolean =>
      list.some(({ board, score }) => board === one.board && score === one.score);
    for (const one of before) if (!has(next, one)) leave.run(one.board, one.score, key);
    for (const one of next) if (!has(before, one)) enter.run(one.board, one.score, key);
    held.set(key, next);
  };
  return {
    put: (key, row) => {
      upsert.run(key, JSON.stringify(row));
      place(key, boards?.(row as never) ?? []);
    },
    remove: (key) => {
      removal.run(key);
      place(key, []);
    },
    flush: () => undefined,
    count: () => countOf(database, documents),
  };
};

/** Documents as JSON with a full-text index over the same fields. */
export const searchWriter = (database: DatabaseSync, collection: string): Writer => {
  const fields = (searchCollections as Readonly<Record<string, { text: readonly string[] }>>)[collection]?.text ?? [];
  const [documents, words] = [quoted(`documents_${collection}`), quoted(`words_${collection}`)];
  database.exec(`CREATE TABLE ${documents} (id INTEGER PRIMARY KEY, key TEXT UNIQUE, document TEXT NOT NULL);
    CREATE VIRTUAL TABLE ${words} USING fts5(text, content='', contentless_delete=1)`);
  const upsert = database.prepare(
    `INSERT INTO ${documents} (key, document) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET document = excluded.document RETURNING id`,
  );
  const removal = database.prepare(`DELETE FROM ${documents} WHERE key = ? RETURNING id`);
  const index = database.prepare(`INSERT OR REPLACE INTO ${words} (rowid, text) VALUES (?, ?)`);
  const unindex = database.prepare(`DELETE FROM ${words} WHERE rowid = ?`);
  const indexed = new Map<string, string>();
  return {
    put: (key, row) => {
      const id = Number(upsert.get(key, JSON.stringify(row))?.['id']);
      const text = fields
        .map((field) => [(row as Row)[field] ?? ''].flat().join(' '))
        .join(' ')
        .toLowerCase();
      if (indexed.get(key) === text) return;
      index.run(id, text);
      indexed.set(key, text);
    },
    remove: (key) => {
      const id = removal.get(key)?.['id'];
      if (id !== undefined) unindex.run(Number(id));
    },
    flush: () => undefined,
    count: () => countOf(database, documents),
  };
};
