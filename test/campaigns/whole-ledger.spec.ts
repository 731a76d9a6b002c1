// All 565,708 events of the shop: every figure over HTTP equals the independently computed one. Takes minutes.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedEventStore } from '@mainstem/embedded';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApplicationProcess, build } from '../acceptance/online-retail/application-process.js';
import { expectCheckpoint, expectFigures, FULL_FILE, fullFigures } from '../acceptance/online-retail/expected.js';
import { writePrefix } from '../acceptance/online-retail/file-prefix.js';
import { computedFigures, eventsOfFile, inOrder, recordedFigures } from '../acceptance/online-retail/policy-figures.js';
import { RunningShop } from '../acceptance/online-retail/running-shop.js';

const TIMEOUT_MS = 30 * 60_000;
/** Of the policy that is further behind. */
const HALF_WAY = 250_000;
/** Credit lines that take back more than was bought, as the data's own description counts them. */
const FLAGGED_PRODUCTS = 1_119;
const FLAGGED_OTHERS = 290;

const positionOf = async ({ url }: ApplicationProcess): Promise<number> => {
  const { projections } = (await (await fetch(`${url}/health/progress`)).json()) as {
    readonly projections: readonly { readonly position: string | null }[];
  };
  return Math.min(...projections.map(({ position }) => Number(position)));
};

describe('the whole shop ledger', () => {
  let dir: string;
  beforeAll(build);
  beforeAll(async () => void (dir = await mkdtemp(join(tmpdir(), 'mainstem-full-'))));
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('stands at each checkpoint as expected, and in the end at every figure', async () => {
    const stores = join(dir, 'stores');
    for (const [seq, checkpoint] of Object.entries(fullFigures.checkpoints)) {
      const data = join(dir, 'growing.ndjson');
      await writePrefix(FULL_FILE, Number(seq), data);
      await using shop = await RunningShop.open({ dir: stores, data });
      await expectCheckpoint(shop, Number(seq), checkpoint);
    }
    await using shop = await RunningShop.open({ dir: stores, data: FULL_FILE });
    await expectFigures(shop, fullFigures);
  });

  it('has the customers and products that its documents say, after the policies were killed half way', async () => {
    const stores = join(dir, 'stores');
    const start = (): Promise<ApplicationProcess> => ApplicationProcess.start('apps/policies/src/main.js', ['--dir', stores]);
    const killed = await start();
    await expect.poll(() => positionOf(killed), { timeout: TIMEOUT_MS }).toBeGreaterThan(HALF_WAY);
    await killed.end('SIGKILL');
    const policies = await start();
    // It is ready while it waits for the lease of the one that was killed: only its place says that it has finished.
    await expect.poll(() => positionOf(policies), { timeout: TIMEOUT_MS }).toBeGreaterThanOrEqual(fullFigures.events);
    await policies.end('SIGTERM');
    const store = await EmbeddedEventStore.open({ dir: stores, isReadOnly: true });
    const recorded = await recordedFigures(store).finally(() => store.close());
    expect(inOrder(recorded)).toEqual(inOrder(await computedFigures(eventsOfFile(FULL_FILE))));

    const { customers, products } = recorded;
    const flagged = [...customers.values()].flatMap((one) => one.flagged);
    expect(flagged).toHaveLength(FLAGGED_PRODUCTS + FLAGGED_OTHERS);
    expect(fullFigures.violations['returnExceedsPurchased.product']).toBe(FLAGGED_PRODUCTS);
    expect(customers.size).toBe(fullFigures.totals['distinctCustomers']);
    expect(products.size).toBe(fullFigures.totals['distinctSkus']);
    const sum = (of: 'unitsSold' | 'unitsReturned' | 'unitsCorrected'): number => [...products.values()].reduce((total, one) => total + one[of], 0);
    const { unitsSold, unitsReturned, stockAdjustedUp, stockAdjustedDown } = fullFigures.totals as Readonly<Record<string, number>>;
    expect([sum('unitsSold'), sum('unitsReturned'), sum('unitsCorrected')]).toEqual([
      unitsSold,
      unitsReturned,
      (stockAdjustedUp ?? 0) + (stockAdjustedDown ?? 0),
    ]);
    for (const [sku, expected] of Object.entries(fullFigures.products ?? {})) {
      const { description, unitsSold: sold, unitsReturned: returned, stockDelta } = expected as Readonly<Record<string, unknown>>;
      expect(products.get(sku), sku).toMatchObject({ description, unitsSold: sold, unitsReturned: returned, unitsCorrected: stockDelta });
    }
  });
});
