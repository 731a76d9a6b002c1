// The same figures with the cache in Redis: only a setting changes.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redisFixture, redisUrl } from '../../contract/redis-fixtures.js';
import { expectFigures, SAMPLE_FILE, sampleFigures } from './expected.js';
import { everyAnswer } from './pages.js';
import { RunningShop } from './running-shop.js';

describe.skipIf(redisUrl === undefined)('the sample with the cache in Redis', () => {
  const fixture = redisFixture(redisUrl ?? '');
  let dir: string;
  beforeAll(async () => void (dir = await mkdtemp(join(tmpdir(), 'mainstem-redis-'))));
  afterAll(async () => {
    await rm(dir, { recursive: true, force: true });
    await fixture.remove();
  });

  it('reproduces every expected figure, and each answer of the embedded cache', async () => {
    await using shop = await RunningShop.open({ dir: join(dir, 'redis'), data: SAMPLE_FILE, env: { READ_STORE_CACHE: fixture.url } });
    await expectFigures(shop, sampleFigures);
    await using embedded = await RunningShop.open({ dir: join(dir, 'embedded'), data: SAMPLE_FILE });
    expect(await everyAnswer(shop)).toEqual(await everyAnswer(embedded));
  });
});
