// Rebuild, rollback and cleanup as users run them: the built application serves real data during the command.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectFigures, FULL_FILE, fullFigures, SAMPLE_FILE, sampleFigures } from './online-retail/expected.js';
import { mainstem, ShopProcess } from './online-retail/shop-process.js';
import { RunningShop } from './online-retail/running-shop.js';

const PROJECTIONS = 11;
const isFull = Boolean(process.env['FULL']);
/** Before and after the promotion; with FULL=1 at every step. */
const KILLED_AT = isFull ? ['begin', 'fill', 'index', 'index:2', 'catch-up', 'verify', 'promote', 'promote:2'] : ['fill', 'promote:2'];

interface StatusJson {
  readonly projection: string;
  readonly state: string;
  readonly generation: number;
  readonly generations: readonly { readonly number: number; readonly state: string }[];
}

const statuses = async (dir: string): Promise<readonly StatusJson[]> =>
  JSON.parse((await mainstem(['status', '--json', '--dir', dir])).out) as StatusJson[];

const statusOf = async (dir: string, projection: string): Promise<StatusJson> => {
  const found = (await statuses(dir)).find((status) => status.projection === projection);
  if (!found) throw new Error(`no status of ${projection}`);
  return found;
};

/** Reads and commands that run until they are disposed of; every answer must succeed and must not go back. */
class Traffic implements AsyncDisposable {
  readonly failures: unknown[] = [];
  reads = 0;
  commands = 0;
  #isOver = false;
  readonly #running: Promise<unknown>;

  constructor(
    private readonly shop: ShopProcess,
    private readonly name: string,
    withCommands: boolean,
  ) {
    const paths = ['totals', 'products/85123A/card', 'leaderboards/skus-by-units-sold?limit=3', 'search/products?q=heart', 'orders?limit=2'];
    this.#running = Promise.all([
      ...paths.map((path) => this.#repeat(() => this.#read(path))),
      withCommands ? this.#repeat(() => this.#command()) : undefined,
    ]);
  }

  readonly #shown = new Map<string, bigint>();

  async #repeat(work: () => Promise<void>): Promise<void> {
    while (!this.#isOver) {
      await work().catch((error: unknown) => this.failures.push(error));
      await delay(10);
    }
  }

  async #read(path: string): Promise<void> {
    const response = await this.shop.fetch(path);
    await response.text();
    const position = BigInt(response.headers.get('mainstem-position') ?? '0');
    const before = this.#shown.get(path) ?? 0n;
    if (position < before) throw new Error(`${path} showed position ${before} and then ${position}`);
    this.#shown.set(path, position);
    this.reads++;
  }

  /** Each order must be found at the position of its command's answer. */
  async #command(): Promise<void> {
    const orderNo = `${this.name}${this.commands++}`;
    const line = { sku: '85123A', description: 'HEART', quantity: 1, unitPrice: '1.00' };
    const response = await this.shop.fetch('orders', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': orderNo },
      body: JSON.stringify({ orderNo, customerId: null, country: 'France', lines: [line] }),
    });
    const { position } = (await response.json()) as { position: string };
    const order = await this.shop.get<{ lines: number }>(`orders/order-${orderNo}`, { 'mainstem-min-position': position });
    if (order.lines !== 1) throw new Error(`order ${orderNo} has ${order.lines} lines`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }
}

