// readAll: forwards, backwards, after a position, up to a limit, filtered.
import assert from 'node:assert/strict';
import { streamName, type EventFilter, type RecordedEvent } from '@mainstem/event-store';
import { eventsOf, fill, flatten, idsOf, order, positionsOf, readAll, refusalOf, type EventStoreCase, define } from './fixture.js';

const FILTERS: readonly { readonly filter: EventFilter; readonly isWanted: (event: RecordedEvent) => boolean }[] = [
  { filter: {}, isWanted: () => true },
  { filter: { types: ['Opened'] }, isWanted: (event) => event.type === 'Opened' },
  { filter: { types: ['Opened', 'Counted', 'Opened'] }, isWanted: () => true },
  { filter: { types: ['Never'] }, isWanted: () => false },
  { filter: { types: ['Never', 'Counted'] }, isWanted: (event) => event.type === 'Counted' },
  { filter: { types: [] }, isWanted: () => false },
  { filter: { streamPrefixes: [] }, isWanted: () => false },
  { filter: { streamPrefixes: ['order-'] }, isWanted: (event) => event.stream.startsWith('order-') },
  { filter: { streamPrefixes: ['credit-1', 'order-2'] }, isWanted: (event) => ['credit-1', 'order-2'].includes(event.stream) },
  { filter: { streamPrefixes: ['order-', 'order-2'] }, isWanted: (event) => event.stream.startsWith('order-') },
  { filter: { streamPrefixes: ['ORDER-'] }, isWanted: () => false },
  {
    filter: { types: ['Opened'], streamPrefixes: ['order-'] },
    isWanted: (event) => event.type === 'Opened' && event.stream.startsWith('order-'),
  },
];

export const readAllCases: readonly EventStoreCase[] = [
  define('has no head and yields nothing while it is empty', async (store) => {
    assert.equal(await store.head(), undefined);
    assert.deepEqual(await readAll(store), []);
    assert.deepEqual(await readAll(store, { direction: 'backwards' }), []);
  }),
  define('reads everything in order of position, and back', async (store) => {
    const all = await fill(store, 40);
    assert.equal(all.length, 40);
    assert.deepEqual(
      idsOf(all),
      [...all.keys()].flatMap((index) => idsOf(eventsOf(`fill-${index}`))),
    );
    assert.deepEqual(positionsOf(await readAll(store, { direction: 'backwards' })), positionsOf(all).toReversed());
  }),
  define('reads strictly beyond a position, from each of them, in both directions', async (store) => {
    const positions = positionsOf(await fill(store, 20));
    for (const [index, event] of (await readAll(store)).entries()) {
      assert.deepEqual(positionsOf(await readAll(store, { after: event.position })), positions.slice(index + 1));
      const backwards = await readAll(store, { after: event.position, direction: 'backwards' });
      assert.deepEqual(positionsOf(backwards), positions.slice(0, index).toReversed());
    }
  }),
  define('stops at the limit, with every batch size', async (store) => {
    const positions = positionsOf(await fill(store, 25));
    assert.deepEqual(await readAll(store, { limit: 0 }), []);
    for (const batchSizeMax of [1, 7, 100]) {
      for (const limit of [1, 7, 24, 25, 26]) {
        assert.deepEqual(positionsOf(await readAll(store, { limit, batchSizeMax })), positions.slice(0, limit));
        const backwards = await readAll(store, { limit, batchSizeMax, direction: 'backwards' });
        assert.deepEqual(positionsOf(backwards), positions.toReversed().slice(0, limit));
      }
    }
  }),
  define('gives batches of at most the size asked for, none of them empty', async (store) => {
    await fill(store, 30);
    for (const filter of [{}, { types: ['Opened'] }, { types: ['Never'] }]) {
      for await (const batch of store.readAll({ batchSizeMax: 4, filter })) assert.ok(batch.length > 0 && batch.length <= 4);
    }
  }),
  define('filters by type and by the beginning of the stream name', async (store) => {
    const all = await fill(store, 30);
    for (const { filter, isWanted } of FILTERS) {
      const wanted = positionsOf(all.filter(isWanted));
      for (const batchSizeMax of [1, 3, 1_000]) {
        const label = JSON.stringify({ filter, batchSizeMax });
        assert.deepEqual(positionsOf(await readAll(store, { filter, batchSizeMax })), wanted, label);
        assert.deepEqual(positionsOf(await readAll(store, { filter, batchSizeMax, direction: 'backwards' })), wanted.toReversed(), label);
        assert.deepEqual(positionsOf(await readAll(store, { filter, batchSizeMax, limit: 2 })), wanted.slice(0, 2), label);
      }
    }
  }),
  define('treats prefixes and types literally, whatever characters they have', async (store) => {
    const names = ['o%-1', 'o_-1', 'o*-1', "o'-1", 'é-1', 'z-\u{ffff}x', 'z-\u{10ffff}x', 'z-\u{d7ff}x', 'z-\u{e000}x', 'z-\u{1f600}x'];
    for (const [index, name] of names.entries()) {
      await store.append(streamName(name), eventsOf(`n${index}`, 1, `Type ' " % _ ${index}`), { expectedRevision: 'no-stream' });
    }
    for (const [index, name] of names.entries()) {
      const byPrefix = await readAll(store, { filter: { streamPrefixes: [name.slice(0, -1)] } });
      assert.deepEqual(
        byPrefix.map((event) => event.stream),
        names.filter((other) => other.startsWith(name.slice(0, -1))),
      );
      const byType = await readAll(store, { filter: { types: [`Type ' " % _ ${index}`] } });
      assert.deepEqual(
        byType.map((event) => event.stream),
        [name],
      );
    }
  }),
  define('gives the same places, ids, types and times when no payload is needed', async (store) => {
    const placesOf = (events: readonly RecordedEvent[]) =>
      events.map(({ position, revision, id, stream, type, recordedAt }) => ({ position, revision, id, stream, type, recordedAt }));
    const all = placesOf(await fill(store, 30));
    assert.deepEqual(placesOf(await readAll(store, { needsPayload: false })), all);
    assert.deepEqual(placesOf(await readAll(store, { needsPayload: false, direction: 'backwards', batchSizeMax: 7 })), all.toReversed());
    const opened = placesOf(await readAll(store, { needsPayload: false, filter: { types: ['Opened'] } }));
    assert.deepEqual(
      opened,
      all.filter(({ type }) => type === 'Opened'),
    );
  }),
  define('ends with EVENT_STORE_ABORTED when the signal fires, also between batches', async (store) => {
    await fill(store, 10);
    await refusalOf(flatten(store.readAll({ signal: AbortSignal.abort() })), 'EVENT_STORE_ABORTED');
    const ending = new AbortController();
    const reading = async (): Promise<void> => {
      for await (const _ of store.readAll({ batchSizeMax: 2, signal: ending.signal })) ending.abort();
    };
    await refusalOf(reading(), 'EVENT_STORE_ABORTED');
  }),
  define('shows an append to every read that begins after it was acknowledged', async (store) => {
    for (let index = 0; index < 20; index++) {
      const { position } = await store.append(order(index % 2), eventsOf(`c${index}`), { expectedRevision: 'any' });
      assert.equal(await store.head(), position);
      assert.equal((await readAll(store)).at(-1)?.position, position);
    }
  }),
];
