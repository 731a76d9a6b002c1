// Contract of collections: each belongs to one projection, for all processes, while a generation of that has it.
import assert from 'node:assert/strict';
import { isMainstemError } from '@mainstem/event-store';
import type { ProjectionDescriptor } from '@mainstem/projection/adapter';
import type { ContractCase } from '../contract-suite.js';
import { aBatch, anOrder, at, INCARNATION, loadOne, type ContractContext, type DefineCase } from './contract-fixture.js';
import { ORDERS } from './contract-projection.js';

/** Two projections with one collection, in different shapes: so a table of the same name is no reason to refuse it. */
const rivals = ({ documents }: ContractContext): readonly [ProjectionDescriptor, ProjectionDescriptor] => {
  const rival = (name: string, document: typeof documents.orders): ProjectionDescriptor => ({
    name,
    version: 1,
    fingerprint: `fingerprint of ${name}`,
    collections: [{ name: ORDERS, document, hasState: false }],
  });
  return [rival('contract-rival-one', documents.orders), rival('contract-rival-two', documents.totals)];
};

const isRefused = (error: unknown, owner: string): boolean => {
  assert.ok(isMainstemError(error, 'PROJECTION_INVALID_DEFINITION'), String(error));
  assert.match(error.message, new RegExp(`the collection ${ORDERS} belongs to projection ${owner}\\b.*mainstem forget ${owner}$`));
  return true;
};

export const collectionCases = (define: DefineCase): readonly ContractCase[] => [
  define('keeps a collection for its projection, and tells another one what to do', async (context) => {
    const { store } = context;
    const [first, second] = rivals(context);
    const { number } = await store.createGeneration(first, INCARNATION);
    await assert.rejects(store.createGeneration(second, INCARNATION), (error) => isRefused(error, first.name));
    await assert.rejects(store.createGeneration(second, INCARNATION, { isBulk: true }), (error) => isRefused(error, first.name));
    assert.deepEqual(await store.generations(second.name), []);
    const session = await store.open(first, number);
    await session.commit(aBatch(undefined, at(1), [anOrder('contract-1')]));
    await store.createGeneration(first, INCARNATION);
    assert.deepEqual(await loadOne(await store.open(first, number), 'contract-1'), anOrder('contract-1'));
  }),

  define('refuses exactly one of two projections that start with the same collection at the same moment', async (context) => {
    const { store } = context;
    const both = rivals(context);
    const outcomes = await Promise.allSettled(both.map((rival) => store.createGeneration(rival, INCARNATION)));
    const winner = both[outcomes.findIndex(({ status }) => status === 'fulfilled')];
    const loser = both[outcomes.findIndex(({ status }) => status === 'rejected')];
    assert.ok(winner && loser, JSON.stringify(outcomes));
    for (const outcome of outcomes) if (outcome.status === 'rejected') isRefused(outcome.reason, winner.name);
    assert.deepEqual(await store.generations(loser.name), []);
    await (await store.open(winner, 1)).commit({ ...aBatch(undefined, at(1)), changes: [] });
  }),

  define('gives a collection to another projection when no generation has it any more', async (context) => {
    const { store } = context;
    const [first, second] = rivals(context);
    const generations = [
      await store.createGeneration(first, INCARNATION, { isSide: true }),
      await store.createGeneration(first, INCARNATION, { isBulk: true }),
    ];
    for (const { number } of generations) {
      await assert.rejects(store.createGeneration(second, INCARNATION), (error) => isRefused(error, first.name));
      await store.dropGeneration(first.name, number);
    }
    const { number } = await store.createGeneration(second, INCARNATION);
    await store.open(second, number);
    await assert.rejects(store.createGeneration(first, INCARNATION), (error) => isRefused(error, second.name));
  }),
];
