// Contract of checkpoints: compare-and-set on position and epoch, so that a stale writer changes nothing.
import assert from 'node:assert/strict';
import { EMPTY_DIGEST, type Checkpoint } from '@mainstem/projection/adapter';
import type { ContractCase } from '../contract-suite.js';
import {
  aBatch,
  anOrder,
  aParkedEvent,
  at,
  INCARNATION,
  loadOne,
  openFirst,
  POSITION_MAX,
  rejectsWith,
  type ContractContext,
  type DefineCase,
} from './contract-fixture.js';
import { contractEventId } from './contract-history.js';
import { ORDERS } from './contract-projection.js';

const stored = async ({ store, projection }: ContractContext): Promise<Checkpoint | undefined> =>
  (await store.generations(projection.name))[0]?.checkpoint;

export const checkpointCases = (define: DefineCase): readonly ContractCase[] => [
  define('begins without a position and with the empty digest', async (context) => {
    const { checkpoint } = await openFirst(context);
    assert.equal(checkpoint.position, undefined);
    assert.equal(checkpoint.digest, EMPTY_DIGEST);
    assert.equal(checkpoint.incarnation, INCARNATION);
  }),

  define('moves the checkpoint with the documents and finds it again', async (context) => {
    const session = await openFirst(context);
    await session.commit(aBatch(undefined, at(7), [anOrder('contract-1')], [], '0123456789abcdef'));
    const again = await openFirst(context);
    assert.equal(again.checkpoint.position, at(7));
    assert.equal(again.checkpoint.digest, '0123456789abcdef');
    assert.deepEqual(await loadOne(again, 'contract-1'), anOrder('contract-1'));
    assert.equal((await stored(context))?.position, at(7));
  }),

  define('carries the largest position without loss', async (context) => {
    const session = await openFirst(context);
    await session.commit(aBatch(undefined, at(2n ** 53n + 1n)));
    await session.commit(aBatch(at(2n ** 53n + 1n), POSITION_MAX));
    assert.equal((await openFirst(context)).checkpoint.position, POSITION_MAX);
  }),

  define('moves the checkpoint without any document', async (context) => {
    const session = await openFirst(context);
    await session.commit({ changes: [], checkpoint: { from: undefined, to: at(3), digest: EMPTY_DIGEST } });
    assert.equal((await stored(context))?.position, at(3));
  }),

  define('keeps the event at the checkpoint, as each commit gives it', async (context) => {
    const session = await openFirst(context);
    assert.equal('lastEvent' in session.checkpoint, false);
    const lastEvent = { position: at(2n ** 53n + 1n), id: contractEventId(7) };
    const { checkpoint, ...batch } = aBatch(undefined, POSITION_MAX, [anOrder('contract-1')]);
    await session.commit({ ...batch, checkpoint: { ...checkpoint, lastEvent } });
    assert.deepEqual((await stored(context))?.lastEvent, lastEvent);
    const again = await openFirst(context);
    assert.deepEqual(again.checkpoint.lastEvent, lastEvent);
    // A commit of the position alone keeps it, and a commit without an event removes it.
    const other = { position: at(5), id: contractEventId(8) };
    const move = { from: POSITION_MAX, to: POSITION_MAX, digest: EMPTY_DIGEST };
    await again.commit({ changes: [], checkpoint: { ...move, lastEvent: other } });
    assert.deepEqual((await stored(context))?.lastEvent, other);
    await again.commit({ changes: [], checkpoint: move });
    const last = await stored(context);
    assert.ok(last && !('lastEvent' in last));
    assert.equal(last.position, POSITION_MAX);
  }),

  define('refuses a batch that does not start at the checkpoint, and writes nothing of it', async (context) => {
    const session = await openFirst(context);
    await session.commit(aBatch(undefined, at(5), [anOrder('contract-1')]));
    for (const from of [undefined, at(4), at(6)]) {
      const other = await openFirst(context);
      await rejectsWith('READ_STORE_CHECKPOINT_MOVED', other.commit(aBatch(from, at(9), [anOrder('contract-2')], ['contract-1'])));
    }
    const last = await openFirst(context);
    assert.deepEqual([...(await last.load(ORDERS, ['contract-1', 'contract-2'])).keys()], ['contract-1']);
    assert.equal(last.checkpoint.position, at(5));
  }),

  define('gives a batch that is delivered twice one effect', async (context) => {
    const batch = { ...aBatch(undefined, at(5), [anOrder('contract-1')]), park: [aParkedEvent('contract-2', at(4), 'broken')] };
    await (await openFirst(context)).commit(batch);
    const again = await openFirst(context);
    await rejectsWith('READ_STORE_CHECKPOINT_MOVED', again.commit(batch));
    const last = await openFirst(context);
    assert.equal((await last.parked({ limit: 10 })).length, 1);
    assert.equal(last.checkpoint.position, at(5));
  }),

  define('raises the epoch with every session', async (context) => {
    const first = await openFirst(context);
    const second = await openFirst(context);
    assert.ok(second.checkpoint.epoch > first.checkpoint.epoch);
    assert.equal((await stored(context))?.epoch, second.checkpoint.epoch);
  }),

  define('fences off the older of two sessions: its commit fails and writes nothing', async (context) => {
    const stale = await openFirst(context);
    const current = await openFirst(context);
    await rejectsWith(
      'READ_STORE_CHECKPOINT_MOVED',
      stale.commit({ ...aBatch(undefined, at(5), [anOrder('contract-1')]), park: [aParkedEvent('k', at(5))] }),
    );
    assert.equal(await loadOne(current, 'contract-1'), undefined);
    assert.equal((await current.parked({ limit: 10 })).length, 0);
    await current.commit(aBatch(undefined, at(6), [anOrder('contract-2')]));
    await rejectsWith('READ_STORE_CHECKPOINT_MOVED', stale.commit(aBatch(at(6), at(7), [anOrder('contract-1')])));
    assert.equal((await stored(context))?.position, at(6));
  }),

  define('lets exactly one of several concurrent sessions commit', async (context) => {
    await openFirst(context);
    const sessions = await Promise.all([1, 2, 3, 4].map(() => openFirst(context)));
    const outcomes = await Promise.allSettled(
      sessions.map((session, index) => session.commit(aBatch(undefined, at(5), [anOrder('contract-1', { lines: index })]))),
    );
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
    assert.deepEqual(await context.readDocument(ORDERS, 'contract-1'), anOrder('contract-1', { lines: winner }));
  }),

  define('closes a session twice without an error, and goes on with the next one', async (context) => {
    const session = await openFirst(context);
    await session.commit(aBatch(undefined, at(1), [anOrder('contract-1')]));
    await session.close();
    await session.close();
    const next = await openFirst(context);
    await next.commit(aBatch(at(1), at(2), [anOrder('contract-2')]));
    assert.equal((await next.load(ORDERS, ['contract-1', 'contract-2'])).size, 2);
  }),
];
