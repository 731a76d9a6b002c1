// Contract of load and commit: reads return what was written.
import assert from 'node:assert/strict';
import type { ContractCase } from '../contract-suite.js';
import { aBatch, anOrder, at, loadOne, openFirst, rejectsWith, type DefineCase } from './contract-fixture.js';
import { ORDERS, TOTALS } from './contract-projection.js';

const BULK = 5_000;

const AWKWARD_KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'quote \' and " and `',
  '%_\\',
  '$state',
  'ключ',
  '日本 🎉',
  'é',
  'a\nb\tc',
  ' leading',
  'K',
  'k',
  'x'.repeat(200),
];

export const loadCases = (define: DefineCase): readonly ContractCase[] => [
  define('loads nothing from an empty generation', async (context) => {
    const session = await openFirst(context);
    assert.equal((await session.load(ORDERS, ['contract-1', 'contract-2'])).size, 0);
    assert.equal((await session.load(ORDERS, [])).size, 0);
    assert.equal(await context.readDocument(ORDERS, 'contract-1'), undefined);
  }),

  define('loads committed documents by key, and leaves out missing ones', async (context) => {
    const session = await openFirst(context);
    const [one, two] = [anOrder('contract-1'), anOrder('contract-2', { customer: 'c1', lines: 0 })];
    await session.commit(aBatch(undefined, at(5), [one, two]));
    const loaded = await session.load(ORDERS, ['contract-2', 'contract-3', 'contract-1']);
    assert.deepEqual(Object.fromEntries(loaded), { 'contract-1': one, 'contract-2': two });
  }),

  define('shows a committed document to queries', async (context) => {
    const session = await openFirst(context);
    await session.commit(aBatch(undefined, at(1), [anOrder('contract-1')]));
    assert.deepEqual(await context.readDocument(ORDERS, 'contract-1'), anOrder('contract-1'));
  }),

  define('replaces a document as a whole', async (context) => {
    const session = await openFirst(context);
    await session.commit(aBatch(undefined, at(1), [anOrder('contract-1', { customer: 'c1', tags: ['a', 'b'], details: { a: 1 } })]));
    const replaced = anOrder('contract-1', { total: '7.00' });
    await session.commit(aBatch(at(1), at(2), [replaced]));
    assert.deepEqual(await loadOne(session, 'contract-1'), replaced);
    assert.deepEqual(await context.readDocument(ORDERS, 'contract-1'), replaced);
  }),

  define('deletes documents; deleting a missing one changes nothing', async (context) => {
    const session = await openFirst(context);
    await session.commit(aBatch(undefined, at(1), [anOrder('contract-1'), anOrder('contract-2')]));
    await session.commit(aBatch(at(1), at(2), [], ['contract-1', 'contract-9']));
    assert.equal(await loadOne(session, 'contract-1'), undefined);
    assert.equal(await context.readDocument(ORDERS, 'contract-1'), undefined);
    assert.deepEqual(await loadOne(session, 'contract-2'), anOrder('contract-2'));
  }),

  define('writes a deleted document anew', async (context) => {
    const session = await openFirst(context);
    await session.commit(aBatch(undefined, at(1), [anOrder('contract-1')]));
    await session.commit(aBatch(at(1), at(2), [], ['contract-1']));
    await session.commit(aBatch(at(2), at(3), [anOrder('contract-1', { lines: 9 })]));
    assert.deepEqual(await loadOne(session, 'contract-1'), anOrder('contract-1', { lines: 9 }));
  }),

  define('keeps keys of any characters apart', async (context) => {
    const session = await openFirst(context);
    const orders = AWKWARD_KEYS.map((stream, lines) => anOrder(stream, { lines }));
    await session.commit(aBatch(undefined, at(1), orders));
    const loaded = await session.load(ORDERS, AWKWARD_KEYS);
    for (const order of orders) {
      assert.deepEqual(loaded.get(order.stream), order, `key ${JSON.stringify(order.stream)}`);
      assert.deepEqual(await context.readDocument(ORDERS, order.stream), order, `key ${JSON.stringify(order.stream)}`);
    }
    await session.commit(aBatch(at(1), at(2), [], ['__proto__']));
    assert.equal(await loadOne(session, '__proto__'), undefined);
    assert.deepEqual(await loadOne(session, 'constructor'), orders[1]);
  }),

  define('carries values without loss: Unicode, 64-bit numbers and decimals as strings, null, nested lists, __proto__ as data', async (context) => {
    const session = await openFirst(context);
    const order = anOrder('contract-1', {
      customer: 'Zoë \u2028 👩‍👩‍👧 \\ "quoted"',
      country: '',
      lines: -2_147_483_648,
      total: '-9223372036854775808.000000000000000001',
      tags: ['', ['a', '9007199254740993'], []],
      details: JSON.parse('{"__proto__": {"polluted": true}, "constructor": "c", "deep": [[{"a": null}], 1.5, -0.25, 1e21], "": true}') as object,
    });
    await session.commit(aBatch(undefined, at(1), [order]));
    assert.deepEqual(await loadOne(session, 'contract-1'), order);
    assert.deepEqual(await context.readDocument(ORDERS, 'contract-1'), order);
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  }),

  define('keeps the bookkeeping of a roll-up for the engine and hides it from queries', async (context) => {
    const session = await openFirst(context);
    const total = { country: 'GB', orders: 1, lines: 2, total: '3.00', firstCustomer: null, linesMax: 2 };
    const withState = { ...total, $state: '[1,[0,0,0,[],[[2,1]]]]' };
    await session.commit({ ...aBatch(undefined, at(1)), changes: [{ collection: TOTALS, upserts: new Map([['GB', withState]]), deletes: [] }] });
    assert.deepEqual(await loadOne(session, 'GB', TOTALS), withState);
    assert.deepEqual(await context.readDocument(TOTALS, 'GB'), total);
  }),

  define(`writes, loads and deletes ${BULK} documents in one batch`, async (context) => {
    const session = await openFirst(context);
    const orders = Array.from({ length: BULK }, (_, index) => anOrder(`contract-${index}`, { lines: index, tags: [`tag ${index}`] }));
    const keys = orders.map((order) => order.stream);
    await session.commit(aBatch(undefined, at(BULK), orders));
    const loaded = await session.load(ORDERS, keys);
    assert.equal(loaded.size, BULK);
    for (const order of orders) assert.deepEqual(loaded.get(order.stream), order);
    await session.commit(aBatch(at(BULK), at(BULK + 1), [], keys.slice(1)));
    assert.deepEqual([...(await session.load(ORDERS, keys)).keys()], ['contract-0']);
  }),

  define('refuses a document that it cannot hold, writes nothing of the batch, and goes on', async (context) => {
    const session = await openFirst(context);
    const impossible = anOrder('contract-2', { details: { big: 1n } });
    await rejectsWith('READ_STORE_INVALID_DOCUMENT', session.commit(aBatch(undefined, at(1), [anOrder('contract-1'), impossible])));
    assert.equal((await session.load(ORDERS, ['contract-1', 'contract-2'])).size, 0);
    await session.commit(aBatch(undefined, at(1), [anOrder('contract-1')]));
    assert.deepEqual(await loadOne(session, 'contract-1'), anOrder('contract-1'));
  }),
];
