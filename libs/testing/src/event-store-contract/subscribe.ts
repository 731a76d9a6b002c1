// subscribe: catch-up, then live, as one ordered stream without hole or repetition.
import assert from 'node:assert/strict';
import { streamName, type EventFilter, type EventStore, type Position, type RecordedEvent, type SubscriptionBatch } from '@mainstem/event-store';
import { eventsOf, fill, follow, inTime, order, positionsOf, readAll, type EventStoreCase, define } from './fixture.js';

const catchUp = (store: EventStore, after: Position | undefined, filter: EventFilter = {}, batchSizeMax = 1_000) =>
  follow(store, { after, filter, batchSizeMax }, (_, batch) => batch.isCaughtUp);

const start = (store: EventStore, after: Position | undefined, options: { readonly batchSizeMax?: number; readonly filter?: EventFilter } = {}) => {
  const ending = new AbortController();
  const batches = store.subscribe({ after, ...options, signal: ending.signal })[Symbol.asyncIterator]();
  const next = async (): Promise<SubscriptionBatch> => {
    const { done, value } = await inTime(batches.next(), 'the next batch');
    if (done) assert.fail('the subscription has ended');
    return value;
  };
  return { batches, next, end: () => ending.abort() };
};

const catchingUp: readonly EventStoreCase[] = [
  define('reports that it is caught up on an empty store', async (store) => {
    const { batches } = await catchUp(store, undefined);
    assert.deepEqual(batches, [{ events: [], position: undefined, isCaughtUp: true }]);
  }),
  define('delivers everything strictly after a position, from each of them, with every batch size', async (store) => {
    const all = await fill(store, 20);
    for (const batchSizeMax of [1, 3, 1_000]) {
      for (const [index, after] of [undefined, ...positionsOf(all)].entries()) {
        const { events, batches } = await catchUp(store, after as Position | undefined, {}, batchSizeMax);
        assert.deepEqual(positionsOf(events), positionsOf(all.slice(index)));
        assert.ok(batches.every((batch) => batch.events.length <= batchSizeMax));
        assert.equal(batches.at(-1)?.position, all.at(-1)?.position);
      }
    }
  }),
  define('moves its position past events that the filter leaves out', async (store) => {
    await fill(store, 30);
    const { events, batches } = await catchUp(store, undefined, { types: ['Never'] });
    assert.deepEqual(events, []);
    assert.equal(batches.at(-1)?.position, await store.head());
  }),
  define('gives in each batch a position where another subscription can go on without hole or repetition', async (store) => {
    const all = await fill(store, 30);
    for (const filter of [{}, { types: ['Opened'] }, { streamPrefixes: ['credit-'] }]) {
      const wanted = positionsOf(await readAll(store, { filter }));
      const { batches } = await catchUp(store, undefined, filter, 4);
      let seen: readonly RecordedEvent[] = [];
      for (const batch of batches) {
        seen = [...seen, ...batch.events];
        const rest = await catchUp(store, batch.position, filter);
        assert.deepEqual(positionsOf([...seen, ...rest.events]), wanted);
      }
      assert.equal(batches.at(-1)?.position, all.at(-1)?.position);
    }
  }),
];

