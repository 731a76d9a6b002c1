// The EventStoreDB adapter behind a failing network: nothing acknowledged is lost, no effect is doubled, subscriptions
// return.
import { setTimeout as delay } from 'node:timers/promises';
import { eventIdOf, isMainstemError, streamName } from '@mainstem/event-store';
import { EventStoreDbEventStore } from '@mainstem/eventstoredb';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { TcpProxy, type SeededRandom, type TcpFault } from '@mainstem/testing';
import { describe, expect, it } from 'vitest';
import { readAll, Trial, verify } from './support/event-store-trial.js';
import { chanceOf, inFolder, trials } from './support/trials.js';
import { WorkerProcess } from './support/worker-process.js';

const TRIALS = 50;
/** Concurrent, in one process: the client shares state between its connections. */
const LANES = 5;
const WRITERS = 4;
const FAULTS_MAX = 3;
const FAULT_MS_MAX = 500;
const KILLS = 5;
/** One way, for a client that loses every race for a stream. */
const FAR_MS = 10;
/** As workers/event-store-client.ts makes them. */
const EVENTS_OF_A_BIG_APPEND = 500;
/** Until everything is delivered, after the network works again. */
const HEALED_MS = 30_000;
/** Appends wait for a killed server until its process has started, also on a busy machine. */
const RESTARTED_MS = 120_000;

const faultOf = (chance: SeededRandom): TcpFault | 'reset' =>
  chance.pick<TcpFault | 'reset'>([
    'reset',
    { kind: 'refuse' },
    { kind: 'half-open' },
    { kind: 'no-reply' },
    { kind: 'delay', delayMs: chance.int(5, 100) },
    { kind: 'trickle', bytes: chance.int(20, 200), everyMs: 1 },
  ]);

const trouble = async (proxy: TcpProxy, chance: SeededRandom): Promise<readonly string[]> => {
  const told: string[] = [];
  for (let left = chance.int(1, FAULTS_MAX); left > 0; left--) {
    await delay(chance.int(10, FAULT_MS_MAX));
    const fault = faultOf(chance);
    told.push(fault === 'reset' ? fault : fault.kind);
    if (fault !== 'reset') proxy.become(fault);
    // A refusal or a lost answer shows at the latest when the connection ends.
    if (fault === 'reset' || (fault.kind === 'refuse' && chance.next() < 0.8)) proxy.reset();
    await delay(chance.int(10, FAULT_MS_MAX));
    proxy.become({ kind: 'none' });
  }
  return told;
};

const runTrial = (chance: SeededRandom): Promise<void> =>
  inFolder(async (dir) => {
    const server = await EventStoreDbServer.start({ dir, port: 0 });
    const proxy = await TcpProxy.listen({ target: { host: '127.0.0.1', port: server.port } });
    const options = { answerTimeoutMs: 600, patienceMs: HEALED_MS };
    const store = await EventStoreDbEventStore.open({ ...options, connectionString: `esdb://127.0.0.1:${proxy.port}?tls=false` });
    const witness = await EventStoreDbEventStore.open({ ...options, connectionString: server.connectionString });
    const trial = new Trial(store, chance);
    const following = trial.follow();
    try {
      const writing = Array.from({ length: WRITERS }, (_, writer) => trial.write(writer));
      const told = await trouble(proxy, chance.fork('network'));
      trial.stopWriting();
      const healedAtMs = performance.now();
      await Promise.all(writing);
      const all = await readAll(witness);
      await expect.poll(() => trial.delivered.length, { timeout: HEALED_MS, interval: 10, message: told.join() }).toBeGreaterThanOrEqual(all.length);
      expect(performance.now() - healedAtMs).toBeLessThan(HEALED_MS);
      verify(trial, all, told);
      // Everything may have arrived just before the last connection counted as dead.
      await expect.poll(() => store.status().isHealthy, { timeout: HEALED_MS, interval: 10 }).toBe(true);
      expect(store.status().subscriptions).toBe(1);
    } finally {
      trial.stopWriting();
      trial.stopFollowing();
      await following;
      await Promise.all([store.close(), witness.close(), proxy.close()]);
      await server.stop();
    }
  });

