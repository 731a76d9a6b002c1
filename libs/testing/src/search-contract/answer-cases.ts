// Contract of answers: filters, ranking, pages, highlights, and the generation they come from.
import assert from 'node:assert/strict';
import { waitForPosition, type SearchRequest } from '@mainstem/projection';
import { EMPTY_DIGEST, type SearchItem } from '@mainstem/projection/adapter';
import type { ContractCase } from '../contract-suite.js';
import { rejectsWith } from '../read-store-contract/contract-fixture.js';
import { placeOf, productProjection, PRODUCTS, SEARCH_INCARNATION, type DefineSearchCase, type SearchedProduct } from './search-fixture.js';

const LAMPS = 25;
const REFUSED: readonly SearchRequest[] = [
  { query: 'x'.repeat(513), limit: 10 },
  { query: Array.from({ length: 33 }, (_, index) => `w${index}`).join(' '), limit: 10 },
  { query: 'lamp', limit: 0 },
  { query: 'lamp', limit: 1_001 },
  { query: 'lamp', limit: 1.5 },
  { query: 'lamp', limit: 1, filters: { title: 'lamp' } },
  { query: 'lamp', limit: 1, filters: { color: Array.from({ length: 101 }, String) } },
  { query: 'lamp', limit: 1, filters: { color: 'x'.repeat(513) } },
];

