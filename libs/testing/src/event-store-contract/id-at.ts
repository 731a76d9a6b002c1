// idAt and the marks of a subscription: a reader uses them to check that the log is still the one it has read.
import assert from 'node:assert/strict';
import type { EventFilter, Position } from '@mainstem/event-store';
import { fill, follow, order, eventsOf, refusalOf, type EventStoreCase, define } from './fixture.js';

export const idAtCases: readonly EventStoreCase[] = [
  define('names the event at each position, whatever its stream and type', async (store) => {
    for (const { position, id } of await fill(store, 20)) assert.equal(await store.idAt(position), id);
  }),
  define('names none where there is no event', async (store) => {
    assert.equal(await store.idAt(0n as Position), undefined);
    assert.equal(await store.idAt(7n as Position), undefined);
    const places = new Set((await fill(store, 5)).map(({ position }) => position));
    const last = [...places].at(-1) ?? 0n;
    for (const beyond of [last + 1n, last + 1_000_000n]) assert.equal(await store.idAt(beyond as Position), undefined);
    for (let between = last; between > 0n && between > last - 200n; between--) {
      if (!places.has(between as Position)) assert.equal(await store.idAt(between as Position), undefined);
    }
  }),
  define('knows an event as soon as its append is acknowledged', async (store) => {
    for (let index = 0; index < 10; index++) {
      const events = eventsOf(`c${index}`, 3);
      const { position } = await store.append(order(1), events, { expectedRevision: 'any' });
      assert.equal(await store.idAt(position), events.at(-1)?.id);
    }
  }),
  define('refuses an invalid position, and ends with EVENT_STORE_ABORTED if the signal has fired', async (store) => {
    await refusalOf(store.idAt(-1n as Position), 'EVENT_STORE_INVALID_INPUT');
    await refusalOf(store.idAt(1n as Position, AbortSignal.abort()), 'EVENT_STORE_ABORTED');
  }),
  define('gives a subscriber valid marks: events up to its position, also unwanted ones', async (store) => {
    const last = (await fill(store, 30)).at(-1);
    const filters: readonly EventFilter[] = [{}, { types: ['Opened'] }, { types: ['Never'] }, { streamPrefixes: ['credit-'] }];
    for (const filter of filters) {
      const { batches } = await follow(store, { after: undefined, filter, batchSizeMax: 4 }, (_, batch) => batch.isCaughtUp);
      for (const { position = 0n, lastEvent, events } of batches) {
        if (!lastEvent) continue;
        assert.ok(lastEvent.position <= position && lastEvent.position >= (events.at(-1)?.position ?? 0n));
        assert.equal(await store.idAt(lastEvent.position), lastEvent.id);
      }
      // The last event here is the application's own: the mark names it.
      const end = batches.at(-1);
      assert.equal((end?.lastEvent ?? end?.events.at(-1))?.id, last?.id);
    }
  }),
];
