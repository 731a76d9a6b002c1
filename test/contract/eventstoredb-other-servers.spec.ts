// The adapter and other servers: their own events at the end of the log, wrong checkpoints, nodes that start or are
// away.
import { randomUUID } from 'node:crypto';
import { binaryEvent } from '@eventstore/db-client';
import { eventId, streamName, type EventFilter, type NewEvent, type Position, type RecordedEvent } from '@mainstem/event-store';
import { EventStoreDbEventStore, type EventStoreDbOptions } from '@mainstem/eventstoredb';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  checkpointMessage,
  eventTooLargeMessage,
  notHandledMessage,
  startAnsweringProxy,
  withoutPositionMessage,
  type AnsweringProxy,
  type ProxyAnswers,
} from './eventstoredb/answering-proxy.js';
import { startProtocol, type ProtocolFixture } from './eventstoredb/protocol-fixture.js';
import { clientOfTests } from './eventstoredb/client-of-tests.js';

/** Far more than is ever looked at in one answer. */
const LINKS = 4_000;
const POLL = { timeout: 30_000, interval: 10 };

let fixture: ProtocolFixture;
const stores: EventStoreDbEventStore[] = [];
const proxies: AnsweringProxy[] = [];
const rejected: unknown[] = [];
const onRejection = (reason: unknown): void => void rejected.push(reason);

beforeEach(async () => {
  fixture = await startProtocol();
  rejected.length = 0;
  process.on('unhandledRejection', onRejection);
});
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  for (const proxy of proxies.splice(0)) proxy.stop();
  await fixture.stop();
  process.off('unhandledRejection', onRejection);
});

const open = async (connectionString = fixture.server.connectionString, options: Partial<EventStoreDbOptions> = {}) => {
  const store = await EventStoreDbEventStore.open({ ...clientOfTests(), connectionString, ...options });
  stores.push(store);
  return store;
};
const behindProxy = async (answers: ProxyAnswers = {}) => {
  const proxy = await startAnsweringProxy(fixture.server.port, answers);
  proxies.push(proxy);
  return { proxy, store: await open(proxy.connectionString) };
};
const counted = (n: number, type = 'Counted'): NewEvent => ({ id: eventId(randomUUID()), type, data: { n }, metadata: {} });
const put = (store: EventStoreDbEventStore, n: number, type?: string) =>
  store.append(streamName(`order-${n}`), [counted(n, type)], { expectedRevision: 'no-stream' });
const addLinks = async (count: number): Promise<void> => {
  for (let done = 0; done < count; done += 1_000) {
    const links = Array.from({ length: Math.min(1_000, count - done) }, (_, n) =>
      binaryEvent({ id: randomUUID(), type: '$>', data: Buffer.from(`0@order-${n % 5}`) }),
    );
    await fixture.client.appendToStream('$ce-order', links);
  }
};

/** Follows until it is ended; rejects with what the subscription fails with. */
const follow = (store: EventStoreDbEventStore, filter: EventFilter = {}, after?: Position) => {
  const ending = new AbortController();
  const delivered: RecordedEvent[] = [];
  const positions: Position[] = [];
  const state = { isCaughtUp: false };
  const over = (async () => {
    for await (const batch of store.subscribe({ after, filter, signal: ending.signal })) {
      delivered.push(...batch.events);
      if (batch.position !== undefined) positions.push(batch.position);
      state.isCaughtUp = batch.isCaughtUp;
    }
  })();
  const end = (): Promise<void> => (ending.abort(), over);
  return { delivered, positions, state, end };
};
const numbersOf = (events: readonly RecordedEvent[]): readonly number[] => events.map(({ data }) => (data as { n: number }).n);

