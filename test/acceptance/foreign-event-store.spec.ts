// The sample on a running event store with other data gives the independently computed figures. EVENTSTOREDB_URL names
// the server; its log must not hold foreign events in the ledger's categories, but may hold the sample from an earlier
// run.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { foreignServer } from '../fixtures/foreign-server.js';
import { expectFigures, SAMPLE_FILE, sampleFigures } from './online-retail/expected.js';
import { RunningShop } from './online-retail/running-shop.js';

const foreign = foreignServer();

it.skipIf(foreign === undefined)('the sample on a server with other data gives every figure, also when everything is filled anew', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'mainstem-foreign-'));
  const env = { EVENT_STORE: foreign ?? '' };
  try {
    for (const folder of ['first', 'anew']) {
      await using shop = await RunningShop.open({ dir: join(dir, folder), data: SAMPLE_FILE, env });
      await expectFigures(shop, sampleFigures);
      expect((await shop.fetch('/health/ready')).status).toBe(200);
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
