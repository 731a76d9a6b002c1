// Consumers of a persistent subscription whose server is killed: nothing is lost, parked events stay parked, and only
// events behind the checkpoint come again.
import {
  EventStoreDBClient,
  jsonEvent,
  PARK,
  persistentSubscriptionToStreamSettingsFromDefaults,
  RETRY,
  START,
  type PersistentSubscriptionToStream,
  type ResolvedEvent,
} from '@eventstore/db-client';
import { describe, expect, it } from 'vitest';
import { chanceOf, inFolder, trials } from './support/trials.js';
import { WorkerProcess } from './support/worker-process.js';

const KILLS = 4;
const CONSUMERS = 2;
const STREAM = 'work-1';
const GROUP = 'workers';
const CHECKPOINT_COUNT_MAX = 20;
/** The time until an answer is in a checkpoint on disk, also on a busy machine. */
const ANSWERED_MS = 2_000;
const parkedStream = `$persistentsubscription-${STREAM}::${GROUP}-parked`;
const checkpointStream = `$persistentsubscription-${STREAM}::${GROUP}-checkpoint`;

/** Everything that consumers have received and answered, over all runs of the server. */
class Ledger {
  readonly answered = new Set<number>();
  readonly acknowledged = new Set<number>();
  readonly wantedParked = new Set<number>();
  /** Received since the last start of the server. */
  seen: number[] = [];
  #prefix = 0;
  readonly #history: { readonly atMs: number; readonly prefix: number }[] = [];

