// The sample over EventStoreDB's protocol with the server's own links and statistics in the log. Read models reach the
// end: live, after a restart, and when they are filled anew.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient } from '@eventstore/db-client';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addOwnEvents } from '../contract/eventstoredb/own-events.js';
import { expectFigures, SAMPLE_FILE, sampleFigures } from './online-retail/expected.js';
import { RunningShop } from './online-retail/running-shop.js';

/** Several times as many as the sample has. */
const OWN_EVENTS = 10_000;

let dir: string;
let server: EventStoreDbServer;
let client: EventStoreDBClient;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mainstem-own-events-'));
  server = await EventStoreDbServer.start({ dir: join(dir, 'server'), port: 0 });
  client = EventStoreDBClient.connectionString(server.connectionString);
});
afterAll(async () => {
  await client.dispose();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

const open = (folder: string, data?: string): Promise<RunningShop> =>
  RunningShop.open({ dir: join(dir, folder), env: { EVENT_STORE: server.connectionString }, ...(data !== undefined && { data }) });

it('read models reach the end behind the server’s own events, live, after a restart, and filled anew', async () => {
  {
    await using shop = await open('first', SAMPLE_FILE);
    await addOwnEvents(client, OWN_EVENTS);
    await expectFigures(shop, sampleFigures);
    const body = { orderNo: '900001', customerId: null, country: 'EIRE', lines: [{ sku: 'S1', description: 'A', quantity: 1, unitPrice: '2.55' }] };
    const placed = await shop.fetch('/api/orders', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
    const position = placed.headers.get('Mainstem-Position') ?? '';
    await addOwnEvents(client, OWN_EVENTS);
    expect((await shop.fetch(`/api/orders/order-900001?minPosition=${position}`)).status).toBe(200);
    expect((await shop.fetch('/health/ready')).status).toBe(200);
  }
  await addOwnEvents(client, OWN_EVENTS);
  for (const folder of ['first', 'anew']) {
    await using shop = await open(folder);
    expect((await shop.fetch('/api/orders/order-900001')).status).toBe(200);
    expect((await shop.fetch('/health/ready')).status).toBe(200);
  }
});