describe('events of the server’s own at the end of the log', () => {
  it('are never read: the end of the store costs one event, and is an end for every reader', async () => {
    const { store, proxy } = await behindProxy();
    let last: Position | undefined;
    for (let n = 0; n < 5; n++) last = (await put(store, n)).position;
    expect(await store.head()).toBe(last);
    await addLinks(LINKS);
    const before = proxy.readBytes();
    const head = await store.head();
    expect(proxy.readBytes() - before).toBeLessThan(1_000);
    expect(head).toBe((last ?? 0n) + BigInt(LINKS));
  });

  it.each([
    ['that matches', { types: ['Counted'] }, 5],
    ['that matches nothing', { types: ['Never'] }, 0],
    ['on streams', { streamPrefixes: ['order-'] }, 5],
    ['of no kind', {}, 5],
  ])('are passed by a subscription with a filter %s, which stands nowhere beyond the end', async (_, filter, wanted) => {
    const store = await open();
    for (let n = 0; n < 5; n++) await put(store, n);
    await addLinks(200);
    const following = follow(store, filter);
    await expect.poll(() => following.state.isCaughtUp, POLL).toBe(true);
    expect(following.positions.at(-1)).toBe(await store.head());
    await addLinks(LINKS);
    const head = await store.head();
    // Live, too, it comes to the end by itself: who stops here goes on from here.
    await expect.poll(() => following.positions.at(-1), POLL).toBe(head);
    expect(following.delivered).toHaveLength(wanted);
    // A second one with the same filter does not search again, and misses nothing that follows.
    const later = follow(store, filter, following.delivered.at(-1)?.position);
    await expect.poll(() => later.state.isCaughtUp, POLL).toBe(true);
    expect(later.positions).toEqual([head]);
    const next = await put(store, 9);
    await expect.poll(() => [following.positions.at(-1), later.positions.at(-1)], POLL).toEqual([next.position, next.position]);
    expect(later.delivered).toHaveLength(wanted > 0 ? 1 : 0);
    await Promise.all([following.end(), later.end()]);
  });

  it('do not come out of reads, and none is sent for one', async () => {
    const { store, proxy } = await behindProxy();
    for (let n = 0; n < 3; n++) await put(store, n);
    await addLinks(LINKS);
    const before = proxy.readBytes();
    for (const direction of ['forwards', 'backwards'] as const) {
      const found: RecordedEvent[] = [];
      for await (const batch of store.readAll({ direction })) found.push(...batch);
      expect(numbersOf(found)).toEqual(direction === 'forwards' ? [0, 1, 2] : [2, 1, 0]);
    }
    expect(proxy.readBytes() - before).toBeLessThan(4_000);
  });
});

describe('an event of the server’s own where a subscription began', () => {
  it('may be gone when the connection is back: that is no restored log', async () => {
    const failures: { readonly code: number; readonly details: string }[] = [];
    const { store } = await behindProxy({ toRead: () => failures.shift() });
    await put(store, 0);
    await addLinks(1);
    const following = follow(store, {}, await store.head());
    await expect.poll(() => following.state.isCaughtUp, POLL).toBe(true);
    // The next look at the end breaks the subscription; the next question is about the place where it stands.
    failures.push({ code: 14, details: 'away' }, { code: 3, details: 'no event begins there' });
    await expect.poll(() => failures.length, POLL).toBe(0);
    await put(store, 1);
    await expect.poll(() => numbersOf(following.delivered), POLL).toEqual([1]);
    await following.end();
  });
});

describe('a checkpoint that cannot be true', () => {
  // The adapter's marker and five events are there: the next event will be written at 7.
  it.each([
    ['at the end of all numbers', 5, checkpointMessage(2n ** 64n - 1n)],
    ['at the event that is written next', 5, checkpointMessage(7n, 0n)],
    ['at the event that is written next, with both halves', 5, checkpointMessage(7n)],
    ['beyond what was delivered', 5, checkpointMessage(6n)],
    ['at the beginning of an empty log', 0, checkpointMessage(0n)],
    ['at the end of all numbers, on an empty log', 0, checkpointMessage(2n ** 64n - 1n)],
  ])('%s is not believed: every event is delivered', async (_, before, checkpoint) => {
    const writer = await open();
    for (let n = 0; n < before; n++) await put(writer, n);
    const { store } = await behindProxy({ afterConfirmation: () => [checkpoint] });
    const following = follow(store, { types: ['Counted'] });
    await expect.poll(() => following.state.isCaughtUp, POLL).toBe(true);
    expect(following.positions.at(-1)).toBe(await store.head());
    for (let n = before; n < before + 3; n++) await put(writer, n);
    await expect.poll(() => following.delivered.length, POLL).toBe(before + 3);
    expect(numbersOf(following.delivered)).toEqual(Array.from({ length: before + 3 }, (__, n) => n));
    await following.end();
  });
});

