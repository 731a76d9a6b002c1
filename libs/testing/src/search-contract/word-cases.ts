// Contract of words: which documents a query finds, whatever a user types.
import assert from 'node:assert/strict';
import type { ContractCase } from '../contract-suite.js';
import type { DefineSearchCase } from './search-fixture.js';

/** Texts with a meaning in query languages of search engines. */
const TYPED = [
  '"',
  'lamp"',
  'lamp OR nothing',
  'NOT lamp',
  '-lamp',
  '+lamp +cup',
  'title:lamp',
  'words.0:lamp',
  'lamp*',
  'la?p',
  'lamp~2',
  '^lamp',
  '/la.p/',
  'NEAR(lamp red)',
  "lamp'; --",
  '{lamp} : red',
  '[a TO z]',
  'a AND',
  '_exists_:title',
];

const FIELDS = Array.from({ length: 24 }, (_, index) => `f${index}`);
const WORDS = Array.from({ length: 32 }, (_, index) => `w${index}`);

export const wordCases = (define: DefineSearchCase): readonly ContractCase[] => [
  define('finds documents with all words, in any order and field and in any case', async (context) => {
    await context.write({ a: { title: 'White METAL lantern' }, b: { title: 'White clock', tags: ['lantern'] }, c: { title: 'White lanterns' } });
    assert.deepEqual(await context.keys('lantern WHITE'), ['a', 'b']);
    assert.deepEqual(await context.keys('lantern white metal'), ['a']);
    assert.deepEqual(await context.keys('lant'), []);
  }),

  define('treats the last word as a beginning on request', async (context) => {
    await context.write({ a: { title: 'White metal lantern' }, b: { title: 'Metallic lamp' }, c: { title: 'Lamp of wood' } });
    assert.deepEqual(await context.keys('la', { isPrefix: true }), ['a', 'b', 'c']);
    assert.deepEqual(await context.keys('met lamp', { isPrefix: true }), []);
    assert.deepEqual(await context.keys('lamp met', { isPrefix: true }), ['b']);
    assert.deepEqual(await context.keys('l', { isPrefix: true }), ['a', 'b', 'c']);
  }),

  define('finds nothing for a query without words', async (context) => {
    await context.write({ a: { title: 'lamp' } });
    assert.deepEqual(await context.search(' "*- '), { total: 0, items: [], next: undefined, position: 1n });
  }),

  define('never interprets user text as a query language', async (context) => {
    await context.write({ a: { title: 'red lamp' } });
    for (const query of TYPED) {
      const words = query.toLowerCase().match(/[a-z0-9]+/g) ?? [];
      const isThere = words.length > 0 && words.every((word) => ['red', 'lamp'].includes(word));
      assert.deepEqual(await context.keys(query), isThere ? ['a'] : [], query);
    }
  }),

  define('treats letters of all scripts as letters, and equivalent spellings as one', async (context) => {
    await context.write({ a: { title: 'Café au lait' }, b: { title: 'Стол ΟΔΟΣ' }, c: { title: 'हिन्दी भाषा' }, d: { title: '3£ 𝔘nicode' } });
    assert.deepEqual(await context.keys('cafe\u0301'), ['a']);
    assert.deepEqual(await context.keys('cafe'), []);
    assert.deepEqual(await context.keys('СТОЛ οδος'), ['b']);
    assert.deepEqual(await context.keys('हिन्दी'), ['c']);
    assert.deepEqual(await context.keys('3 𝔘nicode'), ['d']);
  }),

  define('keeps very long words apart from their beginnings', async (context) => {
    const long = 'x'.repeat(40_000);
    await context.write({ a: { title: `${long} lamp` }, b: { title: `${'x'.repeat(512)} lamp` } });
    assert.deepEqual(await context.keys('lamp'), ['a', 'b']);
    assert.deepEqual(await context.keys('x'.repeat(512)), ['b']);
    assert.deepEqual(await context.keys('x'.repeat(300), { isPrefix: true }), ['a', 'b']);
  }),

  define(
    'accepts as many words in as many fields as it promises',
    async (context) => {
      const places = WORDS.map((word, index) => [FIELDS[index % FIELDS.length] ?? '', word] as const);
      const text = (field: string): readonly string[] => places.filter(([place]) => place === field).map(([, word]) => word);
      await context.write({ a: Object.fromEntries(FIELDS.map((field) => [field, text(field)])) });
      assert.deepEqual(await context.keys(WORDS.join(' ')), ['a']);
      assert.deepEqual(await context.keys(WORDS.join(' '), { isPrefix: true }), ['a']);
      assert.deepEqual(await context.keys([...WORDS.slice(1), 'missing'].join(' ')), []);
    },
    { products: { text: FIELDS } },
  ),

  define('follows changes and deletions of documents', async (context) => {
    await context.write({ a: { title: 'red lamp' }, b: { title: 'red cup' } });
    await context.write({ a: { title: 'blue lamp' } }, ['b']);
    assert.deepEqual(await context.keys('red'), []);
    assert.deepEqual(await context.keys('blue'), ['a']);
    await context.write({ b: { title: 'red plate' } });
    assert.deepEqual(await context.keys('red'), ['b']);
  }),

  define('hides the bookkeeping of the engine', async (context) => {
    await context.write({ a: { title: 'lamp', $state: 'secret' } });
    assert.deepEqual((await context.search('lamp')).items[0]?.document, { title: 'lamp' });
    assert.deepEqual(await context.store.get('products', 'a'), { title: 'lamp' });
    assert.deepEqual((await context.session.load('products', ['a'])).get('a'), { title: 'lamp', $state: 'secret' });
  }),

  define('returns a document by its key', async (context) => {
    await context.write({ a: { title: 'lamp' } }, ['b']);
    assert.deepEqual(await context.store.get('products', 'a'), { title: 'lamp' });
    assert.equal(await context.store.get('products', 'b'), undefined);
    assert.equal(await context.store.get('unknown', 'a'), undefined);
  }),
];
