// PostgreSQL and the processes that append to it fail: the log keeps its order, and every acknowledged event once.
import { setTimeout as delay } from 'node:timers/promises';
import type { RecordedEvent } from '@mainstem/event-store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appendNamed, flawsOf, following, LogSchema, logOf } from '../contract/postgres-events.js';
import { withPostgres } from '../contract/sql-fixtures.js';
import { PrivatePostgres } from '../fixtures/private-postgres.js';
import { toldCommand } from './support/told-events.js';
import { chanceOf, trials } from './support/trials.js';
import { WorkerProcess, type Told } from './support/worker-process.js';

const PROCESSES = 3;
const CLIENTS = 6;
/** Each process of each life has numbers of its own. */
const NUMBERS = 100_000;
const TROUBLES = 8;
const HEALED_MS = 30_000;

describe.runIf(await withPostgres())('the log on PostgreSQL in trouble', () => {
  const random = chanceOf('the log on PostgreSQL in trouble');
  let server: PrivatePostgres;
  beforeAll(async () => void (server = await PrivatePostgres.start()));
  afterAll(() => server[Symbol.asyncDispose]());

  it.for(Array.from({ length: trials(1) }, (_, round) => round))(
    'keeps one order and every acknowledged event once, whatever is killed (round %i)',
    async (round) => {
      const chance = random.fork(`killed ${round}`);
      await using schema = new LogSchema(server.url);
      const store = await schema.open({ patienceMs: HEALED_MS });
      const acknowledged = new Map<number, bigint>();
      const seen: RecordedEvent[] = [];
      const ending = new AbortController();
      const follow = async (): Promise<void> => {
        for await (const { events } of store.subscribe({ after: undefined, signal: ending.signal })) seen.push(...events);
      };
      const followed = follow();
      let lives = 0;
      const start = (): WorkerProcess => {
        const worker = new WorkerProcess('postgres-append.ts', { args: [server.url, schema.name, String(lives++ * NUMBERS + 1), String(CLIENTS)] });
        worker.listen(({ kind, number, position }: Told) => {
          if (kind === 'acknowledged') acknowledged.set(Number(number), BigInt(String(position)));
        });
        return worker;
      };
      const workers = Array.from({ length: PROCESSES }, start);
      const TROUBLE = {
        'kill -9 of a process': async () => {
          const place = chance.int(0, PROCESSES - 1);
          await workers[place]?.kill();
          workers[place] = start();
          await workers[place].until('acknowledged');
        },
        'a process that is stopped': async () => {
          const worker = workers[chance.int(0, PROCESSES - 1)];
          worker?.freeze();
          const before = acknowledged.size;
          // A process that hangs in any place does not hold up the others.
          await expect.poll(() => acknowledged.size, { timeout: HEALED_MS }).toBeGreaterThan(before + CLIENTS);
          worker?.thaw();
        },
        'ended sessions': async () => {
          for (let hit = 0; hit < 10; hit++) {
            await server.query(
              `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mainstem' AND random() < ${chance.next()}`,
            );
            await delay(chance.int(0, 20));
          }
        },
        'a server without a shutdown': async () => {
          await server.stop(chance.pick(['immediate', 'kill'] as const));
          await server.resume();
        },
      } as const;
      try {
        await Promise.all(workers.map((worker) => worker.until('acknowledged')));
        const names = Object.keys(TROUBLE) as (keyof typeof TROUBLE)[];
        for (let trouble = 0; trouble < TROUBLES; trouble++) {
          await TROUBLE[names[trouble % names.length] as keyof typeof TROUBLE]();
          await delay(chance.int(0, 200));
        }
        const before = acknowledged.size;
        await expect.poll(() => acknowledged.size, { timeout: HEALED_MS }).toBeGreaterThan(before + PROCESSES * CLIENTS);
      } finally {
        await Promise.all(workers.map((worker) => worker.kill()));
      }
      const log = await logOf(store);
      expect(flawsOf(log)).toEqual([]);
      const byId = new Map(log.map((event) => [event.id, event]));
      expect(byId.size).toBe(log.length);
      expect(acknowledged.size).toBeGreaterThan(PROCESSES * CLIENTS * TROUBLES);
      for (const [number, position] of acknowledged) {
        const { events, stream } = toldCommand(number);
        const places = events.map(({ id }) => byId.get(id)?.position);
        expect([number, places, byId.get(events[0]?.id as never)?.stream]).toEqual([
          number,
          events.map((_, index) => position - BigInt(events.length - 1 - index)),
          stream,
        ]);
      }
      await expect.poll(() => seen.length, { timeout: HEALED_MS }).toBe(log.length);
      expect(seen.map(({ id }) => id)).toEqual(log.map(({ id }) => id));
      ending.abort();
      await followed;
    },
  );

  it('is refused by readers and writers that know more, after a backup was put back', async () => {
    await using schema = new LogSchema(server.url);
    const store = await schema.open({ patienceMs: HEALED_MS });
    for (let n = 0; n < 20; n++) await appendNamed(store, `before-${n}`);
    const copy = await server.backUp('backup-events');
    for (let n = 0; n < 20; n++) await appendNamed(store, `lost-${n}`);
    const batches = store.subscribe({ after: undefined, signal: new AbortController().signal })[Symbol.asyncIterator]();
    expect((await batches.next()).value?.position).toBe(40n);
    const refused = expect(batches.next()).rejects.toMatchObject({ code: 'EVENT_STORE_RESTORED' });
    await server.restore(copy);
    await refused;
    await expect(appendNamed(store, 'late')).rejects.toMatchObject({ code: 'EVENT_STORE_RESTORED' });
    const again = await schema.open();
    expect(await again.head()).toBe(20n);
    // The log is as long again, with other events.
    for (let n = 0; n < 20; n++) await appendNamed(again, `other-${n}`);
    await expect(appendNamed(store, 'late')).rejects.toMatchObject({ code: 'EVENT_STORE_RESTORED' });
    expect(flawsOf(await logOf(again))).toEqual([]);
  });

  it('is followed on after an outage that outlasts every patience, of which the store tells meanwhile', async () => {
    await using schema = new LogSchema(server.url);
    const store = await schema.open({ patienceMs: 100 });
    const ending = new AbortController();
    const { seen, done } = following(store, ending.signal);
    await appendNamed(store, 'a');
    await server.stop('immediate');
    await expect(appendNamed(store, 'b')).rejects.toMatchObject({ code: 'EVENT_STORE_UNAVAILABLE' });
    await expect(store.head()).rejects.toMatchObject({ code: 'EVENT_STORE_UNAVAILABLE' });
    await expect.poll(() => store.troubles(), { timeout: HEALED_MS }).toEqual([expect.stringContaining('cannot be read')]);
    await server.resume();
    await appendNamed(await schema.open(), 'b');
    await expect.poll(() => seen, { timeout: HEALED_MS }).toEqual([1n, 2n]);
    expect(store.troubles()).toEqual([]);
    ending.abort();
    await done;
  });

  it('is read on a standby server, which refuses appends until it is promoted', async () => {
    await using schema = new LogSchema(server.url);
    const store = await schema.open();
    await appendNamed(store, 'a');
    await using standby = await server.standby();
    const there = await schema.open({ url: standby.url });
    await expect.poll(() => there.head(), { timeout: HEALED_MS }).toBe(1n);
    await expect(appendNamed(there, 'b')).rejects.toMatchObject({ code: 'EVENT_STORE_READ_ONLY' });
    await standby.promote();
    await expect
      .poll(
        () =>
          appendNamed(there, 'b').then(
            ({ position }) => position,
            () => 0n,
          ),
        { timeout: HEALED_MS },
      )
      .toBe(2n);
    await there.close();
  });
});