describe('a node that is starting, busy or without a leader', () => {
  it.each(['Server Is Not Ready', 'Server Is Busy', 'No leader info available in response'])('and says %s is asked again', async (words) => {
    let left = 3;
    const toAppend = (request: Buffer): Buffer | undefined => (left-- > 0 ? notHandledMessage(request, words) : undefined);
    // The first append is that of opening a new store.
    const { store } = await behindProxy({ toAppend });
    left = 3;
    expect(await put(store, 0)).toMatchObject({ revision: 0n });
    left = 2;
    expect(await store.append(streamName('order-0'), [counted(1)], { expectedRevision: 'any' })).toMatchObject({ revision: 1n });
  });

  it('and stays so is away', async () => {
    let isReady = true;
    const toAppend = (request: Buffer): Buffer | undefined => (isReady ? undefined : notHandledMessage(request, 'Server Is Not Ready'));
    const proxy = await startAnsweringProxy(fixture.server.port, { toAppend });
    proxies.push(proxy);
    const store = await open(proxy.connectionString, { patienceMs: 200 });
    isReady = false;
    await expect(put(store, 0)).rejects.toMatchObject({ code: 'EVENT_STORE_UNAVAILABLE' });
  });
});

describe('an answer without a position', () => {
  it('gives one that a reader reaches, and none that is not there', async () => {
    let hasForgotten = false;
    const toAppend = (request: Buffer): Buffer | undefined => (hasForgotten ? withoutPositionMessage(request, 0n) : undefined);
    const { store } = await behindProxy({ toAppend });
    await put(store, 0);
    const { position: last } = await put(store, 1);
    hasForgotten = true;
    for (const expectedRevision of ['no-stream', 'any'] as const) {
      const { revision, position } = await store.append(streamName('order-9'), [counted(9)], { expectedRevision });
      expect([revision, position]).toEqual([0n, last]);
      const following = follow(store, { types: ['Never'] });
      await expect.poll(() => (following.positions.at(-1) ?? -1n) >= position, POLL).toBe(true);
      await following.end();
    }
  });
});

describe('a server that has a limit for one event', () => {
  it('is taken at its word: the next one is not sent', async () => {
    let sent = 0;
    const toAppend = (request: Buffer): Buffer | undefined =>
      request.length > 5_000 && sent++ >= 0 ? eventTooLargeMessage(request, 6_000, 5_000) : undefined;
    const { store } = await behindProxy({ toAppend });
    const large = (): NewEvent => ({ ...counted(0), data: { text: 'x'.repeat(6_000) } });
    const append = () => store.append(streamName('large-1'), [large()], { expectedRevision: 'no-stream' });
    await expect(append()).rejects.toMatchObject({ code: 'EVENT_STORE_EVENT_TOO_LARGE', bytes: 6_000, bytesMax: 5_000 });
    await expect(append()).rejects.toMatchObject({ code: 'EVENT_STORE_EVENT_TOO_LARGE', what: 'Event Counted', bytesMax: 5_000 });
    expect(sent).toBe(1);
    expect(store.limits).toMatchObject({ eventBytesMax: 5_000, appendBytesMax: 1_048_576 });
    expect(await put(store, 1)).toMatchObject({ revision: 0n });
  });
});

describe('a cluster whose nodes are all away', () => {
  it('is waited for: subscriptions outlive it, calls say so, and no rejection is left unhandled', { timeout: 60_000 }, async () => {
    const { dir } = fixture;
    let nodes = await Promise.all([0, 0].map((port) => EventStoreDbServer.start({ dir, port })));
    const ports = nodes.map(({ port }) => port);
    const connectionString = `esdb://${ports.map((port) => `127.0.0.1:${port}`).join(',')}?tls=false&maxDiscoverAttempts=2`;
    const store = await open(connectionString, { patienceMs: 500 });
    const following = follow(store);
    await put(store, 0);
    await expect.poll(() => following.delivered.length, POLL).toBe(1);
    await Promise.all(nodes.map((node) => node.stop()));
    await expect(put(store, 1)).rejects.toMatchObject({ code: 'EVENT_STORE_UNAVAILABLE' });
    await expect(store.head()).rejects.toMatchObject({ code: 'EVENT_STORE_UNAVAILABLE' });
    const options = { connectionString, connectTimeoutMs: 500 };
    await expect(EventStoreDbEventStore.open({ ...clientOfTests(), ...options })).rejects.toMatchObject({ code: 'EVENT_STORE_UNAVAILABLE' });
    await expect.poll(() => store.status().restoring[0]?.reason, POLL).toMatch(/Failed to discover/);
    nodes = await Promise.all(ports.map((port) => EventStoreDbServer.start({ dir, port })));
    await put(store, 2);
    await expect.poll(() => numbersOf(following.delivered).at(-1), POLL).toBe(2);
    await following.end();
    await store.close();
    await Promise.all(nodes.map((node) => node.stop()));
    expect(rejected).toEqual([]);
  });
});
