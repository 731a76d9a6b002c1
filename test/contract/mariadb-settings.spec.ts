// MariaDB servers and users that are set otherwise: read models are the same there, or a typed error says what to do.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DocumentClass } from '@mainstem/projection';
import { SqlReadStore } from '@mainstem/sql';
import { Column, Entity, Index, PrimaryColumn, type ColumnOptions } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startMariadb, type MariadbServer } from '../../scripts/services/mariadb.mjs';
import { CountryTotal, incarnation, mariadbRows, move, Parcel, parcel, parcels, withMariadb } from './sql-fixtures.js';

const START_MS = 60_000;
const WORDS = ['order', 'group', 'key', 'select', 'rank', 'values', 'excluded', 'position', 'row_number'];
const NAMES = [...WORDS, 'with blank', 'with.dot', "it's", 'back`tick', 'ümlaut', '漢字', 'what?', 'c'.repeat(63)];
/** More than the server compares by default when it sorts. */
const SAME_BEGINNING = 'x'.repeat(3_000);
const TEXTS = ['', 'A', 'a', 'a ', 'b', 'Ä', '\uffff', '😀'];

const entityOf = (table: string, columns: Readonly<Record<string, ColumnOptions>>, indexes: readonly string[] = []): DocumentClass => {
  class Shaped {}
  Entity(table)(Shaped);
  PrimaryColumn('text')(Shaped.prototype, 'id');
  for (const [property, options] of Object.entries(columns)) Column(options)(Shaped.prototype, property);
  for (const property of indexes) Index([property])(Shaped);
  return Shaped;
};
const texts = (count: number): Readonly<Record<string, ColumnOptions>> =>
  Object.fromEntries(Array.from({ length: count }, (_, number) => [`c${number}`, { type: 'text' as const }]));

