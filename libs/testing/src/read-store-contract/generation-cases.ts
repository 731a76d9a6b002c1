// Contract of generations: one serves, others are filled beside it, and the change from one to the next is a single step for readers.
import assert from 'node:assert/strict';
import type { Generation } from '@mainstem/projection';
import type { ContractCase } from '../contract-suite.js';
import { aBatch, anOrder, at, INCARNATION, loadOne, openFirst, rejectsWith, type ContractContext, type DefineCase } from './contract-fixture.js';
import { contractProjection, ORDERS } from './contract-projection.js';

const READS_MIN = 20;
const PROMOTIONS = 10;

/** A second generation beside the first; both hold the same order, told apart by `lines`. */
const twoGenerations = async (context: ContractContext): Promise<{ first: Generation; second: Generation }> => {
  const { store, projection } = context;
  const session = await openFirst(context);
  await session.commit(aBatch(undefined, at(1), [anOrder('contract-1', { lines: 1 })]));
  const second = await store.createGeneration(projection, INCARNATION);
  const filling = await store.open(projection, second.number);
  await filling.commit(aBatch(undefined, at(1), [anOrder('contract-1', { lines: 2 })]));
  const [first] = await store.generations(projection.name);
  assert.ok(first);
  return { first, second };
};

const linesRead = async ({ readDocument }: ContractContext): Promise<unknown> =>
  ((await readDocument(ORDERS, 'contract-1')) as { lines?: number } | undefined)?.lines;

const states = async ({ store, projection }: ContractContext): Promise<readonly (readonly [number, string])[]> =>
  (await store.generations(projection.name)).map(({ number, state }) => [number, state] as const).sort(([left], [right]) => left - right);

export const generationCases = (define: DefineCase): readonly ContractCase[] => [
  define('knows no generation of a projection that never ran', async ({ store, projection }) => {
    assert.deepEqual(await store.generations(projection.name), []);
    assert.deepEqual(await store.generations(), []);
    assert.deepEqual(await store.parked(projection.name, 10), []);
  }),

  define('makes the first generation serve at once and describes it', async ({ store, projection }) => {
    const created = await store.createGeneration(projection, INCARNATION);
    assert.deepEqual(await store.generations(projection.name), [created]);
    assert.deepEqual(await store.generations(), [created]);
    const { createdAt, checkpoint, ...rest } = created;
    assert.deepEqual(rest, { projection: ORDERS, number: 1, state: 'serving', version: 1, fingerprint: projection.fingerprint });
    assert.match(createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    assert.equal(checkpoint.incarnation, INCARNATION);
  }),

  define('fills the next generation beside the one that serves', async (context) => {
    const { first, second } = await twoGenerations(context);
    assert.deepEqual(await states(context), [
      [first.number, 'serving'],
      [second.number, 'filling'],
    ]);
    assert.equal(await linesRead(context), 1);
    const session = await openFirst(context);
    await session.commit(aBatch(at(1), at(2), [anOrder('contract-1', { lines: 3 })]));
    assert.equal(await linesRead(context), 3);
    assert.deepEqual(await loadOne(await context.store.open(context.projection, second.number), 'contract-1'), anOrder('contract-1', { lines: 2 }));
  }),

  define('promotes a generation, retires the one before, and goes back on demand', async (context) => {
    const { first, second } = await twoGenerations(context);
    await context.store.promote(ORDERS, second.number);
    assert.equal(await linesRead(context), 2);
    assert.deepEqual(await states(context), [
      [first.number, 'retired'],
      [second.number, 'serving'],
    ]);
    await context.store.promote(ORDERS, first.number);
    assert.equal(await linesRead(context), 1);
    assert.deepEqual(await states(context), [
      [first.number, 'serving'],
      [second.number, 'retired'],
    ]);
  }),

  define('changes nothing when the generation that serves is promoted again', async (context) => {
    const { first, second } = await twoGenerations(context);
    await context.store.promote(ORDERS, first.number);
    assert.deepEqual(await states(context), [
      [first.number, 'serving'],
      [second.number, 'filling'],
    ]);
  }),

  define('lets a session go on across a promotion', async (context) => {
    const { second } = await twoGenerations(context);
    const filling = await context.store.open(context.projection, second.number);
    await context.store.promote(ORDERS, second.number);
    await filling.commit(aBatch(at(1), at(2), [anOrder('contract-1', { lines: 7 })]));
    assert.equal(await linesRead(context), 7);
  }),

  define('answers every read while generations are promoted and rolled back, and never the old one after the new one was there', async (context) => {
    const { first, second } = await twoGenerations(context);
    let isDone = false;
    let reads = 0;
    const reading = (async () => {
      while (!isDone || reads < READS_MIN) {
        const lines = await linesRead(context);
        assert.ok(lines === 1 || lines === 2, `a read found ${String(lines)}`);
        reads++;
      }
    })();
    for (let round = 0; round < PROMOTIONS; round++) {
      await context.store.promote(ORDERS, second.number);
      assert.equal(await linesRead(context), 2);
      await context.store.promote(ORDERS, first.number);
      assert.equal(await linesRead(context), 1);
    }
    isDone = true;
    await reading;
  }),

  define('refuses to open a generation that another definition fills', async ({ store, projection, documents }) => {
    const { number } = await store.createGeneration(projection, INCARNATION);
    await rejectsWith('READ_STORE_FINGERPRINT_MISMATCH', store.open(contractProjection(documents, 2), number));
  }),

  define('refuses to open, promote or drop a generation that is not there', async ({ store, projection }) => {
    await rejectsWith('READ_STORE_UNKNOWN_GENERATION', store.open(projection, 1));
    await store.createGeneration(projection, INCARNATION);
    await rejectsWith('READ_STORE_UNKNOWN_GENERATION', store.open(projection, 2));
    await rejectsWith('READ_STORE_UNKNOWN_GENERATION', store.promote(ORDERS, 2));
    await rejectsWith('READ_STORE_UNKNOWN_GENERATION', store.dropGeneration(ORDERS, 2));
  }),

  define('refuses to drop the generation that serves', async (context) => {
    const { first } = await twoGenerations(context);
    await rejectsWith('READ_STORE_GENERATION_SERVES', context.store.dropGeneration(ORDERS, first.number));
    assert.equal(await linesRead(context), 1);
  }),

  define('drops a generation with everything in it and never uses its number again', async (context) => {
    const { store, projection } = context;
    const { second } = await twoGenerations(context);
    await store.dropGeneration(ORDERS, second.number);
    await rejectsWith('READ_STORE_UNKNOWN_GENERATION', store.open(projection, second.number));
    assert.equal((await store.generations(ORDERS)).length, 1);
    const third = await store.createGeneration(projection, INCARNATION);
    assert.ok(third.number > second.number);
    assert.equal(await loadOne(await store.open(projection, third.number), 'contract-1'), undefined);
  }),

  define('stops the session of a generation that is dropped', async (context) => {
    const { store, projection } = context;
    const { second } = await twoGenerations(context);
    const filling = await store.open(projection, second.number);
    await store.dropGeneration(ORDERS, second.number);
    await assert.rejects(filling.commit(aBatch(at(1), at(2), [anOrder('contract-1', { lines: 7 })])));
    assert.equal(await linesRead(context), 1);
  }),
];
