// A reader of one read store knows the others: the same files, and methods in the order of the port.
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { memberNames, softPrivates } from './class-members.js';
import { blocksOf } from './markdown.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** By the name in the tables of docs/how-it-works/folders.md: the folder, and what its files are named for. */
const STORES: Readonly<Record<string, readonly [folder: string, prefix: string]>> = {
  memory: ['libs/projection/src/memory', 'memory'],
  embedded: ['libs/embedded/src/read-store', 'embedded'],
  SQL: ['libs/sql/src', 'sql'],
  Redis: ['libs/redis/src', 'redis'],
  OpenSearch: ['libs/opensearch/src', 'opensearch'],
};
/** Of each library; two of the stores stand in a room of one. */
const LIBRARY_FILES = ['errors.ts', 'index.ts', 'settings.ts'];

const rows = blocksOf(read('docs/how-it-works/folders.md'))
  .filter(({ kind }) => kind === 'row')
  .map(({ text }) =>
    text
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
const header = rows.find(([first, second]) => first === 'file' && second === 'holds') ?? [];
const alike = rows.filter((cells) => cells.length === header.length && (cells[0] ?? '').startsWith('`') && cells !== header);
const beyond = rows.filter(([store = '', files = '']) => store in STORES && files.startsWith('`'));

const namesIn = (cell: string | undefined): readonly string[] => [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
const filesOf = (folder: string): readonly string[] =>
  globSync('**/*.ts', { cwd: path.join(root, folder) })
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => !file.endsWith('.spec.ts'));
const isIn = (file: string, entry: string): boolean => (entry.endsWith('/') ? file.startsWith(entry) : file === entry);

describe.each(Object.entries(STORES))('the read store %s', (store, [folder, prefix]) => {
  const column = header.indexOf(store);
  const named = (has: boolean): readonly string[] =>
    alike.filter((cells) => (cells[column] === '✔') === has).flatMap((cells) => namesIn(cells[0]).map((name) => name.replace('<store>', prefix)));
  const ownNames = beyond.filter(([name]) => name === store).flatMap(([, files]) => namesIn(files));

  it('has the files that the table says, and no others', () => {
    const files = filesOf(folder);
    const expected = [...named(true), ...ownNames, ...(folder.endsWith('/src') ? LIBRARY_FILES : [])];
    expect(column).toBeGreaterThan(1);
    expect(expected.filter((entry) => !files.some((file) => isIn(file, entry)))).toEqual([]);
    expect(files.filter((file) => !expected.some((entry) => isIn(file, entry)))).toEqual([]);
    expect(named(false).filter((entry) => files.some((file) => isIn(file, entry)))).toEqual([]);
  });

  it('belongs to a library with its index, settings and errors', () => {
    const library = folder.replace(/\/src.*$/, '/src');
    expect(LIBRARY_FILES.filter((file) => store !== 'memory' && !existsSync(path.join(root, library, file)))).toEqual([]);
  });
});

const PORT = read('libs/projection/src/read-store/read-store.ts');
const SESSION = memberNames(PORT, 'ReadStoreSession').flatMap((name) =>
  name === 'commit' ? [name, ...memberNames(PORT, 'TransactionalSession')] : [name],
);
const ORDERS = {
  store: memberNames(PORT, 'ReadStore'),
  session: SESSION,
  records: memberNames(read('libs/projection/src/record/record-store.ts'), 'RecordStore'),
};

const CLASSES: readonly (readonly [keyof typeof ORDERS, name: string, file: string])[] = [
  ['store', 'RecordedReadStore', 'libs/projection/src/record/recorded-read-store.ts'],
  ['store', 'EmbeddedCacheStore', 'libs/embedded/src/cache/embedded-cache-store.ts'],
  ['store', 'RedisReadStore', 'libs/redis/src/redis-read-store.ts'],
  ['store', 'OpenSearchReadStore', 'libs/opensearch/src/opensearch-read-store.ts'],
  ['records', 'MemoryRecords', 'libs/projection/src/memory/memory-records.ts'],
  ['records', 'EmbeddedRecords', 'libs/embedded/src/read-store/embedded-records.ts'],
  ['records', 'SqlRecords', 'libs/sql/src/sql-records.ts'],
  ['records', 'NdjsonRecords', 'test/contract/ndjson-read-store/ndjson-read-store.ts'],
  ['session', 'RecordedSession', 'libs/projection/src/record/recorded-session.ts'],
  ['session', 'MemorySessionStore', 'libs/projection/src/memory/memory-session.ts'],
  ['session', 'EmbeddedSession', 'libs/embedded/src/read-store/embedded-session.ts'],
  ['session', 'SqlSession', 'libs/sql/src/sql-session.ts'],
  ['session', 'RedisSession', 'libs/redis/src/redis-session.ts'],
  ['session', 'OpenSearchSession', 'libs/opensearch/src/opensearch-session.ts'],
];

/** The names of the port first and in its order, then those that the class has beyond it. */
const inOrder = (names: readonly string[], order: readonly string[]): readonly string[] => [
  ...order.filter((name) => names.includes(name)),
  ...names.filter((name) => !order.includes(name)),
];

describe('the methods of a read store', () => {
  it.each(CLASSES)('stand in the order of the port, in the %s %s', (kind, name, file) => {
    const names = memberNames(read(file), name);
    expect(names.some((one) => ORDERS[kind].includes(one))).toBe(true);
    expect(names).toEqual(inOrder(names, ORDERS[kind]));
  });

  it('would be missed in another order', () => {
    expect(inOrder(['open', 'get', 'close', 'generations'], ORDERS.store)).toEqual(['generations', 'open', 'close', 'get']);
  });
});

describe('fields and methods of classes', () => {
  it('are #private where no other class may use them', () => {
    const sources = globSync('{libs/*/src,apps,src}/**/*.ts', { cwd: root }).filter((file) => !/node_modules|[\\/]dist[\\/]/.test(file));
    expect(sources.length).toBeGreaterThan(500);
    expect(sources.flatMap((file) => softPrivates(read(file)).map((member) => `${file}:${member}`))).toEqual([]);
  });

  it('would be noticed as private', () => {
    expect(softPrivates('class A {\n  private constructor(private readonly a: string) {}\n  private get b() { return 1; }\n  #c = 2;\n}')).toEqual([
      '3 b',
    ]);
  });
});
