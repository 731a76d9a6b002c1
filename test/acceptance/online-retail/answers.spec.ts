// The query API towards its clients: positions, limits, errors, health, description.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunningShop } from './running-shop.js';

describe('the query API', () => {
  let dir: string;
  let shop: RunningShop;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mainstem-answers-'));
    shop = await RunningShop.open({ dir });
  });
  afterAll(async () => {
    await shop[Symbol.asyncDispose]();
    await rm(dir, { recursive: true, force: true });
  });

  const place = async (orderNo: string, lines: readonly object[], customerId: string | null = '17850'): Promise<string> => {
    const response = await shop.fetch('/api/orders', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': `place-${orderNo}` },
      body: JSON.stringify({ orderNo, customerId, country: 'United Kingdom', lines }),
    });
    expect(response.status, await response.clone().text()).toBeLessThan(300);
    return response.headers.get('Mainstem-Position') ?? '';
  };
  const LINE = { sku: '85123A', description: 'WHITE HEART', quantity: 6, unitPrice: '2.55' };

  it('answers for an empty ledger too', async () => {
    const response = await shop.fetch('/api/totals');
    expect(await response.json()).toMatchObject({ grossSales: '0.000', events: 0, firstAt: null, eventsByType: {} });
    expect(response.headers.get('Mainstem-Position')).toBe('0');
    expect(await (await shop.fetch('/api/leaderboards/skus-by-units-sold')).json()).toEqual([]);
  });

  it('shows a write to each client that asks for its position, in every read model', async () => {
    const position = await place('900001', [LINE]);
    expect(position).toMatch(/^[0-9]+$/);
    for (const path of [
      'orders/order-900001',
      'orders/order-900001/lines',
      'customers/17850',
      'customers/17850/balance',
      'products/85123A',
      'products/85123A/card',
    ]) {
      const byHeader = await shop.fetch(`/api/${path}`, { headers: { 'Mainstem-Min-Position': position } });
      expect(byHeader.status, path).toBe(200);
      expect(BigInt(byHeader.headers.get('Mainstem-Position') ?? '0'), path).toBeGreaterThanOrEqual(BigInt(position));
    }
    const hits = await shop.fetch(`/api/search/products?q=white+heart&minPosition=${position}`);
    expect(await hits.json()).toMatchObject({ total: 1, items: [{ sku: '85123A', description: 'WHITE HEART' }], next: null });
  });

  it('answers with Retry-After and the lag if a position is not reached in time', async () => {
    const response = await shop.fetch('/api/totals?minPosition=1000000');
    expect(response.status).toBe(503);
    expect(response.headers.get('Retry-After')).toMatch(/^[0-9]+$/);
    expect(response.headers.get('Content-Type')).toContain('application/problem+json');
    const problem = (await response.json()) as { code: string; lag: string; position: string };
    expect(problem.code).toBe('PROJECTION_BEHIND');
    expect(BigInt(problem.lag) + BigInt(problem.position)).toBe(1_000_000n);
  });

  it.each([
    ['orders?limit=0', 'limit'],
    ['orders?limit=1001', 'limit'],
    ['orders?limit=1e2', 'limit'],
    ['customers?limit=-1', 'limit'],
    ['products?limit=ten', 'limit'],
    ['leaderboards/skus-by-units-sold?limit=5000', 'limit'],
    ['orders?cursor=nonsense', 'cursor'],
    ['orders?sort=total', 'sort'],
    ['orders?customer=1', 'customer'],
    ['orders?customerId=%00', 'customerId'],
    ['search/products', 'q'],
    ['search/products?q=x&prefix=maybe', 'prefix'],
    ['totals?minPosition=-1', 'minPosition'],
    ['totals?minPosition=1.5', 'minPosition'],
    ['leaderboards/skus-by-units-sold/2010-13', 'month'],
    ['products/%00', 'sku'],
  ])('refuses %s and names the field', async (path, field) => {
    const response = await shop.fetch(`/api/${path}`);
    expect(response.status).toBe(400);
    expect(response.headers.get('Content-Type')).toContain('application/problem+json');
    const problem = (await response.json()) as { errors?: readonly { field: string }[] };
    expect(problem.errors?.map((error) => error.field)).toContain(field);
  });

  it('names the valid limits, whatever is wrong', async () => {
    const problem = (await (await shop.fetch('/api/orders?limit=abc')).json()) as { errors: readonly object[] };
    expect(problem.errors).toEqual([{ field: 'limit', message: 'limit must be a whole number from 1 to 1000' }]);
  });

  it('refuses text that would stop a projection, and goes on', async () => {
    for (const text of ['a\0b', '\ud800']) {
      const response = await shop.fetch('/api/orders', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ orderNo: '900100', country: text }),
      });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ code: 'COMMAND_INVALID', errors: [{ field: 'country' }] });
    }
    expect((await shop.fetch(`/api/orders/order-900101?minPosition=${await place('900101', [LINE])}`)).status).toBe(200);
  });

  it.each(['orders/order-0', 'credits/credit-C0', 'orders/order-0/lines', 'customers/0', 'customers/0/balance', 'products/0', 'products/0/card'])(
    'gives the position at which there is no %s',
    async (path) => {
      const position = await place(`9002${path.replaceAll(/[^a-z0-9]/g, '')}`, [LINE]);
      const response = await shop.fetch(`/api/${path}?minPosition=${position}`);
      expect(response.status).toBe(404);
      expect(BigInt(response.headers.get('Mainstem-Position') ?? -1)).toBeGreaterThanOrEqual(BigInt(position));
    },
  );

  it('names the existing leaderboards and rules', async () => {
    expect(await (await shop.fetch('/api/leaderboards/none')).json()).toMatchObject({ detail: expect.stringContaining('orders-by-total') as string });
    expect(await (await shop.fetch('/api/violations/none')).json()).toMatchObject({ detail: expect.stringContaining('zeroPrice.order') as string });
  });

  it('refuses a header that is no position', async () => {
    const response = await shop.fetch('/api/totals', { headers: { 'Mainstem-Min-Position': 'newest' } });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ field: 'Mainstem-Min-Position' }] });
  });

  it('accepts a cursor only for its list and order', async () => {
    await place('900002', [LINE]);
    await place('900003', [LINE]);
    const { next } = await shop.get<{ next: string }>(`orders?limit=1&sort=-total&minPosition=${await place('900004', [LINE])}`);
    expect((await shop.fetch(`/api/orders?cursor=${next}&sort=-total`)).status).toBe(200);
    expect((await shop.fetch(`/api/orders?cursor=${next}`)).status).toBe(400);
    expect((await shop.fetch(`/api/credits?cursor=${next}&sort=-total`)).status).toBe(400);
    expect((await shop.fetch(`/api/products?cursor=${next}`)).status).toBe(400);
  });

  it.each([
    'orders/order-0',
    'credits/credit-C0',
    'orders/order-0/lines',
    'customers/0',
    'customers/0/balance',
    'products/0',
    'products/0/card',
    'violations/none',
    'leaderboards/none',
    'leaderboards/constructor',
    'nowhere',
  ])('answers 404 with problem details for %s', async (path) => {
    const response = await shop.fetch(`/api/${path}`);
    expect(response.status).toBe(404);
    expect(response.headers.get('Content-Type')).toContain('application/problem+json');
    expect(JSON.stringify(await response.json())).not.toContain(' at ');
  });

  it('never mistakes an order for a credit note', async () => {
    const position = await place('900005', [LINE]);
    expect((await shop.fetch(`/api/credits/order-900005?minPosition=${position}`)).status).toBe(404);
  });

  it('is exact for amounts that no float and no safe integer holds', async () => {
    const position = await place('900006', [
      { ...LINE, sku: '99999', quantity: 3, unitPrice: '999999999999999.999' },
      { ...LINE, sku: '99999', quantity: 1, unitPrice: '0.001' },
    ]);
    expect(await shop.get(`orders/order-900006?minPosition=${position}`)).toMatchObject({ total: '2999999999999999.998' });
    const [first] = await shop.get<readonly (readonly [string, string])[]>(`leaderboards/orders-by-total?limit=1&minPosition=${position}`);
    expect(first).toEqual(['order-900006', '2999999999999999.998']);
  });

  it('distinguishes names that are special to programs', async () => {
    const position = await place('900007', [{ ...LINE, sku: '__proto__', description: 'constructor' }], '__proto__');
    expect(await shop.get(`products/__proto__?minPosition=${position}`)).toMatchObject({ sku: '__proto__', unitsSold: 6 });
    expect(await shop.get(`customers/__proto__?minPosition=${position}`)).toMatchObject({ customerId: '__proto__', orders: 1 });
    expect(await shop.get(`search/products?q=constructor&minPosition=${position}`)).toMatchObject({ total: 1 });
  });

  it('is alive and ready, and shows the progress of each part', async () => {
    expect((await shop.fetch('/health/live')).status).toBe(200);
    expect(await (await shop.fetch('/health/ready')).json()).toEqual({ status: 'ready', reasons: [] });
    const progress = (await (await shop.fetch('/health/progress')).json()) as { projections: readonly { state: string }[] };
    expect(new Set(progress.projections.map(({ state }) => state))).toEqual(new Set(['live']));
  });

  it('describes every route in OpenAPI, with the headers of positions', async () => {
    const description = (await (await shop.fetch('/api/docs-json')).json()) as {
      paths: Record<string, { get?: { responses: Record<string, { headers?: object }>; parameters?: { name: string }[] } }>;
    };
    const queries = Object.entries(description.paths).flatMap(([path, { get }]) => (get ? [[path, get] as const] : []));
    expect(queries.map(([path]) => path)).toEqual(expect.arrayContaining(ROUTES));
    for (const [path, get] of queries.filter(([path]) => path.startsWith('/api/'))) {
      expect(Object.keys(get.responses['200']?.headers ?? {}), path).toContain('Mainstem-Position');
      expect(
        get.parameters?.map(({ name }) => name),
        path,
      ).toEqual(expect.arrayContaining(['Mainstem-Min-Position', 'minPosition']));
      expect(Object.keys(get.responses), path).toContain('503');
    }
  });
});

const ROUTES = [
  '/api/totals',
  '/api/orders',
  '/api/orders/{stream}',
  '/api/orders/{stream}/lines',
  '/api/credits',
  '/api/credits/{stream}',
  '/api/customers',
  '/api/customers/{id}',
  '/api/customers/{id}/balance',
  '/api/products',
  '/api/products/{sku}',
  '/api/products/{sku}/card',
  '/api/sales-by-month',
  '/api/sales-by-country',
  '/api/leaderboards/{name}',
  '/api/leaderboards/skus-by-units-sold/{month}',
  '/api/search/products',
  '/api/violations',
  '/api/violations/{rule}',
  '/health/live',
  '/health/ready',
  '/health/progress',
];
