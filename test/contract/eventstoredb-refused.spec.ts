// The adapter without a listening server: known within seconds, with the addresses, for every call; a server may return
// in time.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { eventId, streamName, type EventStore, type NewEvent } from '@mainstem/event-store';
import { EventStoreDbEventStore, type EventStoreDbOptions } from '@mainstem/eventstoredb';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { notHandledMessage, startAnsweringProxy, type AnsweringProxy } from './eventstoredb/answering-proxy.js';
import { startProtocol, type ProtocolFixture } from './eventstoredb/protocol-fixture.js';

/** Far below the 30 s of a server that is silent, far above the 3 s of one that refuses: the machine may be busy. */
const KNOWN_MS = 15_000;
/** Longer than a refusal is waited out. */
const NOT_READY_MS = 4_500;
/** Shorter than that. */
const AWAY_MS = 1_000;

const counted = (): NewEvent => ({ id: eventId(randomUUID()), type: 'Counted', data: {}, metadata: {} });
const append = (store: EventStore, expectedRevision: 'no-stream' | 'any' = 'no-stream') =>
  store.append(streamName(`order-${randomUUID()}`), [counted()], { expectedRevision });
const readAll = async (store: EventStore, signal?: AbortSignal): Promise<void> => {
  for await (const batch of store.readAll({ ...(signal && { signal }) })) expect(batch).toBeDefined();
};

let fixture: ProtocolFixture;
let nodes: EventStoreDbServer[] = [];
const stores: EventStoreDbEventStore[] = [];
const proxies: AnsweringProxy[] = [];
beforeEach(async () => void (fixture = await startProtocol()));
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  for (const proxy of proxies.splice(0)) proxy.stop();
  await Promise.all(nodes.splice(0).map((node) => node.stop()));
  await fixture.stop();
});

const open = async (connectionString: string, options: Partial<EventStoreDbOptions> = {}): Promise<EventStoreDbEventStore> => {
  const store = await EventStoreDbEventStore.open({ connectionString, ...options });
  stores.push(store);
  return store;
};
/** Nodes over the fixture's folder, at these ports. */
const startNodes = async (ports: readonly number[]): Promise<void> => {
  nodes = await Promise.all(ports.map((port) => EventStoreDbServer.start({ dir: fixture.dir, port })));
};
const stopNodes = async (): Promise<readonly number[]> => {
  const ports = nodes.map(({ port }) => port);
  await Promise.all(nodes.splice(0).map((node) => node.stop()));
  return ports;
};
const hostsOf = (): string => nodes.map(({ port }) => `127.0.0.1:${port}`).join(',');

describe.each([
  ['a server', 1],
  ['a cluster', 2],
] as const)('%s whose ports refuse', (_, count) => {
  const openStore = async (options?: Partial<EventStoreDbOptions>): Promise<EventStoreDbEventStore> => {
    await startNodes(Array.from({ length: count }, () => 0));
    return open(`esdb://${hostsOf()}?tls=false`, options);
  };

  it('is known within seconds to appends and reads, which name every address', { timeout: 120_000 }, async () => {
    const store = await openStore();
    await append(store);
    const ports = await stopNodes();
    const startedAt = performance.now();
    for (const call of await Promise.allSettled([append(store), append(store, 'any'), store.head(), readAll(store)])) {
      const error: unknown = call.status === 'rejected' ? call.reason : undefined;
      expect(performance.now() - startedAt).toBeLessThan(KNOWN_MS);
      expect(error).toMatchObject({ code: 'EVENT_STORE_UNAVAILABLE' });
      for (const port of ports) expect(String(error)).toContain(`connect ECONNREFUSED 127.0.0.1:${port}`);
    }
  });

  it('is the reason that a call tells which is aborted meanwhile', { timeout: 60_000 }, async () => {
    const store = await openStore({ patienceMs: 60_000 });
    await append(store);
    const ports = await stopNodes();
    // Until the first failure is known: a cluster is looked for ten times.
    const signal = AbortSignal.timeout(4_000);
    const failure = { code: 'EVENT_STORE_UNAVAILABLE', message: expect.stringContaining(`ECONNREFUSED 127.0.0.1:${ports[0]}`) as string };
    const aborted = { code: 'EVENT_STORE_ABORTED', failure };
    await Promise.all([
      expect(store.head(signal)).rejects.toMatchObject(aborted),
      expect(readAll(store, signal)).rejects.toMatchObject(aborted),
      // Where it was on its way to the server that has gone, its outcome is unknown: that is no abort.
      expect(store.append(streamName('order-1'), [counted()], { expectedRevision: 'no-stream', signal })).rejects.toMatchObject({
        message: failure.message,
      }),
    ]);
  });

  it('is outlived by appends and reads when it comes back soon', { timeout: 60_000 }, async () => {
    const store = await openStore();
    const { position } = await append(store);
    const ports = await stopNodes();
    const waiting = Promise.all([append(store), append(store, 'any'), store.head()]);
    await delay(AWAY_MS);
    await startNodes(ports);
    const [explicit, any, head] = await waiting;
    expect(explicit.position).toBeGreaterThan(position);
    expect(any.position).toBeGreaterThan(position);
    expect(head).toBeGreaterThanOrEqual(position);
  });

  it('is waited for as long as was asked for', { timeout: 60_000 }, async () => {
    const store = await openStore({ patienceMs: 60_000 });
    await append(store);
    const ports = await stopNodes();
    const waiting = append(store);
    await delay(NOT_READY_MS);
    await startNodes(ports);
    expect(await waiting).toMatchObject({ revision: 0n });
  });
});

describe('a server that answers, although it is not ready', () => {
  it('is waited for longer than one that refuses', { timeout: 60_000 }, async () => {
    let readyAt = 0;
    const toAppend = (request: Buffer): Buffer | undefined =>
      performance.now() < readyAt ? notHandledMessage(request, 'Server Is Not Ready') : undefined;
    const proxy = await startAnsweringProxy(fixture.server.port, { toAppend });
    proxies.push(proxy);
    const store = await open(proxy.connectionString);
    readyAt = performance.now() + NOT_READY_MS;
    expect(await append(store)).toMatchObject({ revision: 0n });
    expect(performance.now()).toBeGreaterThanOrEqual(readyAt);
  });
});
