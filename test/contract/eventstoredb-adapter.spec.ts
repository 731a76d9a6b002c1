// The adapter on busy, redirecting, silent, slow or secured servers, and with more subscriptions than a connection
// allows.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { eventId, streamName, systemRuntime, type NewEvent, type RecordedEvent, type Runtime } from '@mainstem/event-store';
import { EventStoreDbEventStore, type EventStoreDbOptions } from '@mainstem/eventstoredb';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { TcpProxy } from '@mainstem/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeCertificate } from '../fixtures/certificate.js';
import { startFollower } from './eventstoredb/follower.js';
import { errorType, events, read, startProtocol, type ProtocolFixture } from './eventstoredb/protocol-fixture.js';
import { clientOfTests } from './eventstoredb/client-of-tests.js';

/** More than a server takes on one connection. */
const SUBSCRIPTIONS = 150;
const DROPS = 20;
const LARGE_APPENDS = 20;
/** Without news for so long, nothing more comes. */
const SETTLED_MS = 500;
const POLL = { timeout: 30_000, interval: 10 };

const counted = (n: number): NewEvent => ({ id: eventId(randomUUID()), type: 'Counted', data: { n }, metadata: {} });

let fixture: ProtocolFixture | undefined;
const stores: EventStoreDbEventStore[] = [];
const proxies: TcpProxy[] = [];
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
  await fixture?.stop();
  fixture = undefined;
});

const start = async (options: Parameters<typeof startProtocol>[0] = {}): Promise<ProtocolFixture> => (fixture = await startProtocol(options));
const open = async (connectionString: string, options: Partial<EventStoreDbOptions> = {}): Promise<EventStoreDbEventStore> => {
  const store = await EventStoreDbEventStore.open({ ...clientOfTests(), connectionString, ...options });
  stores.push(store);
  return store;
};
const openBehindProxy = async (
  options: Partial<EventStoreDbOptions> = {},
): Promise<{ readonly store: EventStoreDbEventStore; readonly proxy: TcpProxy }> => {
  const { server } = await start();
  const proxy = await TcpProxy.listen({ target: { host: '127.0.0.1', port: server.port } });
  proxies.push(proxy);
  return { store: await open(`esdb://127.0.0.1:${proxy.port}?tls=false`, options), proxy };
};

/** Follows from the beginning until it is ended; what was delivered so far can be looked at meanwhile. */
const follow = (store: EventStoreDbEventStore, batchSizeMax = 1_000) => {
  const ending = new AbortController();
  const delivered: RecordedEvent[] = [];
  let isCaughtUp = false;
  const over = (async () => {
    for await (const batch of store.subscribe({ after: undefined, batchSizeMax, signal: ending.signal })) {
      delivered.push(...batch.events);
      isCaughtUp = batch.isCaughtUp;
    }
  })();
  const end = async (): Promise<void> => {
    ending.abort();
    await over;
  };
  return { delivered, end, isCaughtUp: () => isCaughtUp };
};

describe('metadata with an age', () => {
  it('hide events when their time is over, and $all keeps them', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z');
    const { client } = await start({ runtime: { ...systemRuntime, now: () => now } });
    await client.appendToStream('aged-1', [...events(2)]);
    await client.setStreamMetadata('aged-1', { maxAge: 60 });
    now += 59_000;
    await client.appendToStream('aged-1', [...events(1)]);
    const revisions = async (): Promise<readonly bigint[]> => (await read(client, 'aged-1')).map((event) => event.revision);
    expect(await revisions()).toEqual([0n, 1n, 2n]);
    now += 2_000;
    expect(await revisions()).toEqual([2n]);
    now += 59_000;
    expect(await revisions()).toEqual([]);
    let all = 0;
    for await (const { event } of client.readAll()) if (event?.streamId === 'aged-1') all++;
    expect(all).toBe(3);
  });
});

