// Contract of the search check: clean after any writes; otherwise it names the documents with wrong words.
import assert from 'node:assert/strict';
import { EMPTY_DIGEST, type ProjectionDocument } from '@mainstem/projection/adapter';
import type { ContractCase } from '../contract-suite.js';
import { rejectsWith } from '../read-store-contract/contract-fixture.js';
import { placeOf, productProjection, PRODUCTS, SEARCH_INCARNATION, type DefineSearchCase, type SearchedProduct } from './search-fixture.js';

/** More than two pages of any check, the last one full. */
const MANY = 3_000;
const keyOf = (index: number): string => `k${String(index).padStart(4, '0')}`;

export const derivedCases = (define: DefineSearchCase): readonly ContractCase[] => [
  define('finds no difference, whatever was written, changed and deleted', async (context) => {
    await context.write({
      a: { title: 'Café "au" lait \u{1D518}', tags: ['x'.repeat(40_000), '', 'हिन्दी'], color: ['Red', 'Dark Blue'], size: 'L' },
      b: { title: `${'y'.repeat(512)}\u{1F600}`, color: `${'z'.repeat(512)}\u{1F600}`, $state: 'lamp' },
      c: { note: 'lamp', color: null },
      d: {},
      ['k'.repeat(1_000)]: { title: 'long key' },
    });
    await context.write({ a: { title: 'cup', color: 'Red' }, d: { tags: ['lamp'] } }, ['c']);
    assert.deepEqual(await context.store.checkDerived?.(PRODUCTS, 1), []);
  }),

  define('finds no difference in a generation that was filled in bulk', async ({ store }) => {
    const { number } = await store.createGeneration(productProjection, SEARCH_INCARNATION, { isBulk: true });
    const filling = await store.open(productProjection, number);
    const upserts = new Map<string, ProjectionDocument>(
      Array.from({ length: MANY }, (_, index) => [keyOf(index), { title: `lamp ${index}`, size: `${index % 5}` } satisfies SearchedProduct]),
    );
    const changes = [{ collection: PRODUCTS, upserts, deletes: [] }];
    await filling.commit({ changes, checkpoint: { from: undefined, to: placeOf(1), digest: EMPTY_DIGEST } });
    await filling.finishBulk();
    assert.deepEqual(await store.checkDerived?.(PRODUCTS, number), []);
  }),

  define('names exactly the documents with wrong words, on any page', async (context, { damageWords }) => {
    await context.write(Object.fromEntries(Array.from({ length: MANY }, (_, index) => [keyOf(index), { title: `lamp ${index}` }])));
    const damaged = [0, 999, 1_000, 1_500, MANY - 1].map(keyOf);
    for (const key of damaged) await damageWords(key);
    const differences = (await context.store.checkDerived?.(PRODUCTS, 1)) ?? [];
    assert.deepEqual([...new Set(differences.map(({ key }) => key))].sort(), damaged);
    const words = differences.filter(({ field }) => field === 'words');
    assert.deepEqual(words.map(({ key }) => key).sort(), damaged);
    for (const { collection, stored, expected } of words) {
      assert.equal(collection, PRODUCTS);
      assert.notDeepEqual(stored, expected);
    }
    assert.deepEqual((await context.store.scan(PRODUCTS, 1, PRODUCTS, { limit: 1 }))[0], [keyOf(0), { title: 'lamp 0' }]);
  }),

  define('refuses a missing generation, and ends when its signal fires', async (context) => {
    await context.write({ a: { title: 'lamp' } });
    const { store } = context;
    assert.ok(store.checkDerived);
    await rejectsWith('READ_STORE_UNKNOWN_GENERATION', store.checkDerived(PRODUCTS, 7));
    await rejectsWith('EVENT_STORE_ABORTED', store.checkDerived(PRODUCTS, 1, AbortSignal.abort()));
  }),
];
