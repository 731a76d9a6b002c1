// All 565,708 events of the shop: every figure over HTTP equals the independently computed one. Takes minutes.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { expectCheckpoint, expectFigures, FULL_FILE, fullFigures } from '../acceptance/online-retail/expected.js';
import { writePrefix } from '../acceptance/online-retail/file-prefix.js';
import { RunningShop } from '../acceptance/online-retail/running-shop.js';

describe('the whole shop ledger', () => {
  let dir: string;
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
});