describe('a server that cannot commit in time', () => {
  /** Holds the only right to write, as a backup or another program may. */
  const whileLocked = async <Result>(dir: string, work: () => Promise<Result>): Promise<Result> => {
    const database = new DatabaseSync(join(dir, 'events.db'));
    database.exec('BEGIN IMMEDIATE');
    try {
      return await work();
    } finally {
      database.exec('ROLLBACK');
      database.close();
    }
  };

  it('tells the client so at its deadline, and the append takes effect once however often it is repeated', async () => {
    const { client, dir } = await start();
    const [event] = events(1);
    const append = (deadline?: number) =>
      client.appendToStream('late-1', event ? [event] : [], { expectedRevision: 'no_stream', ...(deadline !== undefined && { deadline }) });
    expect(await whileLocked(dir, () => errorType(append(200)))).toBe('deadline-exceeded');
    expect(await append()).toMatchObject({ success: true, nextExpectedRevision: 0n });
    expect(await read(client, 'late-1')).toHaveLength(1);
  });

  it('is asked again by the adapter until it can', async () => {
    const { server, dir } = await start({ writeTimeoutMs: 50 });
    let backOffs = 0;
    const sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
      // Longer ones only watch for silence.
      if (ms < 2_500) backOffs++;
      return systemRuntime.sleep(ms, signal);
    };
    const store = await open(server.connectionString, { runtime: { ...systemRuntime, sleep }, patienceMs: 60_000 });
    const { waiting } = await whileLocked(dir, async () => {
      backOffs = 0;
      const append = store.append(streamName('late-1'), [counted(0)], { expectedRevision: 'no-stream' });
      await expect.poll(() => backOffs, POLL).toBeGreaterThanOrEqual(3);
      return { waiting: append };
    });
    expect(await waiting).toMatchObject({ revision: 0n });
    const recorded: RecordedEvent[] = [];
    for await (const batch of store.readAll()) recorded.push(...batch);
    expect(recorded).toHaveLength(1);
  });
});

describe('the size of an append', () => {
  const large = (bytes: number): NewEvent => ({ ...counted(0), data: { text: 'x'.repeat(bytes) } });
  const append = (store: EventStoreDbEventStore, event: NewEvent) => store.append(streamName('large-1'), [event], { expectedRevision: 'any' });

  it('is the largest that any server takes where this one was set so', async () => {
    const appendBytesMax = 16_767_216;
    const { server } = await start({ writeBytesMax: appendBytesMax });
    const store = await open(server.connectionString, { limits: { appendBytesMax } });
    const beside = JSON.stringify({ text: '' }).length + 2 + (store.limits.bytesBeside?.('Counted') ?? 0);
    const event = large(appendBytesMax - beside);
    await append(store, event);
    for await (const [read] of store.readStream(streamName('large-1'))) expect(read?.data).toEqual(event.data);
    const refused = append(store, large(appendBytesMax - beside + 1));
    await expect(refused).rejects.toMatchObject({ code: 'EVENT_STORE_EVENT_TOO_LARGE', bytes: appendBytesMax + 1, bytesMax: appendBytesMax });
  });

  it('is what the server says where it takes less, and the refusal names that', async () => {
    const { server } = await start({ writeBytesMax: 200_000 });
    const store = await open(server.connectionString);
    const event = large(300_000);
    const { bytesBeside = () => 0 } = store.limits;
    const bytes = JSON.stringify(event.data).length + 2 + bytesBeside('Counted');
    expect(store.limits.appendBytesMax).toBe(1_048_576);
    for (const what of ['The append', 'Event Counted']) {
      await expect(append(store, event)).rejects.toMatchObject({ code: 'EVENT_STORE_EVENT_TOO_LARGE', what, bytes, bytesMax: 200_000 });
      expect(store.limits).toMatchObject({ appendBytesMax: 200_000, eventBytesMax: 200_000 });
    }
    await append(store, large(190_000));
  });
});

describe('a node that is not the leader', () => {
  it('is left for the leader: reads, appends and subscriptions go on there', async () => {
    const { server } = await start();
    const follower = await startFollower(server);
    try {
      const store = await open(`esdb://127.0.0.1:${follower.port}?tls=false`);
      const { position } = await store.append(streamName('led-1'), [counted(0)], { expectedRevision: 'no-stream' });
      const following = follow(store);
      await expect.poll(() => following.delivered.map((event) => event.position), POLL).toEqual([position]);
      await following.end();
      expect(follower.refused.length).toBeGreaterThan(0);
    } finally {
      follower.stop();
    }
  });
});

describe('more subscriptions than one connection takes', () => {
  it('all get every event, and appends and reads go on beside them', async () => {
    const { server } = await start();
    const store = await open(server.connectionString);
    const before = await store.append(streamName('many-1'), [counted(0)], { expectedRevision: 'no-stream' });
    const all = Array.from({ length: SUBSCRIPTIONS }, () => follow(store));
    await expect.poll(() => all.filter(({ isCaughtUp }) => isCaughtUp()).length, POLL).toBe(SUBSCRIPTIONS);
    const live = await store.append(streamName('many-1'), [counted(1)], { expectedRevision: before.revision });
    const expected = [before.position, live.position].join();
    const complete = (): number => all.filter(({ delivered }) => delivered.map(({ position }) => position).join() === expected).length;
    await expect.poll(complete, POLL).toBe(SUBSCRIPTIONS);
    expect(await store.head()).toBe(live.position);
    expect(store.status()).toMatchObject({ isHealthy: true, subscriptions: SUBSCRIPTIONS });
    await Promise.all(all.map(({ end }) => end()));
  });
});

