// Contract of expiry: a document reads as absent from the moment it expires, everywhere.
import assert from 'node:assert/strict';
import type { ContractCase } from '../contract-suite.js';
import type { DefineCacheCase } from './cache-fixture.js';

export const expiryCases = (define: DefineCacheCase): readonly ContractCase[] => [
  define('reads a document as absent from the moment it expires', async (context) => {
    await context.write({ a: { net: 3, until: context.nowMs + 10 }, b: { net: 2 }, c: { net: 1, until: context.nowMs + 11 } });
    context.nowMs += 9;
    assert.ok(await context.get('a'));
    context.nowMs += 1;
    assert.equal(await context.get('a'), undefined);
    assert.deepEqual(await context.top('net', 2), [
      ['b', 2],
      ['c', 1],
    ]);
    assert.deepEqual([...(await context.session.load('customers', ['a', 'b'])).keys()], ['b']);
    const scanned = await context.store.scan('customers', 1, 'customers', { limit: 10 });
    assert.deepEqual(
      scanned.map(([key]) => key),
      ['b', 'c'],
    );
  }),

  define('removes expired documents while it commits, so that they do not come back', async (context) => {
    await context.write({ a: { net: 1, until: context.nowMs + 10 }, b: { net: 2 } });
    context.nowMs += 10;
    await context.write({ c: {} });
    context.nowMs -= 10;
    assert.equal(await context.get('a'), undefined);
    assert.deepEqual(await context.top('net'), [['b', 2]]);
  }),

  define('writes a document anew after it has expired', async (context) => {
    await context.write({ a: { net: 1, until: context.nowMs + 10 } });
    context.nowMs += 10;
    await context.write({ a: { net: 7, until: context.nowMs + 10 } });
    assert.deepEqual(await context.get('a'), { net: 7, until: context.nowMs + 10 });
    assert.deepEqual(await context.top('net'), [['a', 7]]);
  }),

  define('keeps a document whose expiry is taken back', async (context) => {
    await context.write({ a: { net: 1, until: context.nowMs + 10 } });
    await context.write({ a: { net: 1 } });
    context.nowMs += 10;
    await context.write({});
    assert.deepEqual(await context.get('a'), { net: 1 });
  }),
];
