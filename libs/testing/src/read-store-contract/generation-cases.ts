// Contract of generations: one serves, others are filled beside it, and readers see one single step between them.
import assert from 'node:assert/strict';
import type { Generation } from '@mainstem/projection/adapter';
import type { ContractCase } from '../contract-suite.js';
import { aBatch, anOrder, at, INCARNATION, loadOne, openFirst, rejectsWith, type ContractContext, type DefineCase } from './contract-fixture.js';
import { contractProjection, ORDERS } from './contract-projection.js';

const READS_MIN = 20;
const PROMOTIONS = 10;

/** A second generation beside the first; both hold the same order with different `lines`. */
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

const assertStates = async ({ store, projection }: ContractContext, ...expected: readonly (readonly [number, string])[]): Promise<void> => {
  const found = (await store.generations(projection.name)).map(({ number, state }) => [number, state] as const);
  assert.deepEqual(
    found.sort(([left], [right]) => left - right),
    expected,
  );
};

const described = async ({ store, projection }: ContractContext, number: number): Promise<Generation> => {
  const found = (await store.generations(projection.name)).find((generation) => generation.number === number);
  assert.ok(found);
  return found;
};

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
    const { createdAt, updatedAt, checkpoint, ...rest } = created;
    assert.deepEqual(rest, { projection: ORDERS, number: 1, state: 'serving', version: 1, fingerprint: projection.fingerprint, isBulk: false });
    assert.equal(updatedAt, createdAt);
    assert.match(createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    assert.equal(checkpoint.incarnation, INCARNATION);
  }),

  define('fills the next generation beside the serving one', async (context) => {
    const { first, second } = await twoGenerations(context);
    await assertStates(context, [first.number, 'serving'], [second.number, 'filling']);
    assert.equal(await linesRead(context), 1);
    const session = await openFirst(context);
    await session.commit(aBatch(at(1), at(2), [anOrder('contract-1', { lines: 3 })]));
    assert.equal(await linesRead(context), 3);
    assert.deepEqual(await loadOne(await context.store.open(context.projection, second.number), 'contract-1'), anOrder('contract-1', { lines: 2 }));
  }),

  define('promotes a generation, retires the former one, and goes back on demand', async (context) => {
    const { first, second } = await twoGenerations(context);
    await context.store.promote(ORDERS, second.number);
    assert.equal(await linesRead(context), 2);
    await assertStates(context, [first.number, 'retired'], [second.number, 'serving']);
    await context.store.promote(ORDERS, first.number);
    assert.equal(await linesRead(context), 1);
    await assertStates(context, [first.number, 'serving'], [second.number, 'retired']);
  }),

  define('changes nothing when the serving generation is promoted again', async (context) => {
    const { first, second } = await twoGenerations(context);
    await context.store.promote(ORDERS, first.number);
    await assertStates(context, [first.number, 'serving'], [second.number, 'filling']);
  }),

  define('lets a session of the promoted generation go on', async (context) => {
    const { second } = await twoGenerations(context);
    const filling = await context.store.open(context.projection, second.number);
    await context.store.promote(ORDERS, second.number);
    await filling.commit(aBatch(at(1), at(2), [anOrder('contract-1', { lines: 7 })]));
    assert.equal(await linesRead(context), 7);
  }),

  define('answers every read while generations are promoted and rolled back, and never shows the old one after the new one', async (context) => {
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

  define('refuses to promote a generation that is behind the serving one, unless it is forced', async (context) => {
    const { store } = context;
    const { first, second } = await twoGenerations(context);
    const third = await store.createGeneration(context.projection, INCARNATION);
    await rejectsWith('READ_STORE_GENERATION_BEHIND', store.promote(ORDERS, third.number));
    const session = await openFirst(context);
    await session.commit(aBatch(at(1), at(2)));
    await rejectsWith('READ_STORE_GENERATION_BEHIND', store.promote(ORDERS, second.number));
    assert.equal(await linesRead(context), 1);
    await session.commit(aBatch(at(2), at(3))); // a refused promotion fences off no session
    assert.equal((await described(context, first.number)).state, 'serving');
    await store.promote(ORDERS, second.number, { isForced: true });
    assert.equal(await linesRead(context), 2);
  }),

  define('never goes back behind a shown position while a generation is promoted against a running writer', async (context) => {
    const { store, projection } = context;
    const { first, second } = await twoGenerations(context);
    const writers = await Promise.all([store.open(projection, first.number), store.open(projection, second.number)]);
    let shown = 1n;
    for (let place = 2; place <= 40; place++) {
      const [serving, filling] = writers;
      const commits = [serving, filling].map((writer) => writer?.commit(aBatch(at(place - 1), at(place))));
      const promoted = store.promote(ORDERS, second.number).catch(() => undefined);
      await Promise.allSettled([...commits, promoted]);
      const now = (await store.generations(ORDERS)).find(({ state }) => state === 'serving');
      assert.ok((now?.checkpoint.position ?? 0n) >= shown, `shown ${shown}, then ${String(now?.checkpoint.position)}`);
      shown = now?.checkpoint.position ?? 0n;
      if (now?.number === second.number) return;
    }
    assert.fail('was never promoted');
  }),

  define('fences off the writer of the replaced generation, so that it reports no more writes as visible', async (context) => {
    const { second } = await twoGenerations(context);
    const former = await openFirst(context);
    await context.store.promote(ORDERS, second.number);
    await rejectsWith('READ_STORE_CHECKPOINT_MOVED', former.commit(aBatch(at(1), at(2))));
    assert.equal(await linesRead(context), 2);
  }),

  define('fills a bulk generation like any other, and promotes it only after its bulk load is finished', async (context) => {
    const { store, projection } = context;
    await twoGenerations(context);
    const bulk = await store.createGeneration(projection, INCARNATION, { isBulk: true });
    assert.equal(bulk.isBulk, true);
    assert.equal(bulk.state, 'filling');
    const session = await store.open(projection, bulk.number);
    await session.commit(aBatch(undefined, at(1), [anOrder('contract-1', { lines: 4 }), anOrder('contract-2')]));
    await session.commit(aBatch(at(1), at(2), [anOrder('contract-1', { lines: 5 })], ['contract-2']));
    assert.deepEqual(await loadOne(session, 'contract-1'), anOrder('contract-1', { lines: 5 }));
    await rejectsWith('READ_STORE_GENERATION_NOT_READY', store.promote(ORDERS, bulk.number));
    await session.finishBulk();
    await session.finishBulk();
    assert.equal((await described(context, bulk.number)).isBulk, false);
    await session.commit(aBatch(at(2), at(3), [anOrder('contract-3', { lines: 6 })]));
    await store.promote(ORDERS, bulk.number);
    assert.equal(await linesRead(context), 5);
    assert.equal(await context.readDocument(ORDERS, 'contract-2'), undefined);
    assert.deepEqual(await context.readDocument(ORDERS, 'contract-3'), anOrder('contract-3', { lines: 6 }));
  }),

  define('lets a new session go on with a bulk generation, and the old one finish nothing', async (context) => {
    const { store, projection } = context;
    const { number } = await store.createGeneration(projection, INCARNATION, { isBulk: true });
    assert.equal((await described(context, number)).state, 'filling'); // even the first one
    const old = await store.open(projection, number);
    await old.commit(aBatch(undefined, at(1), [anOrder('contract-1', { lines: 4 })]));
    const session = await store.open(projection, number);
    await rejectsWith('READ_STORE_CHECKPOINT_MOVED', old.finishBulk());
    assert.equal((await described(context, number)).isBulk, true);
    await session.commit(aBatch(at(1), at(2), [anOrder('contract-1', { lines: 5 })]));
    await session.finishBulk();
    await store.promote(ORDERS, number);
    assert.equal(await linesRead(context), 5);
  }),

  define('keeps a side generation aside', async (context) => {
    const { store, projection } = context;
    const { number, state } = await store.createGeneration(projection, INCARNATION, { isSide: true });
    assert.equal(state, 'side');
    const session = await store.open(projection, number);
    await session.commit(aBatch(undefined, at(9), [anOrder('contract-1', { lines: 9 })]));
    await rejectsWith('READ_STORE_GENERATION_NOT_READY', store.promote(ORDERS, number));
    await rejectsWith('READ_STORE_GENERATION_NOT_READY', store.promote(ORDERS, number, { isForced: true }));
    const { number: first } = await store.createGeneration(projection, INCARNATION);
    await assertStates(context, [number, 'side'], [first, 'serving']);
    await store.dropGeneration(ORDERS, number);
  }),

  define('records the time of every commit', async (context) => {
    const session = await openFirst(context);
    const [created] = await context.store.generations(ORDERS);
    assert.ok(created);
    let place = 0;
    for (let now = created; now.updatedAt === created.updatedAt; now = await described(context, created.number)) {
      await session.commit(aBatch(place === 0 ? undefined : at(place), at(place + 1)));
      assert.ok(++place < 10_000, 'the time of the last commit does not move');
    }
    assert.ok((await described(context, created.number)).updatedAt > created.updatedAt);
  }),

  define('refuses to open a generation of another definition', async ({ store, projection, documents }) => {
    const { number } = await store.createGeneration(projection, INCARNATION);
    await rejectsWith('READ_STORE_FINGERPRINT_MISMATCH', store.open(contractProjection(documents, 2), number));
  }),

  define('refuses to open, promote or drop a missing generation', async ({ store, projection }) => {
    await rejectsWith('READ_STORE_UNKNOWN_GENERATION', store.open(projection, 1));
    await store.createGeneration(projection, INCARNATION);
    await rejectsWith('READ_STORE_UNKNOWN_GENERATION', store.open(projection, 2));
    await rejectsWith('READ_STORE_UNKNOWN_GENERATION', store.promote(ORDERS, 2));
    await rejectsWith('READ_STORE_UNKNOWN_GENERATION', store.dropGeneration(ORDERS, 2));
  }),

  define('refuses to drop the serving generation', async (context) => {
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

  define('stops the session of a dropped generation', async (context) => {
    const { store, projection } = context;
    const { second } = await twoGenerations(context);
    const filling = await store.open(projection, second.number);
    await store.dropGeneration(ORDERS, second.number);
    await assert.rejects(filling.commit(aBatch(at(1), at(2), [anOrder('contract-1', { lines: 7 })])));
    assert.equal(await linesRead(context), 1);
  }),
];