describe('a subscription', () => {
  it('goes on within 30 s after the server has fallen silent, and its health says so meanwhile', async () => {
    const { store, proxy } = await openBehindProxy({ answerTimeoutMs: 1_000 });
    const following = follow(store);
    await store.append(streamName('silent-1'), [counted(0)], { expectedRevision: 'no-stream' });
    await expect.poll(() => following.delivered.length, POLL).toBe(1);
    // Takes everything, and says nothing more.
    proxy.become({ kind: 'half-open' });
    await expect.poll(() => store.status().isHealthy, POLL).toBe(false);
    expect(store.status().restoring[0]?.reason).toMatch(/cannot be reached/);
    proxy.become({ kind: 'none' });
    const healedAt = performance.now();
    await store.append(streamName('silent-2'), [counted(0)], { expectedRevision: 'no-stream' });
    await expect.poll(() => following.delivered.length, POLL).toBe(2);
    await expect.poll(() => store.status().isHealthy, POLL).toBe(true);
    expect(performance.now() - healedAt).toBeLessThan(30_000);
    await following.end();
  });

  it.each([
    ['while connecting', 0, 'refuse'],
    ['while catching up', 2_000, 'reset'],
    ['at the boundary', 40, 'reset'],
    ['live', 0, 'reset'],
  ] as const)('survives twenty drops %s, without hole and without repetition', { timeout: 300_000 }, async (phase, history, fault) => {
    // Time between two attempts is what is waited for most here: it passes fifty times as fast.
    const runtime = {
      ...systemRuntime,
      sleep: (ms: number, signal?: AbortSignal) => systemRuntime.sleep(ms >= 1_000 && ms < 10_000 ? ms / 50 : ms, signal),
    };
    const { store, proxy } = await openBehindProxy({ runtime, answerTimeoutMs: 10_000 });
    const witness = await open(fixture?.server.connectionString ?? '');
    const stream = streamName('dropped-1');
    if (history > 0)
      await witness.append(
        stream,
        Array.from({ length: history }, (_, n) => counted(n)),
        { expectedRevision: 'no-stream' },
      );
    if (fault === 'refuse') {
      proxy.become({ kind: 'refuse' });
      proxy.reset();
    }
    const following = follow(store, 7);
    for (let drop = 0; drop < DROPS; drop++) {
      const seen = following.delivered.length;
      if (phase === 'live') await expect.poll(() => following.isCaughtUp(), POLL).toBe(true);
      if (phase === 'while catching up' && seen < history) await expect.poll(() => following.delivered.length, POLL).toBeGreaterThan(seen);
      if (phase === 'at the boundary') await expect.poll(() => following.delivered.length, POLL).toBeGreaterThanOrEqual(history + drop);
      if (fault === 'refuse') await expect.poll(() => store.status().restoring.length, POLL).toBe(1);
      proxy.reset();
      await witness.append(stream, [counted(drop)], { expectedRevision: 'any' });
    }
    proxy.become({ kind: 'none' });
    const all: RecordedEvent[] = [];
    for await (const batch of witness.readAll()) all.push(...batch);
    expect(all).toHaveLength(history + DROPS);
    await expect.poll(() => following.delivered.length, { ...POLL, timeout: 60_000 }).toBe(all.length);
    expect(following.delivered.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    await following.end();
  });

  it('with a slow handler holds the server back instead of its events in memory', async () => {
    const { server } = await start({ writeBytesMax: 16 * 1_048_576 });
    const witness = await open(server.connectionString, { limits: { appendBytesMax: 4 * 1_048_576 } });
    const large = (n: number): NewEvent => ({ ...counted(n), data: { text: 'x'.repeat(50_000) } });
    for (let n = 0; n < LARGE_APPENDS; n++) {
      await witness.append(
        streamName(`large-${n}`),
        Array.from({ length: 50 }, (_, index) => large(index)),
        { expectedRevision: 'no-stream' },
      );
    }
    const counting = await countingProxy(server.port);
    const store = await open(`esdb://127.0.0.1:${counting.port}?tls=false`);
    const ending = new AbortController();
    let count = 0;
    let held = 0;
    for await (const { events: batch } of store.subscribe({ after: undefined, batchSizeMax: 1, signal: ending.signal })) {
      count += batch.length;
      // 50 MB have arrived, and they are not taken until no more come.
      if (count === 1) held = await counting.settled();
      if (count === LARGE_APPENDS * 50) ending.abort();
    }
    counting.stop();
    expect(count).toBe(LARGE_APPENDS * 50);
    expect(held).toBeLessThan(25_000_000);
  });
});

/** Passes everything on, and counts what the server sends. */
const countingProxy = async (target: number) => {
  let received = 0;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    // Its end is the end of the other one; nothing else is of interest.
    return socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  };
  const proxy = createServer((client) => {
    const upstream = keep(createConnection({ port: target, host: '127.0.0.1' }));
    upstream.on('data', (chunk) => (received += chunk.length));
    keep(client).pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  /** Bytes so far, once no more come. */
  const settled = async (): Promise<number> => {
    for (let before = -1; before !== received;) {
      before = received;
      await systemRuntime.sleep(SETTLED_MS);
    }
    return received;
  };
  const stop = (): void => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  };
  return { port: (proxy.address() as AddressInfo).port, settled, stop };
};

/** Takes connections and says nothing on them, when it has been told to listen. */
const silentServer = () => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket.on('error', () => socket.destroy())));
  const listen = async (port = 0): Promise<number> => {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  };
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  return { listen, close };
};

