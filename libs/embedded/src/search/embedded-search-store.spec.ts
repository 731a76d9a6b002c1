// What the embedded full-text index promises.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Incarnation, position } from '@mainstem/event-store';
import type { CollectionDescriptor, DocumentClass, ProjectionDescriptor, ProjectionDocument, ReadStoreSession } from '@mainstem/projection';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmbeddedSearchStore } from './embedded-search-store.js';
import type { SearchCollections } from './search-options.js';

const INCARNATION = '0b0f6a3e-6f0f-4c5e-9a51-3f6a2f1f7a10' as Incarnation;
const products: CollectionDescriptor = { name: 'products', document: Object as DocumentClass, hasState: true };
const projection: ProjectionDescriptor = { name: 'products', version: 1, fingerprint: 'f'.repeat(16), collections: [products] };
const TEXT = { products: { text: ['title', 'tags'] } };

let dir: string;
let store: EmbeddedSearchStore;
let session: ReadStoreSession;
let place = 0n;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mainstem-search-'));
  place = 0n;
  await openStore(TEXT);
});

afterEach(async () => {
  await store.close();
  await rm(dir, { recursive: true });
});

const openStore = async (collections: SearchCollections): Promise<void> => {
  store = await EmbeddedSearchStore.open({ dir, collections });
  const [found] = await store.generations(projection.name);
  const generation = found ?? (await store.createGeneration(projection, INCARNATION));
  session = await store.open(projection, generation.number);
};

const write = async (upserts: Readonly<Record<string, ProjectionDocument>>, deletes: readonly string[] = []): Promise<void> => {
  const from = place === 0n ? undefined : position(place);
  const to = position(++place);
  const changes = [{ collection: 'products', upserts: new Map(Object.entries(upserts)), deletes }];
  await session.commit({ changes, checkpoint: { from, to, digest: '0'.repeat(16) } });
};

const keys = async (query: string, isPrefix = false): Promise<readonly string[]> => {
  const { items, total } = await store.search('products', { query, limit: 1_000, isPrefix });
  expect(total).toBe(items.length);
  return items.map(({ key }) => key).sort();
};

