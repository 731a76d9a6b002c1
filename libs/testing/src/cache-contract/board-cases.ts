// Contract of leaderboards: sorted, in step with the documents, continued from anywhere.
import assert from 'node:assert/strict';
import type { PlaceCursor } from '@mainstem/projection/adapter';
import type { ContractCase } from '../contract-suite.js';
import { seededRandom } from '../faults/seeded-random.js';
import type { Customer, DefineCacheCase } from './cache-fixture.js';

const ROUNDS = 60;

export const boardCases = (define: DefineCacheCase): readonly ContractCase[] => [
  define('orders a leaderboard by score descending, then by key in code-point order', async (context) => {
    await context.write({
      z: { net: 5 },
      a: { net: 5 },
      B: { net: 5 },
      '\u{1F600}': { net: 5 },
      '\uFFFD': { net: 5 },
      min: { net: -3 },
      least: { net: -(2 ** 53) + 1 },
      max: { net: 2 ** 53 - 1 },
      next: { net: 2 ** 53 - 2 },
      zero: { net: -0 },
      none: {},
    });
    assert.deepEqual(await context.top('net'), [
      ['max', 2 ** 53 - 1],
      ['next', 2 ** 53 - 2],
      ['B', 5],
      ['a', 5],
      ['z', 5],
      ['\uFFFD', 5],
      ['\u{1F600}', 5],
      ['zero', 0],
      ['min', -3],
      ['least', -(2 ** 53) + 1],
    ]);
    assert.deepEqual(await context.top('net', 2), [
      ['max', 2 ** 53 - 1],
      ['next', 2 ** 53 - 2],
    ]);
  }),

  define('keeps leaderboards in step with documents that change and go', async (context) => {
    await context.write({ a: { net: 1, month: '2011-01' }, b: { net: 2, month: '2011-01' }, c: { net: 3, month: '2011-02' } });
    await context.write({ a: { net: 9, month: '2011-02' }, b: { net: 2 } }, ['c', 'absent']);
    assert.deepEqual(await context.top('net'), [
      ['a', 9],
      ['b', 2],
    ]);
    assert.deepEqual(await context.top('net:2011-01'), []);
    assert.deepEqual(await context.top('net:2011-02'), [['a', 9]]);
    assert.deepEqual(await context.top('unknown'), []);
  }),

  define('continues a leaderboard after any place', async (context) => {
    await context.write(Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`k${index}`, { net: index % 4 }])));
    const { value: whole } = await context.store.top('customers', 'net', { limit: 1_000 });
    assert.equal(whole.length, 30);
    for (const [index, after] of whole.entries()) {
      assert.deepEqual((await context.store.top('customers', 'net', { limit: 1_000, after })).value, whole.slice(index + 1));
    }
  }),

  define('continues a leaderboard after a place that is no longer taken', async (context) => {
    await context.write({ a: { net: 3 }, c: { net: 2 }, e: { net: 2 }, '\u{1F600}': { net: 2 }, g: { net: 1 } });
    const after = async (cursor: PlaceCursor): Promise<readonly string[]> =>
      (await context.store.top('customers', 'net', { limit: 10, after: cursor })).value.map(({ key }) => key);
    assert.deepEqual(await after({ key: 'd', score: 2 }), ['e', '\u{1F600}', 'g']);
    assert.deepEqual(await after({ key: '\uFFFD', score: 2 }), ['\u{1F600}', 'g']);
    assert.deepEqual(await after({ key: 'z', score: 3 }), ['c', 'e', '\u{1F600}', 'g']);
    assert.deepEqual(await after({ key: '', score: 2 }), ['c', 'e', '\u{1F600}', 'g']);
    assert.deepEqual(await after({ key: 'a', score: 9 }), ['a', 'c', 'e', '\u{1F600}', 'g']);
    assert.deepEqual(await after({ key: 'a', score: 0 }), []);
  }),

  define('equals leaderboards computed anew, after any sequence of changes', async (context) => {
    const model = new Map<string, Customer>();
    const random = seededRandom(7);
    const next = (bound: number): number => random.int(0, bound - 1);
    for (let round = 0; round < ROUNDS; round++) {
      const upserts: Record<string, Customer> = {};
      for (let count = 0; count < 5; count++)
        upserts[`k${next(20)}`] = { ...(next(4) > 0 && { net: next(6) - 2 }), ...(next(2) > 0 && { month: `m${next(2)}` }) };
      const deletes = [`k${next(20)}`].filter((key) => !(key in upserts));
      await context.write(upserts, deletes);
      Object.entries(upserts).forEach(([key, document]) => model.set(key, document));
      deletes.forEach((key) => model.delete(key));
      const expected = [...model]
        .flatMap(([key, { net, month }]) => (net === undefined || month !== 'm1' ? [] : [[key, net] as const]))
        .sort(([leftKey, left], [rightKey, right]) => right - left || (leftKey < rightKey ? -1 : 1));
      assert.deepEqual(await context.top('net:m1'), expected);
    }
    assert.deepEqual(await context.store.checkDerived?.('customers', 1), []);
  }),
];
