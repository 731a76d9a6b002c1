// Limits: too large is refused with a typed error before anything is written; exactly at the limit is accepted.
import assert from 'node:assert/strict';
import { DEFAULT_LIMITS, EventTooLarge, type EventStore, type NewEvent } from '@mainstem/event-store';
import { eventsOf, order, readStream, refusedAppend, type EventStoreCase } from './fixture.js';

/** An event whose payload and metadata together have this many bytes of UTF-8. */
const eventOfBytes = (bytes: number, command = 'large'): NewEvent => {
  const [event] = eventsOf(command, 1, 'Large', {}) as [NewEvent];
  const overhead = JSON.stringify({ text: '' }).length + JSON.stringify({}).length;
  return { ...event, data: { text: 'x'.repeat(bytes - overhead) } };
};

const append = (store: EventStore, events: readonly NewEvent[]) => store.append(order(1), events, { expectedRevision: 'any' });

export const limitsCases: readonly EventStoreCase[] = [
  {
    name: 'accepts an event of exactly the largest size and gives it back',
    run: async (store) => {
      const event = eventOfBytes(DEFAULT_LIMITS.eventBytesMax);
      await append(store, [event]);
      assert.deepEqual((await readStream(store, order(1)))[0]?.data, event.data);
    },
  },
  {
    name: 'refuses an event one byte larger, alone or among others',
    run: async (store) => {
      const large = eventOfBytes(DEFAULT_LIMITS.eventBytesMax + 1);
      for (const events of [[large], [...eventsOf('a', 2), large], [large, ...eventsOf('b', 2)]]) {
        const error = await refusedAppend(store, () => append(store, events), 'EVENT_STORE_EVENT_TOO_LARGE');
        assert.ok(error instanceof EventTooLarge);
        assert.deepEqual([error.bytes, error.bytesMax], [DEFAULT_LIMITS.eventBytesMax + 1, DEFAULT_LIMITS.eventBytesMax]);
      }
      assert.deepEqual(await readStream(store, order(1)), []);
    },
  },
  {
    name: 'counts bytes, not characters, and metadata too',
    run: async (store) => {
      const [event] = eventsOf('a') as [NewEvent];
      const half = '€'.repeat(DEFAULT_LIMITS.eventBytesMax / 6);
      await append(store, [{ ...event, data: { half } }]);
      await refusedAppend(store, () => append(store, [{ ...event, data: { half }, metadata: { half } }]), 'EVENT_STORE_EVENT_TOO_LARGE');
    },
  },
  {
    name: 'refuses an append whose events are too many, or too large together',
    run: async (store) => {
      const tooMany = eventsOf('many', DEFAULT_LIMITS.appendEventsMax + 1);
      await refusedAppend(store, () => append(store, tooMany), 'EVENT_STORE_INVALID_INPUT');
      const tooLarge = Array.from({ length: 17 }, (_, index) => eventOfBytes(DEFAULT_LIMITS.eventBytesMax, `large-${index}`));
      await refusedAppend(store, () => append(store, tooLarge), 'EVENT_STORE_EVENT_TOO_LARGE');
      await append(store, tooMany.slice(1));
      assert.equal((await readStream(store, order(1))).length, DEFAULT_LIMITS.appendEventsMax);
    },
  },
  {
    name: 'reads large events back whole, forwards, backwards and live',
    run: async (store) => {
      for (let index = 0; index < 24; index++) await append(store, [eventOfBytes(DEFAULT_LIMITS.eventBytesMax, `large-${index}`)]);
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
    },
  },
];