describe('a store that is not there', () => {
  let silent: ReturnType<typeof silentServer>;
  beforeEach(() => void (silent = silentServer()));
  afterEach(() => silent.close());

  it('says why and at which address, also when its last attempt had no time for an answer', async () => {
    const port = await silent.listen();
    await silent.close();
    // The first attempt is refused. Half a millisecond later, a server listens that does not answer.
    const clock = [0, 999.5, 1_001];
    const between = async (): Promise<void> => {
      clock.shift();
      if (clock.length === 2) await silent.listen(port);
    };
    const sleep: Runtime['sleep'] = (ms, signal) => (signal ? systemRuntime.sleep(ms, signal) : between());
    const runtime = { ...systemRuntime, monotonic: () => clock[0] ?? Infinity, sleep };
    const opened = EventStoreDbEventStore.open({
      ...clientOfTests(),
      connectionString: `esdb://127.0.0.1:${port}?tls=false`,
      connectTimeoutMs: 1_000,
      runtime,
    });
    const message = expect.stringMatching(new RegExp(`^open 127\\.0\\.0\\.1:${port}: .*ECONNREFUSED`));
    await expect(opened).rejects.toMatchObject({ code: 'EVENT_STORE_UNAVAILABLE', message });
    expect(clock).toEqual([1_001]);
  });

  it('is known by its address without other settings', async () => {
    const port = await silent.listen();
    const connectionString = `esdb://admin:s3cret@127.0.0.1:${port}?tls=false`;
    const opened = EventStoreDbEventStore.open({ ...clientOfTests(), connectionString, connectTimeoutMs: 300, answerTimeoutMs: 100 });
    const message = expect.stringContaining(`open 127.0.0.1:${port}: the event store cannot be reached (no answer within 100 ms)`);
    await expect(opened).rejects.toMatchObject({ code: 'EVENT_STORE_UNAVAILABLE', message });
  });
});

describe('a store behind TLS', () => {
  let dir: string;
  let server: EventStoreDbServer;
  const connectionString = (ca: string): string => `esdb://localhost:${server.port}?tls=true&tlsCAFile=${encodeURIComponent(join(dir, ca))}`;
  const admin = { username: 'admin', password: 'sentinel:s3cret' };

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mainstem-tls-'));
    const tls = await makeCertificate(dir, 'right');
    await makeCertificate(dir, 'wrong');
    server = await EventStoreDbServer.start({ dir, port: 0, tls, administrator: admin });
  });
  afterAll(async () => {
    await server.stop();
    await rm(dir, { recursive: true });
  });

  it('appends, reads and subscribes with the right CA and the right credentials', async () => {
    const store = await open(connectionString('right.pem'), { credentials: admin });
    const { position } = await store.append(streamName('secure-1'), [counted(0)], { expectedRevision: 'no-stream' });
    const following = follow(store);
    await expect.poll(() => following.delivered.map((event) => event.position), POLL).toEqual([position]);
    await following.end();
  });

  it('does not connect with another CA, and says that it cannot', async () => {
    const opened = EventStoreDbEventStore.open({
      ...clientOfTests(),
      connectionString: connectionString('wrong.pem'),
      credentials: admin,
      connectTimeoutMs: 1_000,
    });
    await expect(opened).rejects.toMatchObject({ code: 'EVENT_STORE_UNAVAILABLE' });
  });

  it.each([
    ['another password', { ...admin, password: 'sentinel:other' }],
    ['another user', { ...admin, username: 'sentinel-user' }],
    ['none', undefined],
  ])('is refused with %s, and nothing tells the password', async (_, credentials) => {
    const options = { connectionString: connectionString('right.pem'), ...(credentials && { credentials }) };
    const refusal: unknown = await EventStoreDbEventStore.open({ ...clientOfTests(), ...options }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'EVENT_STORE_ACCESS_DENIED' });
    expect(told(refusal)).not.toContain('sentinel');
  });
});

/** Everything that a log could show of an error. */
const told = (error: unknown): string =>
  error instanceof Error
    ? [error.message, error.stack, JSON.stringify(error, Object.getOwnPropertyNames(error)), told(error.cause)].join('\n')
    : String(error);