describe('the embedded full-text index', () => {
  it('finds documents that have all words, in any order and field, whatever their case', async () => {
    await write({ a: { title: 'White METAL lantern' }, b: { title: 'White clock', tags: ['lantern'] }, c: { title: 'White lanterns' } });

    expect(await keys('lantern WHITE')).toEqual(['a', 'b']);
    expect(await keys('lantern white metal')).toEqual(['a']);
    expect(await keys('lant')).toEqual([]);
  });

  it('takes the last word as a beginning when asked to', async () => {
    await write({ a: { title: 'White metal lantern' }, b: { title: 'Metallic lamp' }, c: { title: 'Lamp of wood' } });

    expect(await keys('la', true)).toEqual(['a', 'b', 'c']);
    expect(await keys('met lamp', true)).toEqual([]);
    expect(await keys('lamp met', true)).toEqual(['b']);
    expect(await keys('l', true)).toEqual(['a', 'b', 'c']);
  });

  it('finds nothing for a query without words', async () => {
    await write({ a: { title: 'lamp' } });

    expect(await store.search('products', { query: ' "*- ', limit: 10 })).toEqual({ total: 0, items: [], next: undefined, position: 1n });
  });

  it.each([
    '"',
    'lamp"',
    'lamp OR nothing',
    'NOT lamp',
    'title:lamp',
    'field_0:lamp',
    'lamp*',
    '^lamp',
    'NEAR(lamp red)',
    "lamp'; --",
    '{lamp} : red',
    'a AND',
  ])('never takes what a user types for a language: %s', async (query) => {
    await write({ a: { title: 'red lamp' } });
    const words = query.toLowerCase().match(/[a-z0-9]+/g) ?? [];
    const isThere = words.length > 0 && words.every((word) => ['red', 'lamp'].includes(word));

    expect(await keys(query)).toEqual(isThere ? ['a'] : []);
  });

  it('treats letters of all scripts as letters, and equivalent spellings as one', async () => {
    await write({ a: { title: 'Caf\u00e9 au lait' }, b: { title: 'Стол ΟΔΟΣ' }, c: { title: 'हिन्दी भाषा' }, d: { title: '3£ 𝔘nicode' } });

    expect(await keys('cafe\u0301')).toEqual(['a']);
    expect(await keys('cafe')).toEqual([]);
    expect(await keys('СТОЛ οδος')).toEqual(['b']);
    expect(await keys('हिन्दी')).toEqual(['c']);
    expect(await keys('3 𝔘nicode')).toEqual(['d']);
  });

  it('follows changes and deletions of documents', async () => {
    await write({ a: { title: 'red lamp' }, b: { title: 'red cup' } });
    await write({ a: { title: 'blue lamp' } }, ['b']);

    expect(await keys('red')).toEqual([]);
    expect(await keys('blue')).toEqual(['a']);
    await write({ b: { title: 'red plate' } });
    expect(await keys('red')).toEqual(['b']);
    expect(await session.load('products', ['a', 'b', 'c'])).toEqual(
      new Map([
        ['a', { title: 'blue lamp' }],
        ['b', { title: 'red plate' }],
      ]),
    );
  });

  it('ranks the same after many changes as an index that was filled at once', async () => {
    const titles = ['red lamp', 'red red lamp shade', 'lamp', 'blue lamp with a red shade', 'green cup', 'red', 'blue cup'];
    const document = (index: number): ProjectionDocument => ({ title: titles[index % titles.length] });
    for (let round = 1; round <= 5; round++) {
      await write(Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`k${index}`, document(index * round + round)])));
    }
    await write({}, ['k1', 'k2']);
    const grown = await store.search('products', { query: 'red lamp', limit: 100 });
    const last = await session.load(
      'products',
      Array.from({ length: 40 }, (_, index) => `k${index}`),
    );
    await store.close();
    await rm(dir, { recursive: true });
    place = 0n;
    await openStore(TEXT);
    await write(Object.fromEntries(last));
    const filled = await store.search('products', { query: 'red lamp', limit: 100 });

    expect(grown.items.map(({ key, score }) => [key, score])).toEqual(filled.items.map(({ key, score }) => [key, score]));
    expect(grown.total).toBeGreaterThan(5);
  });

  it('gives pages that together are the whole result, once each, best first', async () => {
    await write(
      Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`k${index}`, { title: `lamp ${index % 3 === 0 ? 'lamp' : 'cup plate'}` }])),
    );
    const whole = await store.search('products', { query: 'lamp', limit: 1_000 });
    const pages: { key: string; score: number }[] = [];
    let cursor: string | undefined;
    let count = 0;
    do {
      const page = await store.search('products', { query: 'lamp', limit: 4, cursor });
      expect(page.total).toBe(25);
      pages.push(...page.items);
      cursor = page.next;
      count++;
    } while (cursor !== undefined && count < 20);

    expect(pages).toEqual(whole.items);
    expect(count).toBe(7);
    const scores = pages.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((left, right) => right - left));
    expect(scores.every((score) => score > 0)).toBe(true);
  });

  it.each([
    { query: 'x'.repeat(513), limit: 10 },
    { query: Array.from({ length: 33 }, (_, index) => `w${index}`).join(' '), limit: 10 },
    { query: 'lamp', limit: 0 },
    { query: 'lamp', limit: 1_001 },
    { query: 'lamp', limit: 1.5 },
  ])('refuses a request beyond its limits: %o', async (request) => {
    await expect(store.search('products', request)).rejects.toMatchObject({ code: 'SEARCH_INVALID_QUERY' });
  });

  it('refuses a cursor that it did not make for this query', async () => {
    await write({ a: { title: 'lamp' }, b: { title: 'lamp' } });
    const { next } = await store.search('products', { query: 'lamp', limit: 1 });

    expect(next).toBeDefined();
    for (const [query, cursor] of [
      ['cup', next],
      ['lamp', 'nonsense'],
      ['lamp', ''],
      ['lamp', Buffer.from('[1,2,3]').toString('base64url')],
    ]) {
      await expect(store.search('products', { query: query ?? '', limit: 1, cursor })).rejects.toMatchObject({ code: 'SEARCH_INVALID_CURSOR' });
    }
  });

  it('marks the words found in the text that fits best, and escapes all the rest', async () => {
    await write({ a: { title: 'A <b>lamp</b>', tags: ['cup', 'LAMP & "Lampion" <i>red</i>'] } });
    const highlightOf = async (query: string, isPrefix = false): Promise<string | undefined> =>
      (await store.search('products', { query, limit: 1, isPrefix })).items[0]?.highlight;

    expect(await highlightOf('lamp')).toBe('A &lt;b&gt;<mark>lamp</mark>&lt;/b&gt;');
    expect(await highlightOf('red lamp')).toBe('<mark>LAMP</mark> &amp; &quot;Lampion&quot; &lt;i&gt;<mark>red</mark>&lt;/i&gt;');
    expect(await highlightOf('red lam', true)).toBe('<mark>LAMP</mark> &amp; &quot;<mark>Lampion</mark>&quot; &lt;i&gt;<mark>red</mark>&lt;/i&gt;');
  });

  it('shows a long text around its first hit', async () => {
    await write({ a: { title: `${'before '.repeat(1_000)}lamp ${'after '.repeat(1_000)}` } });
    const [item] = (await store.search('products', { query: 'lamp', limit: 1 })).items;

    expect(item?.highlight).toMatch(/^….*<mark>lamp<\/mark>.*…$/);
    expect(item?.highlight.length).toBeLessThan(700);
  });

  it('hides the bookkeeping of the engine', async () => {
    await write({ a: { title: 'lamp', $state: 'secret' } });

    expect((await store.search('products', { query: 'lamp', limit: 1 })).items[0]?.document).toEqual({ title: 'lamp' });
    expect((await session.load('products', ['a'])).get('a')).toEqual({ title: 'lamp', $state: 'secret' });
  });

  it('returns a document by its key', async () => {
    await write({ a: { title: 'lamp', $state: 'secret' } });

    expect(await store.get('products', 'a')).toEqual({ title: 'lamp' });
    expect(await store.get('products', 'b')).toBeUndefined();
    expect(await store.get('unknown', 'a')).toBeUndefined();
  });

  it('stores documents that nothing is searched in', async () => {
    await store.close();
    await openStore({});
    await write({ a: { title: 'lamp' }, b: { title: 'cup' } }, []);
    await write({ a: { title: 'light' } }, ['b']);

    expect(await store.get('products', 'a')).toEqual({ title: 'light' });
    expect(await keys('light')).toEqual([]);
    await store.close();
    await openStore(TEXT);
    expect(await keys('light')).toEqual(['a']);
  });

  it('answers from the generation that serves, with its position', async () => {
    await write({ a: { title: 'old lamp' } });
    const next = await store.createGeneration(projection, INCARNATION);
    const filling = await store.open(projection, next.number);
    const changes = [{ collection: 'products', upserts: new Map([['a', { title: 'new lamp' }]]), deletes: [] }];
    await filling.commit({ changes, checkpoint: { from: undefined, to: position(9n), digest: '0'.repeat(16) } });

    expect(await store.search('products', { query: 'lamp', limit: 1 })).toMatchObject({ items: [{ document: { title: 'old lamp' } }], position: 1n });
    await store.promote('products', next.number);
    expect(await store.search('products', { query: 'lamp', limit: 1 })).toMatchObject({ items: [{ document: { title: 'new lamp' } }], position: 9n });
    await store.dropGeneration('products', 1);
    expect(await keys('lamp')).toEqual(['a']);
  });

  it('has an empty result for a collection that is not there yet', async () => {
    expect(await store.search('nothing', { query: 'lamp', limit: 1 })).toEqual({ total: 0, items: [], next: undefined, position: undefined });
  });

  it('makes the index anew when other fields are declared', async () => {
    await write({ a: { title: 'lamp', note: 'shiny' } });
    expect(await keys('shiny')).toEqual([]);
    await store.close();
    await openStore({ products: { text: ['note'] } });

    expect(await keys('shiny')).toEqual(['a']);
    expect(await keys('lamp')).toEqual([]);
    await write({ a: { title: 'lamp', note: 'dull' } });
    expect(await keys('shiny')).toEqual([]);
  });

  it('counts the weights of fields in the ranking', async () => {
    await store.close();
    await openStore({ products: { text: ['title', 'tags'], weights: { tags: 10 } } });
    await write({ a: { title: 'lamp', tags: ['cup'] }, b: { title: 'cup', tags: ['lamp'] }, c: { title: 'plate', tags: ['plate'] } });

    expect((await store.search('products', { query: 'lamp', limit: 2 })).items.map(({ key }) => key)).toEqual(['b', 'a']);
  });

  it('searches without any options where another process writes', async () => {
    await write({ a: { title: 'lamp' } });
    const reader = await EmbeddedSearchStore.open({ dir });

    expect((await reader.search('products', { query: 'lamp', limit: 1 })).items[0]?.highlight).toBe('<mark>lamp</mark>');
    await reader.close();
  });

  it.each([{ title: 5 }, { title: { text: 'lamp' } }, { tags: ['lamp', 5] }, { title: 'lamp', amount: Number.NaN }])(
    'refuses a document it cannot hold: %o',
    async (document) => {
      await expect(write({ a: document })).rejects.toMatchObject({ code: 'READ_STORE_INVALID_DOCUMENT' });
      expect((await store.generations('products'))[0]?.checkpoint.position).toBeUndefined();
    },
  );

  it.each<SearchCollections>([
    { products: { text: ['title', 'title'] } },
    { products: { text: ['title'], weights: { tags: 1 } } },
    { products: { text: ['title'], weights: { title: 0 } } },
  ])('refuses options that cannot work: %o', async (collections) => {
    await expect(EmbeddedSearchStore.open({ dir, collections })).rejects.toMatchObject({ code: 'PROJECTION_INVALID_DEFINITION' });
  });
});
