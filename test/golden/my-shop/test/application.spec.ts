// From a command to an answer of each read store, in one process over a folder of its own.
import 'reflect-metadata';
import { allInOne } from '#apps/all-in-one/src/all-in-one.js';
import { createApplication } from '#src/run.js';
import { settingRows } from '#src/settings.js';
import { readSettings } from '@mainstem/event-store/settings';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const dir = mkdtempSync(join(tmpdir(), 'application-'));
let app: NestExpressApplication;
let url: string;

beforeAll(async () => {
  app = await createApplication('test', readSettings(settingRows(0), ['--dir', dir], {}), allInOne);
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
});
afterAll(async () => {
  await app.close();
  rmSync(dir, { recursive: true, force: true });
});

const post = (path: string, body: object) =>
  fetch(`${url}/${path}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

it('shows an order in every read store as soon as its position is asked for', async () => {
  const placed = await post('orders/1/place', { customer: 'Ada', product: 'white lantern', total: '12.50' });
  const position = placed.headers.get('Mainstem-Position');
  const get = async (path: string): Promise<unknown> => (await fetch(`${url}/${path}minPosition=${position}`)).json();

  expect(await get('order-list/order-1?')).toMatchObject({ status: 'placed', customer: 'Ada', total: '12.50' });
  expect(await get('orders-by-customer/Ada?')).toMatchObject({ customer: 'Ada', count: 1 });
  expect(await get('order-search?q=lantern&')).toMatchObject({ total: 1, items: [{ document: { customer: 'Ada' } }] });
});

it('refuses an order that is placed twice, and knows no other one', async () => {
  const again = await post('orders/1/place', { customer: 'Ada', product: 'white lantern', total: '12.50' });
  expect([again.status, await again.json()]).toMatchObject([409, { code: 'ORDER_ALREADY_PLACED' }]);
  expect((await fetch(`${url}/order-list/order-2`)).status).toBe(404);
});
