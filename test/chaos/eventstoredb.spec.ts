// The adapter of EventStoreDB behind a network that fails: nothing acknowledged is lost, nothing takes effect twice, subscriptions come back.
import { setTimeout as delay } from 'node:timers/promises';
import { eventIdOf, isMainstemError, streamName, type AppendResult, type EventId, type RecordedEvent, type StreamName } from '@mainstem/event-store';
import { EventStoreDbEventStore } from '@mainstem/eventstoredb';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { TcpProxy, type SeededRandom, type TcpFault } from '@mainstem/testing';
import { describe, expect, it } from 'vitest';
import { chanceOf, inFolder, trials } from './support/trials.js';

const TRIALS = 50;
/** At the same time, in one process: the client shares state between its connections. */
const LANES = 5;
const WRITERS = 4;
const FAULTS_MAX = 3;
const FAULT_MS_MAX = 500;
/** Until everything is delivered, after the network has healed. */
const HEALED_MS = 30_000;

interface Acknowledged {
  readonly stream: StreamName;
  readonly ids: readonly EventId[];
  readonly result: AppendResult;
}

/** One store behind one proxy, its writers, and a subscription that was there before the first fault. */
class Trial {
  readonly acknowledged: Acknowledged[] = [];
  readonly delivered: RecordedEvent[] = [];
  readonly #ending = new AbortController();
  #isWriting = true;

  constructor(
    readonly store: EventStoreDbEventStore,
    readonly chance: SeededRandom,
  ) {}

  async write(writer: number): Promise<void> {
    const random = this.chance.fork(`writer ${writer}`);
    const own = streamName(`own-${writer}`);
    const shared = streamName('shared-1');
    let last: AppendResult | undefined;
    for (let command = 0; this.#isWriting; command++) {
      const events = Array.from({ length: random.int(1, 4) }, (_, index) => ({
        id: eventIdOf(`${writer}/${command}`, own, index),
        type: 'Counted',
        data: { writer, command, index },
        metadata: {},
      }));
      const ids = events.map((event) => event.id);
      if (random.next() < 0.7) {
        last = await this.store.append(own, events, { expectedRevision: last?.revision ?? 'no-stream' });
        this.acknowledged.push({ stream: own, ids, result: last });
      } else {
        this.acknowledged.push({ stream: shared, ids, result: await this.store.append(shared, events, { expectedRevision: 'any' }) });
      }
    }
  }

  stopWriting(): void {
    this.#isWriting = false;
  }

  async follow(): Promise<void> {
    for await (const { events } of this.store.subscribe({ after: undefined, batchSizeMax: 7, signal: this.#ending.signal })) {
      this.delivered.push(...events);
    }
  }

  stopFollowing(): void {
    this.#ending.abort();
  }
}

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
    // A refusal or a lost answer is noticed at the latest when the connection goes.
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
      expect(store.status()).toMatchObject({ isHealthy: true, subscriptions: 1 });
    } finally {
      trial.stopWriting();
      trial.stopFollowing();
      await following;
      await Promise.all([store.close(), witness.close(), proxy.close()]);
      await server.stop();
    }
  });

const readAll = async (store: EventStoreDbEventStore): Promise<readonly RecordedEvent[]> => {
  const all: RecordedEvent[] = [];
  for await (const batch of store.readAll()) all.push(...batch);
  return all;
};

const verify = ({ acknowledged, delivered }: Trial, all: readonly RecordedEvent[], told: readonly string[]): void => {
  const message = told.join();
  // Every command that was sent was acknowledged in the end: what is there is exactly what was acknowledged, once.
  const ids = acknowledged.flatMap((append) => append.ids);
  expect(all.map((event) => event.id).toSorted(), message).toEqual(ids.toSorted());
  const byId = new Map(all.map((event) => [event.id, event]));
  for (const { stream, ids: own, result } of acknowledged) {
    const last = byId.get(own.at(-1) as EventId);
    expect([last?.stream, last?.revision, last?.position], message).toEqual([stream, result.revision, result.position]);
  }
  expect(
    delivered.map((event) => event.position),
    message,
  ).toEqual(all.map((event) => event.position));
};

describe('EventStoreDB behind a failing network', () => {
  it('keeps every acknowledged append once, and delivers every event once and in order after it has healed', async () => {
    const chance = chanceOf('EventStoreDB behind a failing network');
    const waiting = Array.from({ length: trials(TRIALS) }, (_, trial) => chance.fork(`trial ${trial}`));
    const lane = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await runTrial(next);
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  });

  it('says that the store is unavailable when it does not come back, and has then lost nothing that it acknowledged', async () => {
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
