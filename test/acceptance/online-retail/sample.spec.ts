// The first 2,000 events of the shop: after the import, every figure over HTTP equals the independently computed one.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectCheckpoint, expectFigures, SAMPLE_FILE, sampleFigures } from './expected.js';
import { writePrefix } from './file-prefix.js';
import { everyPage } from './pages.js';
import { RunningShop } from './running-shop.js';

describe('the sample of the shop ledger', () => {
  let dir: string;
  let shop: RunningShop;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mainstem-sample-'));
    shop = await RunningShop.open({ dir, data: SAMPLE_FILE });
  });
  afterAll(async () => {
    await shop[Symbol.asyncDispose]();
    await rm(dir, { recursive: true, force: true });
  });

  it('reproduces every expected figure from SQL, cache and search', () => expectFigures(shop, sampleFigures));

  it('serves an order with its lines, which add up to its total', async () => {
    const order = await shop.get<{ lines: number; total: string }>('orders/order-536365');
    const lines = await shop.get<readonly { line: number; total: string }[]>('orders/order-536365/lines');
    expect(lines.map(({ line }) => line)).toEqual(Array.from({ length: order.lines }, (_, index) => index + 1));
    const pence = lines.reduce((sum, { total }) => sum + Math.round(Number(total) * 1_000), 0);
    expect((pence / 1_000).toFixed(3)).toBe(order.total);
  });

  it('pages through a list without hole or repetition, in its order', async () => {
    for (const [path, key] of [
      ['orders', 'stream'],
      ['orders?sort=-total', 'stream'],
      ['customers', 'customerId'],
      ['products', 'sku'],
      ['violations/repeatedSkuInDocument.order', ''],
    ] as const) {
      const whole = await everyPage(shop, path, 1_000);
      expect(await everyPage(shop, path, 7), path).toEqual(whole);
      const keys = whole.map((item) => (key === '' ? item : (item as Record<string, string>)[key]));
      expect(new Set(keys).size, path).toBe(keys.length);
    }
    expect(await everyPage(shop, 'products', 1_000)).toHaveLength(sampleFigures.totals['distinctSkus'] as number);
    expect(await everyPage(shop, 'customers', 50)).toHaveLength(sampleFigures.totals['distinctCustomers'] as number);
  });

  it('sorts orders by total, the largest first', async () => {
    const orders = (await everyPage(shop, 'orders?sort=-total', 20)) as readonly { total: string }[];
    const totals = orders.map(({ total }) => Number(total));
    expect(totals).toEqual([...totals].sort((left, right) => right - left));
    expect(totals).toHaveLength(sampleFigures.eventsByType['OrderPlaced'] ?? 0);
  });

  it('filters orders by customer and by country', async () => {
    const ofCustomer = (await everyPage(shop, 'orders?customerId=17850', 3)) as readonly { customerId: string }[];
    expect(ofCustomer).toHaveLength((await shop.get<{ orders: number }>('customers/17850')).orders);
    expect(new Set(ofCustomer.map(({ customerId }) => customerId))).toEqual(new Set(['17850']));
    expect(await everyPage(shop, 'orders?country=EIRE', 50)).toHaveLength(2);
    expect(await everyPage(shop, 'orders?country=EIRE&customerId=17850', 50)).toEqual([]);
  });

  it('lists as many ids for each rule as it counts', async () => {
    for (const [rule, count] of Object.entries(await shop.get<Record<string, number>>('violations'))) {
      expect(await everyPage(shop, `violations/${rule}`, 10), rule).toHaveLength(count);
      expect(await shop.get(`violations/${rule}?limit=1`), rule).toMatchObject({ rule, count });
    }
  });

  it('finds words by their beginning on request', async () => {
    const total = async (query: string): Promise<number> => (await shop.get<{ total: number }>(`search/products?${query}`)).total;
    expect(await total('q=lanter')).toBe(0);
    expect(await total('q=lanter&prefix=true')).toBe(await total('q=lantern&prefix=true'));
    expect(await total(`q=${encodeURIComponent('" OR * NEAR(')}`)).toBe(0);
  });

  it('reproduces the figures after a restart, without importing again', async () => {
    await shop[Symbol.asyncDispose]();
    shop = await RunningShop.open({ dir, data: SAMPLE_FILE });
    expect(shop.firstImport.status().state).toBe('not needed');
    await expectFigures(shop, sampleFigures);
  });
});

describe('the sample in pieces', () => {
  let dir: string;
  beforeAll(async () => void (dir = await mkdtemp(join(tmpdir(), 'mainstem-pieces-'))));
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('is as expected at each checkpoint when the file grows', async () => {
    for (const [seq, checkpoint] of Object.entries(sampleFigures.checkpoints)) {
      const data = join(dir, 'growing.ndjson');
      await writePrefix(SAMPLE_FILE, Number(seq), data);
      await using shop = await RunningShop.open({ dir: join(dir, 'stores'), data });
      await expectCheckpoint(shop, Number(seq), checkpoint);
    }
    await using shop = await RunningShop.open({ dir: join(dir, 'stores') });
    await expectFigures(shop, sampleFigures);
  });
});
