// Abort and close: nothing is half done, and no caller waits for ever.
import assert from 'node:assert/strict';
import type { EventStore, Position } from '@mainstem/event-store';
import { eventsOf, fill, flatten, inTime, order, refusalOf, refusedAppend, type EventStoreCase, define } from './fixture.js';

const waiting = (store: EventStore) => {
  const batches = store.subscribe({ after: undefined, signal: new AbortController().signal })[Symbol.asyncIterator]();
  return batches.next().then(() => ({ next: batches.next() }));
};

export const closingCases: readonly EventStoreCase[] = [
  define('appends nothing if the signal fired before the call', async (store) => {
    const append = () => store.append(order(1), eventsOf('a'), { expectedRevision: 'any', signal: AbortSignal.abort() });
    await refusedAppend(store, append, 'EVENT_STORE_ABORTED');
  }),
  define('either appends or reports the abort, whenever the signal fires', async (store) => {
    let appended = 0;
    for (let index = 0; index < 20; index++) {
      const ending = new AbortController();
      const append = store.append(order(1), eventsOf(`c${index}`), { expectedRevision: 'any', signal: ending.signal });
      if (index % 2 === 0) await Promise.resolve();
      if (index % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
      ending.abort();
      const outcome = await append.then(
        () => 'appended',
        (error: unknown) => (error as { code?: string }).code,
      );
      assert.ok(outcome === 'appended' || outcome === 'EVENT_STORE_ABORTED', String(outcome));
      if (outcome === 'appended') appended++;
    }
    assert.equal((await flatten(store.readAll())).length, appended);
  }),
  define('refuses everything after close, and may be closed twice', async (store) => {
    await fill(store, 3);
    await store.close();
    await store.close();
    await refusalOf(store.append(order(1), eventsOf('late'), { expectedRevision: 'any' }), 'EVENT_STORE_CLOSED');
    await refusalOf(flatten(store.readAll()), 'EVENT_STORE_CLOSED');
    await refusalOf(flatten(store.readStream(order(1))), 'EVENT_STORE_CLOSED');
    await refusalOf(store.head(), 'EVENT_STORE_CLOSED');
    await refusalOf(store.idAt(1n as Position), 'EVENT_STORE_CLOSED');
    const subscription = store.subscribe({ after: undefined, signal: new AbortController().signal });
    await refusalOf(inTime(flatten(subscription as never), 'the refusal'), 'EVENT_STORE_CLOSED');
  }),
  define('ends waiting subscriptions with EVENT_STORE_CLOSED, never silently', async (store) => {
    const subscriptions = await Promise.all([waiting(store), waiting(store)]);
    const refusals = subscriptions.map(({ next }) => refusalOf(inTime(next, 'the end'), 'EVENT_STORE_CLOSED'));
    await store.close();
    await Promise.all(refusals);
  }),
  define('completes appends that were called before close', async (store) => {
    const appends = Array.from({ length: 20 }, (_, index) => store.append(order(1), eventsOf(`c${index}`), { expectedRevision: 'any' }));
    await store.close();
    const results = await Promise.all(appends);
    assert.equal(results.at(-1)?.revision, 19n);
  }),
];
