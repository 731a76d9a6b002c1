// A restore as an operator does it: a backup of the events is put back, business goes on, and the applications restart.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectFigures, SAMPLE_FILE, sampleFigures } from './online-retail/expected.js';
import { writePrefix } from './online-retail/file-prefix.js';
import { mainstem, ShopProcess } from './online-retail/shop-process.js';

const BACKED_UP_LINES = 400;
const LOST_ORDERS = 3;
const PROJECTIONS = 11;

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mainstem-restored-'));
});
afterEach(() => rm(dir, { recursive: true }));

const place = async (shop: ShopProcess, orderNo: string): Promise<string> => {
  const line = { sku: '85123A', description: 'HEART', quantity: 1, unitPrice: '1.00' };
  const response = await shop.fetch('orders', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ orderNo, customerId: null, country: 'France', lines: [line] }),
  });
  return ((await response.json()) as { position: string }).position;
};

interface StatusJson {
  readonly projection: string;
  readonly state: string;
  readonly reason?: string;
}
const restoredIn = (statuses: readonly StatusJson[]): readonly string[] =>
  statuses.flatMap(({ projection, state, reason }) =>
    state === 'Stopped' && reason?.startsWith('PROJECTION_EVENT_STORE_RESTORED') ? [projection] : [],
  );

describe('an event store that was put back to a backup and has grown since', () => {
  it('is named by health and status, and is mended as the manual says', { timeout: 300_000 }, async () => {
    const [events, backup] = [join(dir, 'shop', 'events.db'), join(dir, 'events.db')];
    const at = ['--dir', join(dir, 'shop')];
    await writePrefix(SAMPLE_FILE, BACKED_UP_LINES, join(dir, 'prefix.ndjson'));
    expect(await mainstem(['import', join(dir, 'prefix.ndjson'), ...at])).toMatchObject({ code: 0 });
    await cp(events, backup);
    {
      await using shop = await ShopProcess.start(join(dir, 'shop'), ['--no-data']);
      let position = '0';
      for (let number = 0; number < LOST_ORDERS; number++) position = await place(shop, `LOST${number}`);
      await shop.get('orders/order-LOST0', { 'mainstem-min-position': position });
      await shop.ready();
    }
    for (const end of ['', '-wal', '-shm']) await rm(`${events}${end}`, { force: true });
    await cp(backup, events);
    // It records all events; its summary comes from a read model, which must not go on.
    const imported = await mainstem(['import', SAMPLE_FILE, ...at]);
    expect(imported).toMatchObject({ code: 1, out: expect.stringMatching(/^2,000 lines: .* new events/) as string });
    expect(imported.out).toMatch(
      /not known yet, .*PROJECTION_BEHIND: .*It has stopped: PROJECTION_EVENT_STORE_RESTORED: .*mainstem rebuild violations/,
    );
    {
      await using shop = await ShopProcess.start(join(dir, 'shop'), ['--no-data']);
      await shop.until(
        async () => (await shop.reasons()).filter((reason) => reason.includes('PROJECTION_EVENT_STORE_RESTORED')).length > 0,
        'reason',
      );
    }
    const { code, out } = await mainstem(['status', '--json', ...at]);
    expect(code).toBe(1);
    expect(restoredIn(JSON.parse(out) as StatusJson[])).toHaveLength(PROJECTIONS);
    expect((await mainstem(['status', ...at])).out).toMatch(/^products: PROJECTION_EVENT_STORE_RESTORED: .* mainstem rebuild products;/m);
    expect(await mainstem(['rebuild', '--all', ...at])).toMatchObject({ code: 0 });
    expect(restoredIn(JSON.parse((await mainstem(['status', '--json', ...at])).out) as StatusJson[])).toEqual([]);
    expect(await mainstem(['rollback', 'sales-documents', ...at])).toMatchObject({
      code: 1,
      out: expect.stringContaining('PROJECTION_EVENT_STORE_RESTORED') as string,
    });
    expect(await mainstem(['verify', '--all', ...at])).toMatchObject({ code: 0 });
    await using shop = await ShopProcess.start(join(dir, 'shop'), ['--no-data']);
    await shop.ready();
    await expect(shop.get('orders/order-LOST0')).rejects.toThrow('404');
    await expectFigures(shop, sampleFigures);
  });
});
