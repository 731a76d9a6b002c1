// Contract of expiry: queries do not see an expired document; the fold sees it until it is removed.
import assert from 'node:assert/strict';
import type { ContractCase } from '../contract-suite.js';
import type { DefineCacheCase } from './cache-fixture.js';

export const expiryCases = (define: DefineCacheCase): readonly ContractCase[] => [
  define('answers queries as if a document were absent from the moment it expires', async (context) => {
    await context.write({ a: { net: 3, until: context.nowMs + 10 }, b: { net: 2 }, c: { net: 1, until: context.nowMs + 11 } });
    context.nowMs += 9;
    assert.ok(await context.get('a'));
    context.nowMs += 1;
    assert.equal(await context.get('a'), undefined);
    assert.deepEqual(await context.top('net', 2), [
      ['b', 2],
      ['c', 1],
    ]);
  }),

  define('shows an expired document to folds, comparisons and scans', async (context) => {
    const a = { net: 1, until: context.nowMs + 10 };
    await context.write({ a, b: { net: 2 } });
    context.nowMs += 10;
    await context.write({ c: {} });
    assert.deepEqual((await context.session.load('customers', ['a'])).get('a'), a);
    const { store } = context;
    const entries = [
      ['a', a],
      ['b', { net: 2 }],
      ['c', {}],
    ];
    assert.deepEqual(await store.scan('customers', 1, 'customers', { limit: 10 }), entries);
    await store.snapshot('customers', 1, async ({ scan }) => assert.deepEqual(await scan('customers', { limit: 10 }), entries));
    assert.deepEqual(await store.checkDerived?.('customers', 1), []);
  }),

  define('lists the documents that expire up to a time, a few at a time', async (context) => {
    const { nowMs, session } = context;
    await context.write({ a: { until: nowMs }, b: { until: nowMs + 1 }, c: {}, d: { until: nowMs - 1 } });
    const until = async (timeMs: number, limit = 10) => [...((await session.expiredKeys?.('customers', timeMs, limit)) ?? [])].sort();
    assert.deepEqual(await until(nowMs - 2), []);
    assert.deepEqual(await until(nowMs), ['a', 'd']);
    assert.equal((await until(nowMs + 1, 2)).length, 2);
    await context.write({ d: {} }, ['a']);
    assert.deepEqual(await until(nowMs + 1), ['b']);
    assert.ok(context.store.expiryOf?.('customers'));
    assert.equal(context.store.expiryOf?.('others'), undefined);
  }),

  define('writes a document anew after it has expired', async (context) => {
    await context.write({ a: { net: 1, until: context.nowMs + 10 } });
    context.nowMs += 10;
    await context.write({ a: { net: 7, until: context.nowMs + 10 } });
    assert.deepEqual(await context.get('a'), { net: 7, until: context.nowMs + 10 });
    assert.deepEqual(await context.top('net'), [['a', 7]]);
  }),

  define('keeps a document whose expiry is removed', async (context) => {
    await context.write({ a: { net: 1, until: context.nowMs + 10 } });
    await context.write({ a: { net: 1 } });
    context.nowMs += 10;
    await context.write({});
    assert.deepEqual(await context.get('a'), { net: 1 });
  }),
];