export const answerCases = (define: DefineSearchCase): readonly ContractCase[] => [
  define('narrows the result by exact values of fields', async (context) => {
    await context.write({
      a: { title: 'lamp', color: 'Red', size: 'L' },
      b: { title: 'lamp', color: ['Blue', 'Dark Red'], size: 'L' },
      c: { title: 'lamp', color: null },
      d: { title: 'cup', color: 'Red' },
    });
    assert.deepEqual(await context.keys('lamp', { filters: { color: 'Red' } }), ['a']);
    assert.deepEqual(await context.keys('lamp', { filters: { color: ['Dark Red', 'Red', 'Green'] } }), ['a', 'b']);
    assert.deepEqual(await context.keys('lamp', { filters: { color: 'Blue', size: 'L' } }), ['b']);
    assert.deepEqual(await context.keys('lamp', { filters: { color: ['Red', 'Blue'], size: 'M' } }), []);
    assert.deepEqual(await context.keys('lamp', { filters: { color: 'red' } }), []);
    assert.deepEqual(await context.keys('lamp', { filters: { color: [] } }), []);
    const { total, next } = await context.search('lamp', { limit: 1, filters: { size: 'L' } });
    assert.equal(total, 2);
    assert.equal((await context.search('lamp', { limit: 1, cursor: next, filters: { size: 'L' } })).items.length, 1);
    await rejectsWith('SEARCH_INVALID_CURSOR', context.search('lamp', { limit: 1, cursor: next, filters: { size: 'M' } }));
  }),

  define('gives pages that together are the whole result, each document once, best first', async (context) => {
    const titles = Array.from({ length: LAMPS }, (_, index) => [`k${index}`, { title: `lamp ${index % 3 === 0 ? 'lamp' : 'cup plate'}` }] as const);
    await context.write(Object.fromEntries(titles));
    const whole = await context.search('lamp');
    const pages: SearchItem<SearchedProduct>[] = [];
    let count = 0;
    for (let cursor: string | undefined; count === 0 || cursor !== undefined; count++) {
      assert.ok(count < LAMPS);
      const page = await context.search('lamp', { limit: 4, cursor });
      assert.equal(page.total, LAMPS);
      pages.push(...page.items);
      cursor = page.next;
    }
    assert.deepEqual(pages, whole.items);
    assert.equal(count, 7);
    const scores = pages.map(({ score }) => score);
    assert.deepEqual(
      scores,
      [...scores].sort((left, right) => right - left),
    );
    assert.ok(scores.every((score) => score > 0));
    // Equal rank: by key.
    const best = pages.filter(({ score }) => score === scores[0]).map(({ key }) => key);
    assert.deepEqual(best, [...best].sort());
    assert.ok(best.length > 5);
  }),

  define(
    'counts the weights of fields in the ranking',
    async (context) => {
      await context.write({ a: { title: 'lamp', tags: ['cup'] }, b: { title: 'cup', tags: ['lamp'] }, c: { title: 'plate', tags: ['plate'] } });
      const { items } = await context.search('lamp');
      assert.deepEqual(
        items.map(({ key }) => key),
        ['b', 'a'],
      );
    },
    { products: { text: ['title', 'tags'], weights: { tags: 10 } } },
  ),

  define('refuses a request beyond its limits', async (context) => {
    await context.write({ a: { title: 'lamp' } });
    for (const request of REFUSED) await rejectsWith('SEARCH_INVALID_QUERY', context.store.search(PRODUCTS, request));
  }),

  define('refuses a cursor of another query', async (context) => {
    await context.write({ a: { title: 'lamp' }, b: { title: 'lamp' } });
    const { next } = await context.search('lamp', { limit: 1 });
    assert.ok(next !== undefined);
    const cursors = [
      ['cup', next],
      ['lamp', 'nonsense'],
      ['lamp', ''],
      ['lamp', Buffer.from('[1,2,3]').toString('base64url')],
    ] as const;
    for (const [query, cursor] of cursors) await rejectsWith('SEARCH_INVALID_CURSOR', context.search(query, { limit: 1, cursor }));
  }),

  define('marks the found words in the best text, and escapes the rest', async (context) => {
    await context.write({ a: { title: 'A <b>lamp</b>', tags: ['cup', 'LAMP & "Lampion" <i>red</i>'] } });
    const highlightOf = async (query: string, isPrefix = false): Promise<string | undefined> =>
      (await context.search(query, { isPrefix })).items[0]?.highlight;
    assert.equal(await highlightOf('lamp'), 'A &lt;b&gt;<mark>lamp</mark>&lt;/b&gt;');
    assert.equal(await highlightOf('red lamp'), '<mark>LAMP</mark> &amp; &quot;Lampion&quot; &lt;i&gt;<mark>red</mark>&lt;/i&gt;');
    assert.equal(await highlightOf('red lam', true), '<mark>LAMP</mark> &amp; &quot;<mark>Lampion</mark>&quot; &lt;i&gt;<mark>red</mark>&lt;/i&gt;');
  }),

  define('answers from the serving generation, with its position', async (context) => {
    await context.write({ a: { title: 'old lamp' } });
    const next = await context.store.createGeneration(productProjection, SEARCH_INCARNATION);
    const filling = await context.store.open(productProjection, next.number);
    const changes = [{ collection: PRODUCTS, upserts: new Map([['a', { title: 'new lamp' }]]), deletes: [] }];
    await filling.commit({ changes, checkpoint: { from: undefined, to: placeOf(9), digest: EMPTY_DIGEST } });
    const seen = async (): Promise<unknown> => {
      const { items, position } = await context.search('lamp');
      return [items.map(({ document }) => document), position];
    };
    assert.deepEqual(await seen(), [[{ title: 'old lamp' }], 1n]);
    await context.store.promote(PRODUCTS, next.number);
    await waitForPosition(context.store, [PRODUCTS], placeOf(9), { timeoutMs: 10_000 });
    assert.deepEqual(await seen(), [[{ title: 'new lamp' }], 9n]);
    await context.store.dropGeneration(PRODUCTS, 1);
    assert.deepEqual(await context.keys('lamp'), ['a']);
  }),

  define('has an empty result for a collection that does not exist yet', async (context) => {
    const nothing = { total: 0, items: [], next: undefined, position: undefined };
    assert.deepEqual(await context.store.search('nothing', { query: 'lamp', limit: 1 }), nothing);
  }),

  define('searches without options in data that another process wrote', async (context, { open }) => {
    await context.write({ a: { title: 'lamp' } });
    const reader = await open({});
    try {
      assert.equal((await reader.search(PRODUCTS, { query: 'lamp', limit: 1 })).items[0]?.highlight, '<mark>lamp</mark>');
    } finally {
      await reader.close();
    }
  }),

  define('refuses a document that it cannot search', async (context) => {
    for (const document of [
      { title: 5 },
      { title: { text: 'lamp' } },
      { tags: ['lamp', 5] },
      { title: 'lamp', color: 5 },
      { title: 'lamp', size: Number.NaN },
    ]) {
      await rejectsWith('READ_STORE_INVALID_DOCUMENT', context.write({ a: document as unknown as SearchedProduct }));
    }
    assert.equal((await context.store.generations(PRODUCTS))[0]?.checkpoint.position, undefined);
  }),
];
