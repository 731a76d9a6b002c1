// Contract of transactions, for stores with them: a handler's writes and the checkpoint take effect together.
import assert from 'node:assert/strict';
import { EMPTY_DIGEST, type TransactionalSession } from '@mainstem/projection/adapter';
import type { ContractCase } from '../contract-suite.js';
import {
  aBatch,
  anOrder,
  aParkedEvent,
  at,
  loadOne,
  openFirst,
  rejectsWith,
  type ContractContext,
  type DefineCase,
  type TransactionSteps,
} from './contract-fixture.js';
import { ORDERS } from './contract-projection.js';

const openTransactional = async <Transaction>(context: ContractContext): Promise<TransactionalSession<Transaction>> => {
  const session = await openFirst(context);
  assert.ok('transact' in session, 'a store with hasTransactions gives sessions with transact');
  return session as TransactionalSession<Transaction>;
};

const moveTo = (place: number, from?: number) => ({
  checkpoint: { from: from === undefined ? undefined : at(from), to: at(place), digest: EMPTY_DIGEST },
});

export const transactionCases = <Transaction>(define: DefineCase, { find, upsert }: TransactionSteps<Transaction>): readonly ContractCase[] => [
  define('commits what a handler writes together with the checkpoint', async (context) => {
    const session = await openTransactional<Transaction>(context);
    await session.transact((transaction) => upsert(transaction, ORDERS, 'contract-1', anOrder('contract-1')), moveTo(3));
    assert.deepEqual(await loadOne(session, 'contract-1'), anOrder('contract-1'));
    assert.deepEqual(await context.readDocument(ORDERS, 'contract-1'), anOrder('contract-1'));
    assert.equal((await openFirst(context)).checkpoint.position, at(3));
  }),

  define('lets a handler read stored rows and its own writes', async (context) => {
    const session = await openTransactional<Transaction>(context);
    await session.commit(aBatch(undefined, at(1), [anOrder('contract-1')]));
    const seen: unknown[] = [];
    await session.transact(
      async (transaction) => {
        seen.push(await find(transaction, ORDERS, 'contract-1'));
        await upsert(transaction, ORDERS, 'contract-1', anOrder('contract-1', { lines: 8 }));
        seen.push(await find(transaction, ORDERS, 'contract-1'), await find(transaction, ORDERS, 'contract-2'));
      },
      moveTo(2, 1),
    );
    assert.deepEqual(seen, [anOrder('contract-1'), anOrder('contract-1', { lines: 8 }), undefined]);
  }),

  define('rolls everything back when a handler fails, passes on its error, and goes on', async (context) => {
    const session = await openTransactional<Transaction>(context);
    const failure = new Error('the handler fails');
    const failing = session.transact(
      async (transaction) => {
        await upsert(transaction, ORDERS, 'contract-1', anOrder('contract-1'));
        throw failure;
      },
      { ...moveTo(3), park: [aParkedEvent('k', at(2))] },
    );
    await assert.rejects(failing, failure);
    assert.equal(await loadOne(session, 'contract-1'), undefined);
    assert.equal((await session.parked({ limit: 5 })).length, 0);
    await session.transact((transaction) => upsert(transaction, ORDERS, 'contract-2', anOrder('contract-2')), moveTo(3));
    assert.deepEqual(await loadOne(session, 'contract-2'), anOrder('contract-2'));
  }),

  define('fences off a stale session: the writes of its handler have no effect', async (context) => {
    const stale = await openTransactional<Transaction>(context);
    const current = await openFirst(context);
    await rejectsWith(
      'READ_STORE_CHECKPOINT_MOVED',
      stale.transact((transaction) => upsert(transaction, ORDERS, 'contract-1', anOrder('contract-1')), moveTo(3)),
    );
    assert.equal(await loadOne(current, 'contract-1'), undefined);
    assert.equal((await openFirst(context)).checkpoint.position, undefined);
  }),

  define('parks and settles events with a transaction', async (context) => {
    const session = await openTransactional<Transaction>(context);
    const write = (transaction: Transaction): Promise<void> => upsert(transaction, ORDERS, 'contract-1', anOrder('contract-1'));
    await session.transact(write, { ...moveTo(3), park: [aParkedEvent('k', at(2)), aParkedEvent('k', at(3))] });
    await session.transact(write, { ...moveTo(3, 3), unpark: [{ key: 'k', position: at(2) }] });
    assert.deepEqual(
      (await session.parked({ limit: 5 })).map(({ position }) => position),
      [at(3)],
    );
  }),
];
