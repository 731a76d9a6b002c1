// Contract of derived data and of answers: declarations that change, bulk loads, generations, positions.
import assert from 'node:assert/strict';
import { EMPTY_DIGEST, type ReadStoreSession } from '@mainstem/projection/adapter';
import type { ContractCase } from '../contract-suite.js';
import { BOARDS, CACHE_INCARNATION, customerProjection, placeAt, type Customer, type DefineCacheCase } from './cache-fixture.js';

const commitTo = (
  session: ReadStoreSession,
  to: number,
  upserts: Readonly<Record<string, Customer>>,
  deletes: readonly string[] = [],
): Promise<void> => {
  const changes = [{ collection: 'customers', upserts: new Map(Object.entries(upserts)), deletes }];
  return session.commit({ changes, checkpoint: { from: to === 1 ? undefined : placeAt(to - 1), to: placeAt(to), digest: EMPTY_DIGEST } });
};

export const derivedCases = (define: DefineCacheCase): readonly ContractCase[] => [
  define('returns documents as they were written, without the bookkeeping of the engine', async (context) => {
    const document = { name: 'Ünï \u0000 "\u{1F600}', net: Number.MAX_SAFE_INTEGER, list: [1.5, null, { deep: [] }], ['__proto__x']: {} };
    await context.write({ a: { ...document, $state: 's' } });
    assert.deepEqual(await context.get('a'), document);
    assert.deepEqual((await context.session.load('customers', ['a', 'b'])).get('a'), { ...document, $state: 's' });
    assert.equal(await context.get('b'), undefined);
  }),

  define('gives every answer with the checkpoint of its generation', async (context) => {
    assert.equal((await context.store.get('customers', 'a')).position, undefined);
    await context.write({ a: { net: 1 } });
    await context.write({ a: { net: 2 } });
    assert.deepEqual(await context.store.get('customers', 'a'), { value: { net: 2 }, position: placeAt(2) });
    assert.equal((await context.store.get('customers', 'b')).position, placeAt(2));
    const top = await context.store.top('customers', 'net', { limit: 1 });
    assert.deepEqual(top, { value: [{ key: 'a', score: 2, document: { net: 2 } }], position: placeAt(2) });
  }),

  define('has nothing to show before its projector has started', async ({ store }) => {
    assert.deepEqual(await store.get('unknown', 'a'), { value: undefined, position: undefined });
    assert.deepEqual(await store.top('unknown', 'net', { limit: 10 }), { value: [], position: undefined });
  }),

  define('makes the leaderboards of a bulk generation when it is finished, also after a lost session', async (context) => {
    const { store } = context;
    await context.write({ a: { net: 1 } });
    const { number } = await store.createGeneration(customerProjection, CACHE_INCARNATION, { isBulk: true });
    await commitTo(await store.open(customerProjection, number), 1, { a: { net: 10 }, b: { net: 30 }, c: { net: 20, month: 'm' } });
    const bulk = await store.open(customerProjection, number);
    await commitTo(bulk, 2, { b: { net: 5, month: 'm' } }, ['c']);
    await bulk.finishBulk();
    await commitTo(bulk, 3, { d: { net: 7 }, a: { net: 4 } });
    await store.promote('customers', number);
    assert.deepEqual(await context.top('net'), [
      ['d', 7],
      ['b', 5],
      ['a', 4],
    ]);
    assert.deepEqual(await context.top('net:m'), [['b', 5]]);
    assert.deepEqual(await store.checkDerived?.('customers', number), []);
  }),

  define('shows the serving generation, and the next one after its promotion', async (context) => {
    const { store } = context;
    await context.write({ a: { net: 1 } });
    const { number } = await store.createGeneration(customerProjection, CACHE_INCARNATION);
    const filling = await store.open(customerProjection, number);
    const changes = [{ collection: 'customers', upserts: new Map([['a', { net: 2 }]]), deletes: [] }];
    await filling.commit({ changes, checkpoint: { from: undefined, to: placeAt(5), digest: EMPTY_DIGEST } });
    assert.deepEqual(await context.get('a'), { net: 1 });
    await store.promote('customers', number);
    assert.deepEqual(await store.get('customers', 'a'), { value: { net: 2 }, position: placeAt(5) });
    assert.deepEqual(await context.top('net'), [['a', 2]]);
    await store.promote('customers', 1, { isForced: true });
    assert.deepEqual(await context.get('a'), { net: 1 });
  }),

  define('derives leaderboards anew when the declaration changes', async (context, fixture) => {
    await context.write(
      Object.fromEntries(Array.from({ length: 2_500 }, (_, index) => [`k${String(index).padStart(4, '0')}`, { net: index, month: 'm' }])),
    );
    await context.reopen(fixture, {
      customers: {
        boards: ({ net = 0 }: Customer) => [{ board: 'loss', score: -net }],
        expiresAt: BOARDS['customers']?.expiresAt as (document: Customer) => number | null,
      },
    });
    assert.deepEqual(await context.top('net'), []);
    assert.deepEqual(await context.top('loss', 2), [
      ['k0000', 0],
      ['k0001', -1],
    ]);
    await context.write({ k0000: { net: 3_000 } });
    assert.deepEqual(await context.top('loss', 1), [['k0001', -1]]);
    const { value } = await context.store.top('customers', 'loss', { limit: 1_000, after: { key: 'k1500', score: -1_500 } });
    assert.equal(value.length, 1_000);
    assert.deepEqual(await context.store.checkDerived?.('customers', 1), []);
  }),

  define('derives leaderboards anew when only the version is raised', async (context, fixture) => {
    let factor = 1;
    const boards = ({ net = 0 }: Customer): { board: string; score: number }[] => [{ board: 'net', score: net * factor }];
    await context.beginAgain(fixture, { customers: { boards } });
    await context.write({ a: { net: 5 } });
    factor = 2;
    await context.reopen(fixture, { customers: { boards } });
    assert.deepEqual(await context.top('net'), [['a', 5]]);
    await context.reopen(fixture, { customers: { boards, version: 2 } });
    assert.deepEqual(await context.top('net'), [['a', 10]]);
  }),
];
