// readStream: forwards, backwards, from a revision, up to a limit.
import assert from 'node:assert/strict';
import { revision, type EventStore } from '@mainstem/event-store';
import { eventsOf, flatten, order, readStream, refusalOf, revisionsOf, type EventStoreCase, define } from './fixture.js';

const filled = async (store: EventStore, count: number): Promise<void> => {
  await store.append(order(0), eventsOf('before', 2), { expectedRevision: 'no-stream' });
  await store.append(order(1), eventsOf('a', count), { expectedRevision: 'no-stream' });
  await store.append(order(2), eventsOf('after', 2), { expectedRevision: 'no-stream' });
};

const range = (from: number, to: number): readonly bigint[] => {
  const step = from <= to ? 1 : -1;
  return Array.from({ length: Math.abs(to - from) + 1 }, (_, index) => BigInt(from + index * step));
};

export const readStreamCases: readonly EventStoreCase[] = [
  define('yields nothing for a stream without events', async (store) => {
    assert.deepEqual(await readStream(store, order('none')), []);
    assert.deepEqual(await readStream(store, order('none'), { direction: 'backwards', limit: 1 }), []);
    assert.deepEqual(await readStream(store, order('none'), { direction: 'backwards', from: revision(5n) }), []);
  }),
  define('reads a stream from its first event to its last, and back', async (store) => {
    await filled(store, 10);
    assert.deepEqual(revisionsOf(await readStream(store, order(1))), range(0, 9));
    assert.deepEqual(revisionsOf(await readStream(store, order(1), { direction: 'backwards' })), range(9, 0));
  }),
  define('starts at a revision, inclusive, in both directions', async (store) => {
    await filled(store, 10);
    for (let from = 0; from < 10; from++) {
      const options = { from: revision(BigInt(from)) };
      assert.deepEqual(revisionsOf(await readStream(store, order(1), options)), range(from, 9));
      assert.deepEqual(revisionsOf(await readStream(store, order(1), { ...options, direction: 'backwards' })), range(from, 0));
    }
  }),
  define('reads nothing forwards from beyond the end, and everything backwards', async (store) => {
    await filled(store, 3);
    for (const from of [revision(3n), revision(2n ** 63n - 1n)]) {
      assert.deepEqual(await readStream(store, order(1), { from }), []);
      assert.deepEqual(revisionsOf(await readStream(store, order(1), { from, direction: 'backwards' })), range(2, 0));
    }
  }),
  define('stops at the limit', async (store) => {
    await filled(store, 10);
    assert.deepEqual(await readStream(store, order(1), { limit: 0 }), []);
    for (const limit of [1, 3, 10, 11]) {
      const count = Math.min(limit, 10);
      assert.deepEqual(revisionsOf(await readStream(store, order(1), { limit })), range(0, count - 1));
      assert.deepEqual(revisionsOf(await readStream(store, order(1), { limit, direction: 'backwards' })), range(9, 10 - count));
      const options = { limit, from: revision(4n) };
      assert.deepEqual(revisionsOf(await readStream(store, order(1), options)), range(4, Math.min(9, 3 + limit)));
    }
  }),
  define('reads long streams whole, in batches that are never empty', async (store) => {
    await filled(store, 2_500);
    for (const direction of ['forwards', 'backwards'] as const) {
      const events = [];
      for await (const batch of store.readStream(order(1), { direction })) {
        assert.ok(batch.length > 0);
        events.push(...batch);
      }
      assert.deepEqual(revisionsOf(events), direction === 'forwards' ? range(0, 2_499) : range(2_499, 0));
    }
  }),
  define('ends with EVENT_STORE_ABORTED when the signal has fired', async (store) => {
    await filled(store, 3);
    await refusalOf(flatten(store.readStream(order(1), { signal: AbortSignal.abort() })), 'EVENT_STORE_ABORTED');
  }),
];
