// An import that is killed or interrupted goes on at the next start, with the same results. More events with FULL=1.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApplicationProcess, build } from './application-process.js';
import { expectCheckpoint, FULL_FILE, fullFigures } from './expected.js';
import { writePrefix } from './file-prefix.js';
import { everyAnswer } from './pages.js';
import { RunningShop } from './running-shop.js';

const EVENTS = process.env['FULL'] ? 100_000 : 20_000;
const TIMEOUT_MS = 300_000;
const STOP_MS_MAX = 5_000;

describe('an interrupted import', () => {
  let dir: string;
  let data: string;
  let undisturbed: Readonly<Record<string, unknown>>;
  const started: ApplicationProcess[] = [];
  const start = async (name: string): Promise<ApplicationProcess> => {
    const shop = await ApplicationProcess.start('apps/all-in-one/src/main.js', ['--dir', join(dir, name), '--data', data]);
    started.push(shop);
    return shop;
  };

  beforeAll(async () => {
    await build();
    dir = await mkdtemp(join(tmpdir(), 'mainstem-interrupted-'));
    data = join(dir, 'events.ndjson');
    await writePrefix(FULL_FILE, EVENTS, data);
    await using shop = await RunningShop.open({ dir: join(dir, 'undisturbed'), data });
    undisturbed = await everyAnswer(shop);
  });
  afterAll(async () => {
    for (const shop of started) await shop.end('SIGKILL');
    await rm(dir, { recursive: true, force: true });
  });

  const expectUndisturbed = async (shop: ApplicationProcess): Promise<void> => {
    await shop.ready(TIMEOUT_MS);
    expect(await everyAnswer(shop)).toEqual(undisturbed);
    const checkpoint = fullFigures.checkpoints[EVENTS];
    if (checkpoint) await expectCheckpoint(shop, EVENTS, checkpoint);
  };

  it('gives the same results after kill -9 at several places', async () => {
    for (const share of [0.1, 0.35, 0.7]) {
      const shop = await start('killed');
      await shop.imported(EVENTS * share, TIMEOUT_MS);
      await shop.end('SIGKILL');
    }
    await expectUndisturbed(await start('killed'));
  });

  it('stops within five seconds on Ctrl-C, and gives the same results after the next start', async () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const shop = await start('stopped');
      await shop.imported(EVENTS * 0.3, TIMEOUT_MS);
      expect(await shop.end(signal)).toBeLessThan(STOP_MS_MAX);
    }
    await expectUndisturbed(await start('stopped'));
  });

  it('serves at once when everything was imported before', async () => {
    const first = await start('twice');
    await first.ready(TIMEOUT_MS);
    await first.end('SIGINT');
    const second = await start('twice');
    await second.ready(STOP_MS_MAX);
    expect(await second.get('totals')).toEqual(undisturbed['totals']);
  });
});