describe('EventStoreDB behind a failing network', () => {
  it('keeps every acknowledged append once, and delivers every event once and in order after the failures', async () => {
    const chance = chanceOf('EventStoreDB behind a failing network');
    const waiting = Array.from({ length: trials(TRIALS) }, (_, trial) => chance.fork(`trial ${trial}`));
    const lane = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await runTrial(next);
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  });

  it('reports an unavailable store if it does not come back, and has then lost nothing acknowledged', async () => {
    await inFolder(async (dir) => {
      const server = await EventStoreDbServer.start({ dir, port: 0 });
      const store = await EventStoreDbEventStore.open({ connectionString: server.connectionString, answerTimeoutMs: 300, patienceMs: 500 });
      const event = { id: eventIdOf('c', streamName('a-1'), 0), type: 'Counted', data: {}, metadata: {} };
      const { position } = await store.append(streamName('a-1'), [event], { expectedRevision: 'no-stream' });
      await server.stop();
      const refused = await store.append(streamName('b-1'), [event], { expectedRevision: 'no-stream' }).catch((error: unknown) => error);
      expect(isMainstemError(refused, 'EVENT_STORE_UNAVAILABLE')).toBe(true);
      await expect(store.head()).rejects.toMatchObject({ code: 'EVENT_STORE_UNAVAILABLE' });
      const again = await EventStoreDbServer.start({ dir, port: server.port });
      expect(await store.head()).toBe(position);
      await store.close();
      await again.stop();
    });
  });
});

describe('EventStoreDB whose server is killed', () => {
  it('loses nothing that it acknowledged to any of its clients, and all of them go on', async () => {
    const chance = chanceOf('EventStoreDB whose server is killed');
    await inFolder(async (dir) => {
      let server = new WorkerProcess('event-store-server.ts', { args: [dir, '0'] });
      const port = String((await server.until('listening'))['port']);
      const far = await TcpProxy.listen({ target: { host: '127.0.0.1', port: Number(port) } });
      far.become({ kind: 'delay', delayMs: FAR_MS });
      const options = { answerTimeoutMs: 1_000, patienceMs: RESTARTED_MS };
      const stores = await Promise.all(
        [port, far.port].map((at) => EventStoreDbEventStore.open({ ...options, connectionString: `esdb://127.0.0.1:${at}?tls=false` })),
      );
      const clients = stores.map((store, index) => new Trial(store, chance.fork(`client ${index}`), `client${index}`));
      const following = clients.map((client) => client.follow());
      const writing = clients.flatMap((client) => Array.from({ length: WRITERS }, (_, writer) => client.write(writer)));
      for (let kill = 0; kill < trials(KILLS); kill++) {
        await delay(chance.int(50, FAULT_MS_MAX));
        await server.kill();
        server = new WorkerProcess('event-store-server.ts', { args: [dir, port] });
        await server.until('listening');
      }
      for (const client of clients) client.stopWriting();
      await Promise.all(writing);
      const [store] = stores as [EventStoreDbEventStore];
      const all = await readAll(store);
      const acknowledged = clients.flatMap((client) => client.acknowledged);
      for (const { delivered } of clients) {
        await expect.poll(() => delivered.length, { timeout: HEALED_MS, interval: 10 }).toBeGreaterThanOrEqual(all.length);
        verify({ acknowledged, delivered }, all, ['kill']);
      }
      for (const client of clients) client.stopFollowing();
      await Promise.all(following);
      await Promise.all(stores.map((one) => one.close()));
      await far.close();
      await server.kill();
    });
  });
});

describe('EventStoreDB whose client is killed', () => {
  it('holds each of its appends completely or not at all, and every acknowledged one', async () => {
    const chance = chanceOf('EventStoreDB whose client is killed');
    await inFolder(async (dir) => {
      const server = await EventStoreDbServer.start({ dir, port: 0 });
      for (let kill = 0; kill < trials(KILLS); kill++) {
        await using client = new WorkerProcess('event-store-client.ts', { args: [server.connectionString, `big${kill}`] });
        await client.until('acknowledged');
        await delay(chance.int(5, 100));
        await client.kill();
        const last = Number(client.last.get('acknowledged')?.['command']);
        const store = await EventStoreDbEventStore.open({ connectionString: server.connectionString });
        const counts = new Map<unknown, number>();
        for await (const batch of store.readStream(streamName(`big${kill}-1`))) {
          for (const { metadata } of batch) counts.set(metadata.commandId, (counts.get(metadata.commandId) ?? 0) + 1);
        }
        expect(new Set(counts.values())).toEqual(new Set([EVENTS_OF_A_BIG_APPEND]));
        expect(counts.size).toBeGreaterThanOrEqual(last + 1);
        expect(counts.size).toBeLessThanOrEqual(last + 2);
        await store.close();
      }
      await server.stop();
    });
  });
});
