// docs/manual/move-to-another-event-store.md, command by command: the shop moves to PostgreSQL and back.
import 'reflect-metadata';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fencesOf } from '../architecture/markdown.js';
import { LogSchema } from '../contract/postgres-events.js';
import { postgresUrl, withPostgres } from '../contract/sql-fixtures.js';
import { ApplicationProcess, build } from './online-retail/application-process.js';
import { expectFigures, SAMPLE_FILE, sampleFigures } from './online-retail/expected.js';
import { RunningShop } from './online-retail/running-shop.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CLI = join(ROOT, 'libs/cli/bin/mainstem.mjs');
const SHOWN_URL = 'postgres://user:password@host:5432/database';

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe.runIf(await withPostgres())('the page on moving to another event store', () => {
  let dir: string;
  let schema: LogSchema;
  let url: string;
  beforeAll(build);
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mainstem-move-'));
    schema = new LogSchema();
    url = `${postgresUrl}?schema=${schema.name}`;
  });
  afterEach(async () => {
    await schema[Symbol.asyncDispose]();
    await rm(dir, { recursive: true, force: true });
  });

  const mainstem = async (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> => {
    const running = promisify(execFile)(process.execPath, [CLI, ...args], { env: { ...process.env, MAINSTEM_DIR: join(dir, 'old'), ...env } });
    return running.then(
      (ended) => ({ code: 0, ...ended }),
      (error: unknown) => error as Outcome,
    );
  };

  const order = async (shop: RunningShop, orderNo: string): Promise<void> => {
    const lines = [{ sku: '71053', description: 'WHITE METAL LANTERN', quantity: 6, unitPrice: '3.39' }];
    const body = JSON.stringify({ orderNo, customerId: '17850', country: 'United Kingdom', lines });
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': `place-${orderNo}` };
    expect((await shop.fetch('/api/orders', { method: 'POST', headers, body })).status).toBe(201);
  };

  it('leads to the new store with every figure, and back', async () => {
    const page = fencesOf(await readFile(join(ROOT, 'docs/manual/move-to-another-event-store.md'), 'utf8'));
    const lines = page.filter(({ language }) => language === 'sh').flatMap(({ code }) => code.split('\n'));
    const [first, rest, verify, setting, back, ...others] = lines;
    expect(others).toEqual([]);
    const typed = (line: string | undefined): Promise<Outcome> =>
      mainstem((line ?? '').replaceAll(SHOWN_URL, url).replace('npx mainstem ', '').split(' '));

    {
      await using shop = await RunningShop.open({ dir: join(dir, 'old'), data: SAMPLE_FILE });
      expect(await typed(first)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Equal: 2,000 events in 90 streams/) });
      await expectFigures(shop, sampleFigures);
    }
    {
      await using shop = await RunningShop.open({ dir: join(dir, 'old') });
      await order(shop, '900001');
    }
    expect(await typed(verify)).toMatchObject({ code: 1, stdout: expect.stringContaining('order-900001@0') });
    const copied = await typed(rest);
    expect(copied).toMatchObject({ code: 0, stdout: expect.stringContaining('PROJECTION_FOREIGN_EVENT_STORE') });
    expect(copied.stdout).toMatch(/: .*customer-profiles.*order-lines/);
    expect((await typed(verify)).code).toBe(0);

    expect(setting).toBe(`EVENT_STORE='${SHOWN_URL}'`);
    {
      await using shop = await RunningShop.open({ dir: join(dir, 'new'), env: { EVENT_STORE: url } });
      expect((await shop.fetch('/api/orders/order-900001')).status).toBe(200);
      // A repeated command is known by its id.
      await order(shop, '900001');
      await order(shop, '900002');
    }
    expect(await typed(back)).toMatchObject({ code: 0, stderr: expect.stringContaining('goes on after it') });
    {
      await using shop = await RunningShop.open({ dir: join(dir, 'old') });
      for (const orderNo of ['900001', '900002']) expect((await shop.fetch(`/api/orders/order-${orderNo}`)).status).toBe(200);
    }
  }, 240_000);

  it('says so where read models of the source are forgotten: neither status nor a projector goes on with them', async () => {
    await (await RunningShop.open({ dir: join(dir, 'old'), data: SAMPLE_FILE }))[Symbol.asyncDispose]();
    expect((await mainstem(['copy', '--from', 'embedded', '--to', url])).code).toBe(0);
    const status = await mainstem(['status'], { EVENT_STORE: url });
    expect(status).toMatchObject({ code: 1, stdout: expect.stringContaining('PROJECTION_FOREIGN_EVENT_STORE') });
    const shop = await ApplicationProcess.start('apps/all-in-one/src/main.js', ['--dir', join(dir, 'old'), '--no-data'], { EVENT_STORE: url });
    try {
      const health = await fetch(`${shop.url}/health/ready`);
      expect([health.status, await health.text()]).toEqual([503, expect.stringContaining('PROJECTION_FOREIGN_EVENT_STORE')]);
    } finally {
      await shop.end('SIGKILL');
    }
  }, 240_000);
});