describe.runIf(await withMariadb())('MariaDB set otherwise', () => {
  let server: MariadbServer;
  let database = '';
  let made = 0;
  const urlOf = (user = 'root'): string => server.url.replace('root', user) + database;
  /** The rows of the last statement. */
  const byRoot = async (sql: string, url = urlOf()): Promise<readonly unknown[]> =>
    (await mariadbRows(`SET SESSION tx_read_only = 0, autocommit = 1; ${sql}`, [], url)).at(-1) as readonly unknown[];
  const open = (entities: readonly DocumentClass[] = [Parcel, CountryTotal], user?: string): Promise<SqlReadStore> =>
    SqlReadStore.open({ url: urlOf(user) }, { entities });

  beforeAll(async () => {
    const names = ['--lower-case-table-names=1', '--default-storage-engine=Aria', '--sql-mode=ANSI_QUOTES', '--sort-buffer-size=32768'];
    server = await startMariadb({ flags: names });
    await mariadbRows('SET GLOBAL sql_select_limit = 1, GLOBAL sql_safe_updates = 1, GLOBAL tx_isolation = SERIALIZABLE', [], server.url);
    await mariadbRows('SET GLOBAL tx_read_only = 1, GLOBAL autocommit = 0', [], server.url);
  }, START_MS);
  beforeEach(async () => {
    database = `shop_${++made}`;
    await byRoot(`CREATE DATABASE ${database}`, server.url);
  });
  afterAll(() => server.stop());

  /** What becomes of documents in two generations, of which the second one serves at last. */
  const livedThrough = async (document: DocumentClass, documents: readonly { readonly id: string }[]): Promise<readonly unknown[]> => {
    const store = await open([document]);
    try {
      const projection = { name: 'p', version: 1, fingerprint: '00000000000000aa', collections: [{ name: 'c', document, hasState: false }] };
      for (const number of [1, 2]) {
        await store.createGeneration(projection, incarnation);
        const session = await store.open(projection, number);
        const upserts = new Map(documents.map((one) => [one.id, one]));
        await session.commit({ changes: [{ collection: 'c', upserts, deletes: [] }], checkpoint: move(undefined, 1) });
        expect([...(await session.load('c', [...upserts.keys()])).values()]).toEqual(documents);
      }
      await store.promote('p', 2);
      await store.dropGeneration('p', 1);
      return (await store.read(['p'], (manager) => manager.find(document))).value;
    } finally {
      await store.close();
    }
  };

  it('keeps bookkeeping and rows in transactions, whatever engine the server takes by default', async () => {
    const store = await open();
    await store.createGeneration(parcels, incarnation);
    await store.close();
    const engines = await byRoot(`SELECT DISTINCT engine FROM information_schema.tables WHERE table_schema = '${database}' AND engine IS NOT NULL`);
    expect(engines).toEqual([{ engine: 'InnoDB' }]);
  });

  it('takes reserved words and odd letters as names of tables, columns and indexes', async () => {
    const columns = Object.fromEntries(NAMES.map((name, number) => [`c${number}`, { type: 'integer' as const, name }]));
    const document = Object.fromEntries(NAMES.map((_, number) => [`c${number}`, number]));
    for (const table of ['order', 'Key']) {
      const found = await livedThrough(entityOf(table, columns, Object.keys(columns)), [{ id: 'one', ...document }]);
      expect(found).toEqual([{ id: 'one', ...document }]);
      await byRoot(`DROP DATABASE ${database}; CREATE DATABASE ${database}`);
    }
  });

  it('gives back all rows, in the order of their whole texts', async () => {
    const document = entityOf('sorted', { text: { type: 'text' } });
    const documents = TEXTS.toReversed().map((text, number) => ({ id: `k${number}`, text: SAME_BEGINNING + text }));
    await livedThrough(document, documents);
    const store = await open([document]);
    const { value } = await store.read(['p'], (manager) => manager.query<{ text: string }[]>('SELECT text FROM sorted ORDER BY text'));
    expect(value.map(({ text }) => text.slice(SAME_BEGINNING.length))).toEqual(TEXTS);
    await store.close();
  });

  it.each<[string, DocumentClass, RegExp]>([
    ['a name that ends with a blank', entityOf('odd', { a: { type: 'text', name: 'a ' } }), /a name without blanks around it on MariaDB/],
    ['a name that begins with a blank', entityOf('odd', { a: { type: 'text', name: ' a' } }), /a name without blanks around it/],
    ['an emoji in a name', entityOf('odd', { a: { type: 'text', name: 'a😀' } }), /without characters beyond U\+FFFF/],
    ['too many columns', entityOf('odd', texts(1_100)), /has 1101 columns, and may have 1016/],
    ['too many indexes', entityOf('odd', texts(64), Object.keys(texts(64))), /has 64 indexes, and may have 63/],
  ])('refuses an entity with %s when the store is opened', async (_, entity, problem) => {
    const refused = open([entity]);
    await expect(refused).rejects.toMatchObject({ code: 'READ_STORE_UNSUPPORTED_ENTITY' });
    await expect(refused).rejects.toThrow(problem);
  });

  it.each([
    ['texts in indexes', entityOf('wide', texts(30), Object.keys(texts(30)))],
    ['columns', entityOf('wide', texts(1_000))],
  ])('refuses a table whose rows are too large, by their %s, for good', async (_, entity) => {
    await expect(livedThrough(entity, [])).rejects.toMatchObject({
      code: 'READ_STORE_STATEMENT_REFUSED',
      message: expect.stringContaining('Row size too large') as string,
    });
  });

  it('refuses a server that takes small statements alone, and says what to set', async () => {
    const [row] = (await byRoot('SELECT @@global.max_allowed_packet AS packet')) as { packet: string | number }[];
    await byRoot('SET GLOBAL max_allowed_packet = 65536');
    try {
      await expect(open()).rejects.toMatchObject({
        code: 'READ_STORE_UNSUPPORTED_DATABASE',
        message: expect.stringContaining('max_allowed_packet') as string,
      });
    } finally {
      await byRoot(`SET GLOBAL max_allowed_packet = ${row?.packet}`);
    }
  });

  describe('with a user who lacks a right', () => {
    const lacking = async (right: string): Promise<readonly unknown[]> => {
      const user = `user_${made}`;
      await byRoot(`CREATE USER ${user}; GRANT ALL ON ${database}.* TO ${user}; REVOKE ${right} ON ${database}.* FROM ${user}`);
      const failures: unknown[] = [];
      const attempt = async (work: () => Promise<unknown>): Promise<void> => {
        await work().catch((error: unknown) => failures.push(error));
      };
      await attempt(async () => {
        const store = await open(undefined, user);
        for (const number of [1, 2]) {
          await attempt(() => store.createGeneration(parcels, incarnation));
          await attempt(async () => (await store.open(parcels, number)).commit({ changes: [], checkpoint: move(undefined, 1) }));
        }
        await attempt(() => store.promote('parcels', 2));
        await attempt(() => store.read(['parcels'], (manager) => manager.find(Parcel)));
        await attempt(() => store.dropGeneration('parcels', 1));
        await store.close();
      });
      return failures;
    };

    it.each(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE', 'DROP', 'CREATE VIEW', 'LOCK TABLES'])('says so: %s', async (right) => {
      const failures = await lacking(right);
      expect(failures).toContainEqual(expect.objectContaining({ code: 'READ_STORE_PERMISSION_DENIED' }));
      for (const failure of failures) expect((failure as { code?: string }).code, String(failure)).toMatch(/^READ_STORE_/);
    });
  });

  it(
    'reads where the engine takes no writes, and says so to a writer',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'mainstem-mariadb-'));
      const filled = await startMariadb({ folder });
      await mariadbRows('CREATE DATABASE shop', [], filled.url);
      const at = { url: `${filled.url}shop` };
      const writer = await SqlReadStore.open(at, { entities: [Parcel, CountryTotal] });
      await writer.createGeneration(parcels, incarnation);
      await (await writer.open(parcels, 1)).commit({ changes: [], checkpoint: move(undefined, 1) });
      await writer.close();
      await filled.stop();
      const frozen = await startMariadb({ folder, port: filled.port, flags: ['--innodb-read-only'] });
      try {
        const reader = await SqlReadStore.open(at, { entities: [Parcel, CountryTotal] });
        expect((await reader.read(['parcels'], (manager) => manager.count(Parcel))).position).toBe(1n);
        await expect(reader.open(parcels, 1)).rejects.toMatchObject({ code: 'READ_STORE_READ_ONLY' });
        await reader.close();
      } finally {
        await frozen.stop();
        await rm(folder, { recursive: true, force: true });
      }
    },
    START_MS,
  );

  it('says that a view cannot be read after the user who made it is gone', async () => {
    const maker = `maker_${made}`;
    await byRoot(`CREATE USER ${maker}; GRANT ALL ON ${database}.* TO ${maker}`);
    const store = await open(undefined, maker);
    await store.createGeneration(parcels, incarnation);
    await (
      await store.open(parcels, 1)
    ).commit({
      changes: [{ collection: 'parcels', upserts: new Map([['a', parcel('a')]]), deletes: [] }],
      checkpoint: move(undefined, 1),
    });
    await store.close();
    await byRoot(`DROP USER ${maker}`);
    const reader = await open();
    await expect(reader.read(['parcels'], (manager) => manager.find(Parcel))).rejects.toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
    await reader.close();
  });
});
