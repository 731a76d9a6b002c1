// Large events at the end of the log: what looks at the end does not load them over and over.
import { randomUUID } from 'node:crypto';
import { eventId, streamName, type EventFilter, type NewEvent, type Position } from '@mainstem/event-store';
import { EventStoreDbEventStore } from '@mainstem/eventstoredb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startAnsweringProxy, type AnsweringProxy } from './eventstoredb/answering-proxy.js';
import { startProtocol, type ProtocolFixture } from './eventstoredb/protocol-fixture.js';

const LARGE_BYTES = 1_000_000;
const LARGE_EVENTS = 4;
const SUBSCRIPTIONS = 10;
/** Idle subscriptions look four times a second. */
const IDLE_MS = 3_000;
const POLL = { timeout: 30_000, interval: 10 };

let fixture: ProtocolFixture;
let proxy: AnsweringProxy;
let store: EventStoreDbEventStore;
let writer: EventStoreDbEventStore;
beforeEach(async () => {
  fixture = await startProtocol();
  proxy = await startAnsweringProxy(fixture.server.port);
  store = await EventStoreDbEventStore.open({ connectionString: proxy.connectionString });
  writer = await EventStoreDbEventStore.open({ connectionString: fixture.server.connectionString });
});
afterEach(async () => {
  await Promise.all([store.close(), writer.close()]);
  proxy.stop();
  await fixture.stop();
});

const large = (): NewEvent => ({ id: eventId(randomUUID()), type: 'Large', data: { text: 'x'.repeat(LARGE_BYTES) }, metadata: {} });
const small = (type = 'Counted'): NewEvent => ({ id: eventId(randomUUID()), type, data: {}, metadata: {} });
const put = async (event: NewEvent): Promise<Position> =>
  (await writer.append(streamName(`order-${event.id}`), [event], { expectedRevision: 'no-stream' })).position;

const follow = (filter: EventFilter, after?: Position) => {
  const ending = new AbortController();
  const state: { delivered: number; position: Position | undefined; isCaughtUp: boolean } = { delivered: 0, position: undefined, isCaughtUp: false };
  const over = (async () => {
    for await (const batch of store.subscribe({ after, filter, signal: ending.signal })) {
      state.delivered += batch.events.length;
      Object.assign(state, { position: batch.position, isCaughtUp: batch.isCaughtUp });
    }
  })();
  // Told by `end`.
  over.catch(() => undefined);
  return { state, end: (): Promise<void> => (ending.abort(), over) };
};
const followMany = (filter: EventFilter, after?: Position) => Array.from({ length: SUBSCRIPTIONS }, () => follow(filter, after));
const endAll = (all: readonly ReturnType<typeof follow>[]): Promise<unknown> => Promise.all(all.map(({ end }) => end()));
const loadedWhile = async (work: () => Promise<unknown>): Promise<number> => {
  const before = proxy.readBytes();
  await work();
  return (proxy.readBytes() - before) / LARGE_BYTES;
};

describe('a large event at the end of the log', () => {
  it('is loaded once in a while by subscriptions that have nothing to do, and what follows it is seen', async () => {
    const last = await put(large());
    const all = followMany({ types: ['Never'] });
    await expect.poll(() => all.every(({ state }) => state.isCaughtUp && state.position === last), POLL).toBe(true);
    expect(await loadedWhile(() => new Promise((resolve) => setTimeout(resolve, IDLE_MS)))).toBeLessThanOrEqual(IDLE_MS / 1_000 + 1);
    const next = await put(small());
    await expect.poll(() => all.every(({ state }) => state.position === next), POLL).toBe(true);
    await endAll(all);
  });

  it('does not keep subscriptions from starting, nor do several of them', async () => {
    const before = await put(small());
    for (let n = 0; n < LARGE_EVENTS; n++) await put(large());
    const last = await put(large());
    let all: readonly ReturnType<typeof follow>[] = [];
    const loaded = await loadedWhile(async () => {
      all = followMany({ types: ['Never'] }, before);
      await expect.poll(() => all.every(({ state }) => state.isCaughtUp && state.position === last), POLL).toBe(true);
    });
    expect(loaded).toBeLessThanOrEqual(4);
    await endAll(all);
  });
});
