// Retry: the same ids at the same expected revision are always the same append.
import assert from 'node:assert/strict';
import { revision, type EventStore, type ExpectedRevision, type NewEvent } from '@mainstem/event-store';
import { eventsOf, order, readStream, refusedAppend, type EventStoreCase, define } from './fixture.js';

const append = (store: EventStore, events: readonly NewEvent[], expectedRevision: ExpectedRevision) =>
  store.append(order(1), events, { expectedRevision });

const refusedOverlap = (store: EventStore, events: readonly NewEvent[], expectedRevision: ExpectedRevision) =>
  refusedAppend(store, () => append(store, events, expectedRevision), 'EVENT_STORE_WRONG_EXPECTED_REVISION');

export const retryCases: readonly EventStoreCase[] = [
  define('gives a retry the first answer and appends nothing, whatever was appended since', async (store) => {
    const first = await append(store, eventsOf('a', 3), 'no-stream');
    const second = await append(store, eventsOf('b', 2), revision(2n));
    for (let index = 0; index < 5; index++) {
      await append(store, eventsOf(`c${index}`), 'any');
      await store.append(order(2), eventsOf(`d${index}`), { expectedRevision: 'any' });
      assert.deepEqual(await append(store, eventsOf('a', 3), 'no-stream'), first);
      assert.deepEqual(await append(store, eventsOf('b', 2), revision(2n)), second);
    }
    assert.equal((await readStream(store, order(1))).length, 10);
  }),
  define('gives concurrent copies of one append the same answer and appends once', async (store) => {
    const results = await Promise.all(Array.from({ length: 10 }, () => append(store, eventsOf('a', 2), 'no-stream')));
    for (const result of results) assert.deepEqual(result, results[0]);
    assert.equal((await readStream(store, order(1))).length, 2);
  }),
  define('recognises a retry without a revision while its events are the last of the stream', async (store) => {
    const first = await append(store, eventsOf('a', 2), 'any');
    assert.deepEqual(await append(store, eventsOf('a', 2), 'any'), first);
    const second = await append(store, eventsOf('b', 2), 'stream-exists');
    assert.deepEqual(await append(store, eventsOf('b', 2), 'stream-exists'), second);
    assert.equal((await readStream(store, order(1))).length, 4);
  }),
  define('treats partly matching ids as a conflict', async (store) => {
    const [a, b, c] = eventsOf('a', 3) as [NewEvent, NewEvent, NewEvent];
    await append(store, [a, b, c], 'no-stream');
    await refusedOverlap(store, [a, b, ...eventsOf('other')], 'no-stream');
    await refusedOverlap(store, [...eventsOf('other'), b, c], 'no-stream');
    await refusedOverlap(store, [a, b, c, ...eventsOf('more')], 'no-stream');
    await refusedOverlap(store, [b, a, c], 'no-stream');
    await refusedOverlap(store, [a], revision(0n));
    await refusedOverlap(store, [b, c, ...eventsOf('more')], revision(0n));
  }),
  define('treats other ids at a past revision as a conflict, also when repeated', async (store) => {
    await append(store, eventsOf('a'), 'no-stream');
    await refusedOverlap(store, eventsOf('b'), 'no-stream');
    await refusedOverlap(store, eventsOf('b'), 'no-stream');
  }),
  define('treats the same ids on another stream as another append', async (store) => {
    const first = await append(store, eventsOf('a'), 'no-stream');
    const second = await store.append(order(2), eventsOf('a'), { expectedRevision: 'no-stream' });
    assert.ok(second.position > first.position);
  }),
];