const goingLive: readonly EventStoreCase[] = [
  define('wakes for events that are appended after it has caught up', async (store) => {
    const subscription = start(store, undefined);
    assert.ok((await subscription.next()).isCaughtUp);
    for (let index = 0; index < 20; index++) {
      const next = subscription.next();
      const { position } = await store.append(order(1), eventsOf(`c${index}`), { expectedRevision: 'any' });
      const batch = await next;
      assert.deepEqual(positionsOf(batch.events), [position]);
      assert.deepEqual([batch.position, batch.isCaughtUp], [position, true]);
    }
    subscription.end();
  }),
  define('has no hole and no repetition between catch-up and live, wherever it starts and whenever the writer writes', async (store) => {
    const before = await fill(store, 12);
    const starts = [undefined, ...positionsOf(before)] as readonly (Position | undefined)[];
    const writer = fill(store, 60, 'during');
    const followers = starts.flatMap((after) =>
      [1, 2, 7, 1_000].map(async (batchSizeMax) => ({
        after,
        events: (
          await follow(store, { after, batchSizeMax }, (_, batch) => (batch.events.at(-1)?.data as { last?: true } | undefined)?.last === true)
        ).events,
      })),
    );
    await writer;
    await store.append(order('last'), [{ ...eventsOf('last')[0], data: { last: true } } as never], { expectedRevision: 'no-stream' });
    const all = positionsOf(await readAll(store));
    for (const { after, events } of await Promise.all(followers)) {
      assert.deepEqual(
        positionsOf(events),
        all.filter((position) => after === undefined || position > after),
      );
    }
  }),
  define('has no hole and no repetition when the append falls between any two steps of the reader', async (store) => {
    await fill(store, 6);
    for (let step = 0; step < 8; step++) {
      const subscription = start(store, undefined, { batchSizeMax: 2 });
      const seen: RecordedEvent[] = [];
      const total = (await readAll(store)).length + 2;
      for (let taken = 0; seen.length < total; taken++) {
        if (taken === step) await store.append(order('now'), eventsOf(`first-${step}`), { expectedRevision: 'any' });
        const next = seen.length === total - 1 || taken !== step ? subscription.next() : undefined;
        if (taken === step) await store.append(order('now'), eventsOf(`second-${step}`), { expectedRevision: 'any' });
        seen.push(...(await (next ?? subscription.next())).events);
      }
      assert.deepEqual(positionsOf(seen), positionsOf(await readAll(store)));
      subscription.end();
    }
  }),
  define('moves its position past live events that the filter leaves out', async (store) => {
    const subscription = start(store, undefined, { filter: { streamPrefixes: ['order-'] } });
    await subscription.next();
    const left = await store.append(streamName('credit-1'), eventsOf('a'), { expectedRevision: 'any' });
    assert.equal((await subscription.next()).position, left.position);
    const wanted = await store.append(order(1), eventsOf('b'), { expectedRevision: 'any' });
    assert.deepEqual(positionsOf((await subscription.next()).events), [wanted.position]);
    subscription.end();
  }),
];

const livingTogether: readonly EventStoreCase[] = [
  define('reports no position beyond the head, nor does an append, and reaches the head whatever it wants', async (store) => {
    const subscription = start(store, undefined, { filter: { types: ['Never'] } });
    await subscription.next();
    for (let round = 0; round < 3; round++) {
      const { position } = await store.append(order(round), eventsOf(`round-${round}`, 40), { expectedRevision: 'no-stream' });
      const head = await store.head();
      assert.ok(head !== undefined && head >= position);
      for (let reached: Position | undefined; reached === undefined || reached < head;) {
        ({ position: reached } = await subscription.next());
        assert.ok(reached === undefined || reached <= head);
      }
    }
    subscription.end();
  }),
  define('serves many subscribers the same sequence', async (store) => {
    const followers = Array.from({ length: 50 }, () => follow(store, { after: undefined }, (events) => events.length >= 40));
    const all = await fill(store, 40);
    for (const { events } of await Promise.all(followers)) assert.deepEqual(positionsOf(events), positionsOf(all));
  }),
  define('waits for a slow consumer without blocking writers or other subscribers', async (store) => {
    await fill(store, 5);
    const slow = start(store, undefined, { batchSizeMax: 3 });
    const seen = [...(await slow.next()).events];
    const all = await fill(store, 200, 'more');
    const quick = await catchUp(store, undefined);
    assert.deepEqual(positionsOf(quick.events), positionsOf(all));
    while (seen.length < all.length) {
      const { events } = await slow.next();
      assert.ok(events.length <= 3);
      seen.push(...events);
    }
    assert.deepEqual(positionsOf(seen), positionsOf(all));
    slow.end();
  }),
  define('ends without an error when its signal fires: before it begins, between two batches, while it waits', async (store) => {
    await fill(store, 5);
    const never = store.subscribe({ after: undefined, signal: AbortSignal.abort() })[Symbol.asyncIterator]();
    assert.deepEqual(await inTime(never.next(), 'the end'), { done: true, value: undefined });
    for (const batchSizeMax of [2, 1_000]) {
      const subscription = start(store, undefined, { batchSizeMax });
      await subscription.next();
      const waiting = subscription.batches.next();
      subscription.end();
      let step = await inTime(waiting, 'the end');
      if (!step.done) step = await inTime(subscription.batches.next(), 'the end');
      assert.equal(step.done, true);
    }
  }),
  define('lets one subscriber end without harm to the others', async (store) => {
    const one = start(store, undefined);
    const other = start(store, undefined);
    await Promise.all([one.next(), other.next()]);
    const waiting = one.batches.next();
    one.end();
    assert.equal((await inTime(waiting, 'the end')).done, true);
    const next = other.next();
    const { position } = await store.append(order(1), eventsOf('a'), { expectedRevision: 'any' });
    assert.equal((await next).position, position);
    other.end();
  }),
];

export const subscribeCases: readonly EventStoreCase[] = [...catchingUp, ...goingLive, ...livingTogether];
