// Each application alone, all over one folder: commands in one process, projectors in three, queries in a fifth.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApplicationProcess, build } from './application-process.js';

const READY_TIMEOUT_MS = 30_000;

describe('the applications in processes of their own', () => {
  let dir: string;
  let commands: ApplicationProcess;
  let queries: ApplicationProcess;
  let projectors: readonly ApplicationProcess[] = [];
  const started: ApplicationProcess[] = [];
  const start = async (entry: string): Promise<ApplicationProcess> => {
    const application = await ApplicationProcess.start(entry, ['--dir', dir], { PROJECTOR_LEASE_MS: '1000' });
    started.push(application);
    return application;
  };

  beforeAll(async () => {
    await build();
    dir = await mkdtemp(join(tmpdir(), 'mainstem-processes-'));
    commands = await start('src/main.js');
    queries = await start('apps/query-api/src/main.js');
    for (const kind of ['sql', 'cache', 'search']) projectors = [...projectors, await start(`apps/${kind}-projector/src/main.js`)];
  });
  afterAll(async () => {
    for (const application of started) await application.end('SIGTERM');
    await rm(dir, { recursive: true, force: true });
  });

  const place = async (orderNo: string): Promise<string> => {
    const lines = [{ sku: '71053', description: 'WHITE METAL LANTERN', quantity: 6, unitPrice: '3.39' }];
    const body = JSON.stringify({ orderNo, customerId: '17850', country: 'United Kingdom', lines });
    const response = await fetch(`${commands.url}/api/orders`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
    expect(response.status).toBe(201);
    return response.headers.get('Mainstem-Position') ?? '';
  };
  const ask = async (path: string, position: string): Promise<unknown> => {
    const response = await fetch(`${queries.url}/api/${path}`, { headers: { 'Mainstem-Min-Position': position } });
    expect(response.status, path).toBe(200);
    return response.json();
  };

  it('show a write in one of them in all read models of the others', async () => {
    await queries.ready(READY_TIMEOUT_MS);
    const position = await place('1');
    expect(await ask('orders/order-1', position)).toMatchObject({ lines: 1, units: 6, total: '20.340' });
    expect(await ask('customers/17850/balance', position)).toMatchObject({ balance: '20.340' });
    expect(await ask('search/products?q=lantern', position)).toMatchObject({ total: 1, items: [{ sku: '71053' }] });
  });

  it('are each ready by themselves, and the query API while all projectors run', async () => {
    for (const application of [queries, ...projectors]) await application.ready(READY_TIMEOUT_MS);
  });

  it('go on without a killed projector, which catches up when it is started again', async () => {
    await projectors[0]?.end('SIGKILL');
    const position = await place('2');
    expect(await ask('customers/17850/balance', position)).toMatchObject({ balance: '40.680' });
    await start('apps/sql-projector/src/main.js');
    expect(await ask('orders/order-2', position)).toMatchObject({ total: '20.340' });
    expect(await ask('totals', position)).toMatchObject({ events: 4, grossSales: '40.680' });
  });
});