describe('a rebuild of the running shop', () => {
  let dir: string;
  let shop: ShopProcess;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mainstem-rebuild-'));
    shop = await ShopProcess.start(dir, ['--data', SAMPLE_FILE]);
    await shop.ready();
  });
  afterAll(async () => {
    await shop[Symbol.asyncDispose]();
    await rm(dir, { recursive: true, force: true });
  });

  it('reproduces every figure, fails no read, and is followed by the running projectors', async () => {
    await expectFigures(shop, sampleFigures);
    const traffic = new Traffic(shop, 'R', false);
    const { code, out } = await mainstem(['rebuild', '--all', '--json', '--dir', dir]);
    await traffic[Symbol.asyncDispose]();
    expect(traffic.failures).toEqual([]);
    expect(traffic.reads).toBeGreaterThan(20);
    const report = JSON.parse(out) as { projections: { outcome: string; generation: number; isTakenOver: boolean }[] };
    expect(report.projections).toHaveLength(PROJECTIONS);
    expect(report.projections.every(({ outcome, generation, isTakenOver }) => outcome === 'promoted' && generation === 2 && isTakenOver)).toBe(true);
    expect(code).toBe(0);
    await shop.ready();
    await expectFigures(shop, sampleFigures);
  });

  it('shows its progress to clients of the application', async () => {
    let isOver = false;
    const seen: unknown[] = [];
    const asking = (async () => {
      while (!isOver) {
        const progress = (await (await fetch(`${shop.url}/health/progress`)).json()) as {
          projections: { projection: string; rebuild: object | null }[];
        };
        seen.push(...progress.projections.flatMap(({ projection, rebuild }) => (projection === 'products' && rebuild ? [rebuild] : [])));
        await delay(20);
      }
    })();
    // Abandoned half-way, so that there is time to see it.
    await mainstem(['rebuild', 'products', '--dir', dir], { MAINSTEM_CRASH_AT: 'index' });
    await expect.poll(() => seen.length, { timeout: 5_000 }).toBeGreaterThan(0);
    isOver = true;
    await asking;
    expect(seen[0]).toMatchObject({ generation: 3, state: 'rebuilding', eventsTotal: '2000' });
    expect((await mainstem(['rebuild', 'products', '--dir', dir])).code).toBe(0);
    expect((await statusOf(dir, 'products')).generations.map(({ number, state }) => `${number} ${state}`)).toEqual([
      '1 retired',
      '2 retired',
      '3 serving',
    ]);
  });

  it.each(KILLED_AT)('that is killed at %s changes no figure, and goes on when it is started again', async (point) => {
    const before = await statusOf(dir, 'sales-documents');
    const killed = await mainstem(['rebuild', 'sales-documents', '--dir', dir], { MAINSTEM_CRASH_AT: point });
    expect(killed.signal).toBe('SIGKILL');
    await shop.ready();
    await expectFigures(shop, sampleFigures);
    const isPromoted = point === 'promote:2';
    const { code, out } = await mainstem(['rebuild', 'sales-documents', '--json', '--dir', dir]);
    expect(code).toBe(0);
    const { projections } = JSON.parse(out) as { projections: readonly object[] };
    const generation = Math.max(...before.generations.map(({ number }) => number)) + (isPromoted ? 2 : 1);
    expect(projections[0]).toMatchObject({ outcome: 'promoted', generation, isResumed: !isPromoted });
    await shop.ready();
    await expectFigures(shop, sampleFigures);
  });

  it('can be undone, as often as generations are kept', async () => {
    const { generation } = await statusOf(dir, 'sales-documents');
    const { code, out } = await mainstem(['rollback', 'sales-documents', '--dir', dir]);
    expect(out).toContain(`serves again instead of ${generation}`);
    expect(code).toBe(0);
    await shop.ready();
    await expectFigures(shop, sampleFigures);
  });

  it('leaves generations that a cleanup deletes, killed or not', async () => {
    const killed = await mainstem(['cleanup', '--dir', dir], { MAINSTEM_CRASH_AT: 'cleanup:2' });
    expect(killed.signal).toBe('SIGKILL');
    expect((await mainstem(['cleanup', '--dir', dir])).code).toBe(0);
    for (const { generation, generations } of await statuses(dir)) expect(generations.map(({ number }) => number)).toEqual([generation]);
    await expectFigures(shop, sampleFigures);
    expect(await mainstem(['rollback', 'sales-documents', '--dir', dir])).toMatchObject({
      code: 1,
      err: expect.stringContaining('ROLLBACK_NO_GENERATION'),
    });
  });

  it('loses no write and shows none late while commands arrive', async () => {
    const traffic = new Traffic(shop, 'W', true);
    for (const args of [
      ['rebuild', '--all'],
      ['rollback', 'sales-documents'],
      ['rebuild', 'sales-documents', 'product-cards', 'product-texts'],
    ]) {
      expect(await mainstem([...args, '--dir', dir])).toMatchObject({ code: 0 });
    }
    await traffic[Symbol.asyncDispose]();
    expect(traffic.failures).toEqual([]);
    expect(traffic.commands).toBeGreaterThan(10);
    await shop.ready();
    const totals = await shop.get<{ events: number }>('totals');
    expect(totals.events).toBe(sampleFigures.events + traffic.commands * 2);
  });

  it('names what it does not understand', async () => {
    expect(await mainstem(['rebuild', '--dir', dir])).toMatchObject({ code: 2, err: expect.stringContaining('CLI_INVALID_ARGUMENT') });
    expect(await mainstem(['rebuild', 'nothing', '--dir', dir])).toMatchObject({ code: 2, err: expect.stringContaining('PROJECTION_UNKNOWN') });
  });
});

