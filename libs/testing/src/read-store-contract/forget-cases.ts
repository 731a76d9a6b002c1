// Contract of forgetting: nothing of the projection is left, no old session writes to a successor, others stay.
import assert from 'node:assert/strict';
import type { CreateGenerationOptions, ProjectionDescriptor, ReadStoreSession } from '@mainstem/projection/adapter';
import type { ContractCase } from '../contract-suite.js';
import { aBatch, anOrder, aParkedEvent, at, INCARNATION, loadOne, type ContractContext, type DefineCase } from './contract-fixture.js';
import { ORDERS } from './contract-projection.js';

const LEASE_MS = 60_000;

/** The projection under another name, with the same collections and tables. */
const renamed = ({ projection }: ContractContext): ProjectionDescriptor => ({ ...projection, name: 'contract-renamed', fingerprint: 'renamed' });

/** A serving generation, one in a bulk load, one aside, with parked events and leases. Returns the serving session. */
const filled = async ({ store, projection }: ContractContext) => {
  const { number } = await store.createGeneration(projection, INCARNATION);
  const session = await store.open(projection, number);
  await session.commit({ ...aBatch(undefined, at(1), [anOrder('contract-1')]), park: [aParkedEvent('contract-2', at(1), 'why')] });
  const bulk = await store.createGeneration(projection, INCARNATION, { isBulk: true });
  const filling = await store.open(projection, bulk.number);
  await filling.commit(aBatch(undefined, at(1), [anOrder('contract-1', { lines: 2 })]));
  await store.createGeneration(projection, INCARNATION, { isSide: true });
  for (const partition of [0, 1_000_000]) {
    await store.claimLease({ projection: projection.name, fingerprint: 'f', partition, owner: 'one', durationMs: LEASE_MS });
  }
  return { session, filling };
};

const begun = async ({ store, projection }: ContractContext, options: CreateGenerationOptions = {}): Promise<ReadStoreSession> =>
  store.open(projection, (await store.createGeneration(projection, INCARNATION, options)).number);

const assertNothingOf = async ({ store, readDocument }: ContractContext, name: string): Promise<void> => {
  assert.deepEqual(await store.projections(), []);
  assert.deepEqual(await store.generations(name), []);
  assert.deepEqual(await store.generations(), []);
  assert.deepEqual(await store.parked(name, 10), []);
  assert.deepEqual(await store.leases(name), []);
  assert.equal(await readDocument(ORDERS, 'contract-1').catch(() => undefined), undefined);
};

export const forgetCases = (define: DefineCase): readonly ContractCase[] => [
  define('forgets a projection with all of its generations, parked events and leases', async (context) => {
    const { store, projection } = context;
    assert.deepEqual(await store.projections(), []);
    await filled(context);
    assert.deepEqual(await store.projections(), [projection.name]);
    await store.forget(projection.name);
    await assertNothingOf(context, projection.name);
    await store.forget(projection.name); // as after an interruption
    await store.forget('never-there');
    await assertNothingOf(context, projection.name);
  }),

  define('gives the collections and tables of a forgotten projection to the next one', async (context) => {
    const { store, projection } = context;
    const next = renamed(context);
    await filled(context);
    await assert.rejects(store.createGeneration(next, INCARNATION));
    await store.forget(projection.name);
    const { number, state } = await store.createGeneration(next, INCARNATION);
    assert.equal(state, 'serving');
    const session = await store.open(next, number);
    assert.equal(await loadOne(session, 'contract-1'), undefined);
    await session.commit(aBatch(undefined, at(1), [anOrder('contract-3')]));
    assert.deepEqual(await loadOne(session, 'contract-3'), anOrder('contract-3'));
    assert.deepEqual(await store.projections(), [next.name]);
  }),

  define('lets no old session write to a new projection with the name of a forgotten one', async (context) => {
    const { store, projection } = context;
    // A refused session is over and would refuse by itself, so each attempt gets its own.
    const [before, aside] = [await begun(context), await begun(context, { isSide: true })];
    await store.forget(projection.name);
    await assert.rejects(aside.commit(aBatch(undefined, at(1), [anOrder('contract-1', { lines: 7 })])));
    await assertNothingOf(context, projection.name);
    const { number, state, checkpoint } = await store.createGeneration(projection, INCARNATION);
    assert.deepEqual([state, checkpoint.position], ['serving', undefined]);
    const session = await store.open(projection, number);
    await assert.rejects(before.commit(aBatch(undefined, at(1), [anOrder('contract-1', { lines: 7 })])));
    await session.commit(aBatch(undefined, at(1), [anOrder('contract-1')]));
    assert.deepEqual(await context.readDocument(ORDERS, 'contract-1'), anOrder('contract-1'));
  }),

  define('leaves other projections alone while one is forgotten', async (context) => {
    const { store, projection, documents } = context;
    const [orders, totals] = projection.collections;
    assert.ok(orders && totals);
    const other = { ...projection, name: 'contract-other', collections: [{ ...totals, document: documents.totals }] };
    const mine = { ...projection, collections: [orders] };
    await store.createGeneration(mine, INCARNATION);
    await store.createGeneration(other, INCARNATION);
    const session = await store.open(other, 1);
    await session.commit({ ...aBatch(undefined, at(1)), changes: [], park: [aParkedEvent('FR', at(1), 'why')] });
    const lease = { fingerprint: 'f', partition: 0, owner: 'one', durationMs: LEASE_MS };
    for (const { name } of [mine, other]) await store.claimLease({ ...lease, projection: name });
    await store.forget(mine.name);
    assert.deepEqual(await store.projections(), [other.name]);
    assert.equal((await store.leases()).length, 1);
    assert.equal((await store.parked(other.name, 10)).length, 1);
    await session.commit({ ...aBatch(at(1), at(2)), changes: [] });
  }),
];