  answer(n: number): void {
    this.answered.add(n);
    while (this.answered.has(this.#prefix)) this.#prefix++;
    this.#history.push({ atMs: performance.now(), prefix: this.#prefix });
  }

  /** This many events from the first on were answered at this time. */
  prefixAt(atMs: number): number {
    return this.#history.findLast((entry) => entry.atMs <= atMs)?.prefix ?? 0;
  }
}

describe('a persistent subscription', () => {
  it('loses nothing when its server is killed, keeps parked events, and repeats only events behind the checkpoint', async () => {
    const chance = chanceOf('persistent subscriptions killed');
    await inFolder(async (dir) => {
      const ledger = new Ledger();
      let port = '0';
      let written = 0;
      let parkedBefore: readonly number[] = [];
      for (let kill = 0; kill < trials(KILLS); kill++) {
        await using server = new WorkerProcess('event-store-server.ts', { args: [dir, port] });
        port = String((await server.until('listening'))['port']);
        const client = connect(port);
        if (kill === 0) await createGroup(client);
        const checkpoint = await checkpointOf(client);
        expect(await parkedOf(client)).toEqual(expect.arrayContaining([...parkedBefore]));
        ledger.seen = [];
        const consumers = Array.from({ length: CONSUMERS }, () => consume(client, ledger, () => chance.int(0, 9)));
        const killedAt = written + chance.int(100, 400);
        const writing = (async () => {
          for (; written < killedAt; written++) await client.appendToStream(STREAM, [jsonEvent({ type: 'Counted', data: { n: written } })]);
        })();
        await writing;
        await expect.poll(() => ledger.answered.size, { timeout: 60_000, interval: 1 }).toBeGreaterThan(written - chance.int(10, 60));
        parkedBefore = await parkedOf(client);
        const atMs = performance.now();
        await server.kill();
        await Promise.all(consumers.map(({ ended }) => ended));
        await client.dispose();
        if (ledger.seen.length > 0) expect(Math.min(...ledger.seen), 'nothing up to the checkpoint comes again').toBeGreaterThan(checkpoint);
        await expectCheckpoint(dir, ledger.prefixAt(atMs - ANSWERED_MS) - CHECKPOINT_COUNT_MAX - 1);
      }
      await expectAll(dir, ledger, written);
    });
  });
});

const connect = (port: string): EventStoreDBClient => EventStoreDBClient.connectionString(`esdb://127.0.0.1:${port}?tls=false`);

const createGroup = (client: EventStoreDBClient): Promise<void> =>
  client.createPersistentSubscriptionToStream(
    STREAM,
    GROUP,
    persistentSubscriptionToStreamSettingsFromDefaults({
      startFrom: START,
      checkPointLowerBound: 1,
      checkPointUpperBound: CHECKPOINT_COUNT_MAX,
      checkPointAfter: 500,
      messageTimeout: 5_000,
    }),
  );

/** Answers at once: most are acknowledged, some come again first, some are parked. `draw` gives 0 to 9. */
const consume = (
  client: EventStoreDBClient,
  ledger: Ledger,
  draw: () => number,
): { readonly ended: Promise<void>; readonly subscription: PersistentSubscriptionToStream } => {
  const subscription = client.subscribeToPersistentSubscriptionToStream(STREAM, GROUP, { bufferSize: 10 });
  subscription.on('data', (resolved) => {
    const n = numberOf(resolved);
    ledger.seen.push(n);
    const drawn = draw();
    const retries = (resolved as { readonly retryCount?: number }).retryCount ?? 0;
    // An answer that does not arrive does not count: the message comes again.
    if (drawn === 0) {
      ledger.wantedParked.add(n);
      void subscription.nack(PARK, 'drawn', resolved).catch(() => undefined);
      ledger.answer(n);
    } else if (drawn === 1 && retries < 3) void subscription.nack(RETRY, 'drawn', resolved).catch(() => undefined);
    else {
      void subscription.ack(resolved).catch(() => undefined);
      ledger.acknowledged.add(n);
      ledger.answer(n);
    }
  });
  const ended = new Promise<void>((resolve) => {
    subscription.on('error', () => resolve());
    subscription.on('end', resolve);
  });
  return { ended, subscription };
};

const numberOf = ({ event }: Pick<ResolvedEvent, 'event'>): number => (event?.data as { readonly n: number } | undefined)?.n ?? -1;

/** The revision of the group's checkpoint, −1 before the first. */
const checkpointOf = async (client: EventStoreDBClient): Promise<number> => {
  const [last] = await collect(client, checkpointStream, 'backwards');
  return last === undefined ? -1 : Number(last);
};

/** Numbers of the parked events. */
const parkedOf = async (client: EventStoreDBClient): Promise<readonly number[]> =>
  (await collect(client, parkedStream, 'forwards')).map((event) => (event as { readonly n: number }).n);

const collect = async (client: EventStoreDBClient, stream: string, direction: 'forwards' | 'backwards'): Promise<readonly unknown[]> => {
  const found: unknown[] = [];
  try {
    const read = { direction, resolveLinkTos: true, ...(direction === 'backwards' ? { fromRevision: 'end' as const, maxCount: 1 } : {}) };
    for await (const { event } of client.readStream(stream, read)) found.push(event?.data);
  } catch (error) {
    if ((error as { readonly type?: string }).type !== 'stream-not-found') throw error;
  }
  return found;
};

const onServer = async (dir: string, work: (client: EventStoreDBClient) => Promise<void>): Promise<void> => {
  await using server = new WorkerProcess('event-store-server.ts', { args: [dir, '0'] });
  const client = connect(String((await server.until('listening'))['port']));
  await work(client);
  await client.dispose();
};

const expectCheckpoint = (dir: string, least: number): Promise<void> =>
  onServer(dir, async (client) => expect(await checkpointOf(client), 'the checkpoint keeps to its bounds').toBeGreaterThanOrEqual(least));

/** The rest is given out and acknowledged; then each event was acknowledged, or is parked. */
const expectAll = (dir: string, ledger: Ledger, written: number): Promise<void> =>
  onServer(dir, async (client) => {
    const consumer = consume(client, ledger, () => 9);
    const info = () => client.getPersistentSubscriptionToStreamInfo(STREAM, GROUP);
    await expect.poll(async () => (await info()).stats.lastCheckpointedEventRevision, { timeout: 30_000 }).toBe(BigInt(written - 1));
    await consumer.subscription.unsubscribe();
    const parked = new Set(await parkedOf(client));
    const all = Array.from({ length: written }, (_, n) => n);
    expect(
      all.filter((n) => !ledger.acknowledged.has(n) && !parked.has(n)),
      'lost',
    ).toEqual([]);
    expect(
      [...parked].filter((n) => !ledger.wantedParked.has(n)),
      'parked for no reason',
    ).toEqual([]);
  });
