// Processes that write rows and events in one transaction fail, and their server: both are there, or neither.
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flawsOf, LogSchema, logOf } from '../contract/postgres-events.js';
import { withPostgres } from '../contract/sql-fixtures.js';
import { PrivatePostgres } from '../fixtures/private-postgres.js';
import { chanceOf } from './support/trials.js';
import { WorkerProcess, type Told } from './support/worker-process.js';

const PROCESSES = 3;
/** Each process of each life has numbers of its own. */
const NUMBERS = 100_000;
const TROUBLES = 9;
const HEALED_MS = 30_000;

describe.runIf(await withPostgres())('transactions with rows and events in trouble', () => {
  const chance = chanceOf('transactions with rows and events in trouble');
  let server: PrivatePostgres;
  beforeAll(async () => void (server = await PrivatePostgres.start()));
  afterAll(() => server[Symbol.asyncDispose]());

  it('leave both or neither, whatever is killed', async () => {
    await using schema = new LogSchema(server.url);
    const store = await schema.open({ patienceMs: HEALED_MS });
    await server.query(`CREATE TABLE ${schema.name}.rows (number integer PRIMARY KEY)`);
    const committed = new Set<number>();
    let lives = 0;
    const start = (): WorkerProcess => {
      const worker = new WorkerProcess('postgres-within.ts', { args: [server.url, schema.name, String(lives++ * NUMBERS + 1)] });
      worker.listen(({ kind, number }: Told) => {
        if (kind === 'acknowledged') committed.add(Number(number));
      });
      return worker;
    };
    const workers = Array.from({ length: PROCESSES }, start);
    const troubles = [
      async () => {
        const place = chance.int(0, PROCESSES - 1);
        await workers[place]?.kill();
        workers[place] = start();
        await workers[place].until('acknowledged');
      },
      () => server.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query LIKE '%${schema.name}%'`),
      async () => {
        await server.stop(chance.pick(['immediate', 'kill'] as const));
        await server.resume();
      },
    ];
    try {
      await Promise.all(workers.map((worker) => worker.until('acknowledged')));
      for (let trouble = 0; trouble < TROUBLES; trouble++) {
        await troubles[trouble % troubles.length]?.();
        await delay(chance.int(0, 200));
        const before = committed.size;
        await expect.poll(() => committed.size, { timeout: HEALED_MS }).toBeGreaterThan(before + PROCESSES);
      }
    } finally {
      await Promise.all(workers.map((worker) => worker.kill()));
    }
    const log = await logOf(store);
    const rows = await server.query<{ number: number }>(`SELECT number FROM ${schema.name}.rows`);
    expect(flawsOf(log)).toEqual([]);
    const streams = Map.groupBy(log, ({ stream }) => stream);
    expect([...streams.values()].every((events) => events.length === 2)).toBe(true);
    expect([...streams.keys()].toSorted()).toEqual(rows.map(({ number }) => `row-${number}`).toSorted());
    expect([...committed].filter((number) => !streams.has(`row-${number}` as never))).toEqual([]);
    expect(rows.some(({ number }) => number % 7 === 0)).toBe(false);
  });
});