// Definitions in the sources and in the build have different function texts: for read stores they are two deployments.
describe('a deployment with changed projections', () => {
  let dir: string;
  beforeAll(async () => void (dir = await mkdtemp(join(tmpdir(), 'mainstem-changed-'))));
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('waits for a rebuild and goes on by itself; rolled back, it finds its old generations', async () => {
    await (await RunningShop.open({ dir, data: SAMPLE_FILE }))[Symbol.asyncDispose]();
    const shop = await ShopProcess.start(dir, ['--no-data']);
    try {
      await shop.until(async () => (await shop.reasons()).some((reason) => reason.includes('PROJECTION_CHANGED')), 'refusal of changed projections');
      await expectFigures(shop, sampleFigures); // the old generations go on serving
      expect((await mainstem(['status', '--dir', dir])).code).toBe(1);
      expect((await mainstem(['rebuild', '--all', '--dir', dir])).code).toBe(0);
      await shop.ready();
      await expectFigures(shop, sampleFigures);
    } finally {
      await shop[Symbol.asyncDispose]();
    }
    await using back = await RunningShop.open({ dir, env: { MAINSTEM_REBUILD: 'auto' } });
    await expectFigures(back, sampleFigures);
    const generations = (await statusOf(dir, 'products')).generations.map(({ number, state }) => `${number} ${state}`);
    expect(generations).toEqual(['1 serving', '2 retired']);
  });

  it('rebuilds automatically if it may', async () => {
    expect((await mainstem(['cleanup', '--dir', dir])).code).toBe(0);
    await using shop = await ShopProcess.start(dir, ['--no-data', '--rebuild', 'auto']);
    await shop.ready();
    await expectFigures(shop, sampleFigures);
    const generations = (await statusOf(dir, 'products')).generations.map(({ number, state }) => `${number} ${state}`);
    expect(generations).toEqual(['1 retired', '3 serving']);
  });
});

describe.runIf(isFull)('a rebuild of the whole shop', () => {
  it('reproduces every figure, also after it was killed in the middle', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'mainstem-rebuild-full-'));
    try {
      await using shop = await ShopProcess.start(dir, ['--data', FULL_FILE]);
      await shop.until(async () => (await fetch(`${shop.url}/health/ready`)).ok, 'import').catch(() => undefined);
      while (!(await fetch(`${shop.url}/health/ready`)).ok) await delay(500);
      await expectFigures(shop, fullFigures);
      expect((await mainstem(['rebuild', '--all', '--dir', dir], { MAINSTEM_CRASH_AT: 'fill:300' })).signal).toBe('SIGKILL');
      await expectFigures(shop, fullFigures);
      expect((await mainstem(['rebuild', '--all', '--dir', dir])).code).toBe(0);
      await expectFigures(shop, fullFigures);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});
