// Limits: a typed error refuses what is too large before anything is written; what is exactly at the limit is accepted.
import assert from 'node:assert/strict';
import { EventTooLarge, InvalidInput, type EventStore, type NewEvent } from '@mainstem/event-store';
import { eventsOf, order, readStream, refusedAppend, type EventStoreCase, define } from './fixture.js';

const TYPE = 'Large';
const EMPTY = JSON.stringify({ text: '' }).length + JSON.stringify({}).length;

/** An event that counts exactly this many bytes in the store. */
const eventOfBytes = (store: EventStore, bytes: number, command = 'large'): NewEvent => {
  const [event] = eventsOf(command, 1, TYPE, {}) as [NewEvent];
  return { ...event, data: { text: 'x'.repeat(bytes - EMPTY - (store.limits.bytesBeside?.(TYPE) ?? 0)) } };
};

/** Two or more events that count exactly this many bytes together. */
const eventsOfBytes = (store: EventStore, bytes: number): readonly NewEvent[] => {
  const count = Math.max(2, Math.ceil(bytes / store.limits.eventBytesMax));
  const share = Math.floor(bytes / count);
  return Array.from({ length: count }, (_, n) => eventOfBytes(store, n === 0 ? bytes - share * (count - 1) : share, `part-${n}`));
};

const append = (store: EventStore, events: readonly NewEvent[]) => store.append(order(1), events, { expectedRevision: 'any' });

export const limitsCases: readonly EventStoreCase[] = [
  define('reports its limits', async ({ limits }) => {
    const { eventBytesMax, appendBytesMax, appendEventsMax } = limits;
    for (const limit of [eventBytesMax, appendBytesMax, appendEventsMax]) assert.ok(Number.isSafeInteger(limit) && limit > 0);
    assert.ok(eventBytesMax <= appendBytesMax);
  }),
  define('accepts an event of exactly the largest size and gives it back', async (store) => {
    const event = eventOfBytes(store, store.limits.eventBytesMax);
    await append(store, [event]);
    assert.deepEqual((await readStream(store, order(1)))[0]?.data, event.data);
  }),
  define('refuses an event one byte larger, alone or among others', async (store) => {
    const { eventBytesMax } = store.limits;
    const large = eventOfBytes(store, eventBytesMax + 1);
    for (const events of [[large], [...eventsOf('a', 2), large], [large, ...eventsOf('b', 2)]]) {
      const error = await refusedAppend(store, () => append(store, events), 'EVENT_STORE_EVENT_TOO_LARGE');
      assert.ok(error instanceof EventTooLarge);
      assert.deepEqual([error.bytes, error.bytesMax], [eventBytesMax + 1, eventBytesMax]);
    }
    assert.deepEqual(await readStream(store, order(1)), []);
  }),
  define('counts bytes, not characters, and metadata too', async (store) => {
    const [event] = eventsOf('a') as [NewEvent];
    const half = '€'.repeat(Math.floor(store.limits.eventBytesMax / 6));
    await append(store, [{ ...event, data: { half } }]);
    await refusedAppend(store, () => append(store, [{ ...event, data: { half }, metadata: { half } }]), 'EVENT_STORE_EVENT_TOO_LARGE');
  }),
  define('accepts an append of exactly the largest size, and refuses one that is a byte larger, with the limit', async (store) => {
    const { appendBytesMax } = store.limits;
    const error = await refusedAppend(store, () => append(store, eventsOfBytes(store, appendBytesMax + 1)), 'EVENT_STORE_EVENT_TOO_LARGE');
    assert.ok(error instanceof EventTooLarge);
    assert.deepEqual([error.bytes, error.bytesMax], [appendBytesMax + 1, appendBytesMax]);
    const events = eventsOfBytes(store, appendBytesMax);
    await append(store, events);
    assert.equal((await readStream(store, order(1))).length, events.length);
  }),
  define('refuses an append with too many events, or with too many bytes in all', async (store) => {
    const { appendEventsMax, appendBytesMax, eventBytesMax } = store.limits;
    const tooMany = eventsOf('many', appendEventsMax + 1);
    const error = await refusedAppend(store, () => append(store, tooMany), 'EVENT_STORE_INVALID_INPUT');
    assert.ok(error instanceof InvalidInput && error.message.includes(String(appendEventsMax)));
    const count = Math.floor(appendBytesMax / eventBytesMax) + 1;
    const tooLarge = Array.from({ length: count }, (_, index) => eventOfBytes(store, eventBytesMax, `large-${index}`));
    await refusedAppend(store, () => append(store, tooLarge), 'EVENT_STORE_EVENT_TOO_LARGE');
    await append(store, tooMany.slice(1));
    assert.equal((await readStream(store, order(1))).length, appendEventsMax);
  }),
  define('reads large events back whole, forwards, backwards and live', async (store) => {
    for (let index = 0; index < 24; index++) await append(store, [eventOfBytes(store, store.limits.eventBytesMax, `large-${index}`)]);
    for (const direction of ['forwards', 'backwards'] as const) {
      let count = 0;
      for await (const batch of store.readAll({ direction })) count += batch.length;
      assert.equal(count, 24);
      assert.equal((await readStream(store, order(1), { direction })).length, 24);
    }
    let delivered = 0;
    for await (const batch of store.subscribe({ after: undefined, signal: AbortSignal.timeout(10_000) })) {
      delivered += batch.events.length;
      if (batch.isCaughtUp) break;
    }
    assert.equal(delivered, 24);
  }),
];
