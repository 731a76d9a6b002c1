// The shop with its events in PostgreSQL: figures of the sample, separate processes of which some are killed, and the
// command line.
import 'reflect-metadata';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LogSchema } from '../contract/postgres-events.js';
import { postgresQuery, postgresUrl, withPostgres } from '../contract/sql-fixtures.js';
import { ApplicationProcess, build } from './online-retail/application-process.js';
import { expectFigures, SAMPLE_FILE, sampleFigures } from './online-retail/expected.js';
import { RunningShop } from './online-retail/running-shop.js';

const CLI = fileURLToPath(new URL('../../libs/cli/bin/mainstem.mjs', import.meta.url));
const READY_TIMEOUT_MS = 30_000;

describe.runIf(await withPostgres())('the shop with its events in PostgreSQL', () => {
  let dir: string;
  let schema: LogSchema;
  let EVENT_STORE: string;
  beforeAll(build);
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mainstem-pg-events-'));
    schema = new LogSchema();
    EVENT_STORE = `${postgresUrl}?schema=${schema.name}`;
  });
  afterEach(async () => {
    await schema[Symbol.asyncDispose]();
    await rm(dir, { recursive: true, force: true });
  });

  /** The output of the command line over the same events. */
  const mainstem = async (...args: readonly string[]): Promise<string> =>
    (await promisify(execFile)(process.execPath, [CLI, '--dir', dir, ...args], { env: { ...process.env, EVENT_STORE } })).stdout;

  it('reproduces every figure of the sample, with read models in the same database, and again after a restart', async () => {
    const models = `${schema.name}_models`;
    const env = { EVENT_STORE, READ_STORE_SQL: `${postgresUrl}?schema=${models}` };
    try {
      for (const data of [{ data: SAMPLE_FILE }, {}]) {
        await using shop = await RunningShop.open({ dir, env, ...data });
        await expectFigures(shop, sampleFigures);
      }
    } finally {
      await postgresQuery(`DROP SCHEMA IF EXISTS ${models} CASCADE`);
    }
  });

  it('makes its schemas beforehand, and prints them for an administrator', async () => {
    const printed = await mainstem('migrate', '--print', '--owner', 'dba', '--application', 'shop');
    expect(printed).toContain(`GRANT SELECT, INSERT ON "${schema.name}"."events" TO "shop"`);
    expect(printed).toContain('SET ROLE "dba"');
    expect(await mainstem('migrate')).toMatch(/^events in schema \S+ \(.+\): made, version \d+\n$/);
    expect(await mainstem('migrate')).toMatch(/as it has to be\n$/);
    await expect(mainstem('migrate', '--owner', 'dba')).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('CLI_INVALID_ARGUMENT') });
  });

  describe('in separate processes', () => {
    const started: ApplicationProcess[] = [];
    afterAll(async () => {
      for (const application of started) await application.end('SIGKILL');
    });
    const start = async (entry: string): Promise<ApplicationProcess> => {
      const application = await ApplicationProcess.start(entry, ['--dir', dir], { PROJECTOR_LEASE_MS: '1000', EVENT_STORE });
      started.push(application);
      return application;
    };
    const place = async (commands: ApplicationProcess, orderNo: string): Promise<string> => {
      const lines = [{ sku: '71053', description: 'WHITE METAL LANTERN', quantity: 6, unitPrice: '3.39' }];
      const body = JSON.stringify({ orderNo, customerId: '17850', country: 'United Kingdom', lines });
      const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': `place-${orderNo}` };
      const response = await fetch(`${commands.url}/api/orders`, { method: 'POST', headers, body });
      expect(response.status).toBe(201);
      return response.headers.get('Mainstem-Position') ?? '';
    };

    it('shows each write in all read models, whatever ends sessions or processes', async () => {
      let commands = await start('src/main.js');
      const queries = await start('apps/query-api/src/main.js');
      for (const kind of ['sql', 'cache', 'search']) await start(`apps/${kind}-projector/src/main.js`);
      const ask = async (path: string, position: string): Promise<unknown> => {
        const response = await fetch(`${queries.url}/api/${path}`, { headers: { 'Mainstem-Min-Position': position } });
        expect(response.status, path).toBe(200);
        return response.json();
      };
      await queries.ready(READY_TIMEOUT_MS);
      expect(await ask('orders/order-1', await place(commands, '1'))).toMatchObject({ total: '20.340' });

      await postgresQuery(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%${schema.name}%' AND pid <> pg_backend_pid()`);
      expect(await ask('orders/order-2', await place(commands, '2'))).toMatchObject({ total: '20.340' });

      await commands.end('SIGKILL');
      commands = await start('src/main.js');
      // The same command again: it has taken effect.
      await place(commands, '2');
      const position = await place(commands, '3');
      expect(await ask('customers/17850/balance', position)).toMatchObject({ balance: '61.020' });
      expect(await ask('totals', position)).toMatchObject({ grossSales: '61.020' });
      expect(await ask('search/products?q=lantern', position)).toMatchObject({ total: 1 });

      expect(await mainstem('stream', 'order-3')).toContain('OrderPlaced');
      expect(await mainstem('verify', '--all')).toContain('ledger-totals (sql) generation 1');
    });
  });

  it('is refused by the command line where there is no log, and none is made', async () => {
    await expect(mainstem('stream', 'order-1')).rejects.toMatchObject({ stderr: expect.stringContaining('EVENT_STORE_CANNOT_OPEN') as unknown });
  });
});
