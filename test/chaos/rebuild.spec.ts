// Rebuilds that are killed, at random and at every step; promotions and rollbacks under load.
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REBUILD_CRASH_POINTS } from '@mainstem/projection/operate';
import { storedModels } from './support/read-model-files.js';
import { recordSample } from './support/sample-events.js';
import { eventsIn, flawsOfReadModels } from './support/shop-folder.js';
import { chanceOf, makeFolder, removeFolder, trials } from './support/trials.js';
import { WorkerProcess } from './support/worker-process.js';

const KILLS = 20;
const KILLS_PER_FOLDER = 10;
/** The latest moment of a kill after the start of the rebuild. */
const FILLING_MS = 1_200;
const PROMOTIONS = 51;
const PER_SECOND = 200;

describe('a rebuild of every read model', () => {
  const random = chanceOf('rebuild');
  let folder: string;

  beforeAll(async () => {
    folder = await makeFolder();
    await recordSample(join(folder, 'shop'));
    await using replay = new WorkerProcess('replay.ts', { args: [join(folder, 'shop'), join(folder, 'shop'), '500'] });
    await replay.succeeded();
  });
  afterAll(() => removeFolder(folder));

  const freshCopy = async (name: string): Promise<string> => {
    const dir = join(folder, name);
    await cp(join(folder, 'shop'), dir, { recursive: true });
    return dir;
  };

  const generationsServing = (dir: string): readonly number[] =>
    (['sql', 'cache', 'search'] as const).flatMap((store) => [...storedModels(dir, store).values()].map(({ generation }) => generation));

  /** The serving generation is right at any time: before, between and after. */
  const expectSound = async (dir: string): Promise<void> => {
    expect(await flawsOfReadModels(dir, await eventsIn(dir), { isComplete: true })).toEqual([]);
  };

  const finish = async (dir: string): Promise<void> => {
    await using worker = new WorkerProcess('rebuild.ts', { args: [dir, 'rebuild', '500'] });
    const { outcomes } = await worker.until('rebuilt');
    await worker.succeeded();
    expect(new Set(outcomes as string[])).toEqual(new Set(['promoted']));
    await expectSound(dir);
  };

  // A rebuild checks for three seconds whether the former one is dead: others can run in that time.
  it.concurrent.for(Array.from({ length: trials(KILLS / KILLS_PER_FOLDER) }, (_, place) => place))(
    `resumes after kill -9 at random moments, ${KILLS_PER_FOLDER} times in a row (folder %i)`,
    async (place) => {
      const chance = random.fork(`folder ${place}`);
      const dir = await freshCopy(`random-${place}`);
      for (let kill = 0; kill < KILLS_PER_FOLDER; kill++) {
        await using worker = new WorkerProcess('rebuild.ts', { args: [dir, 'rebuild', String(chance.pick([5, 20, 100]))] });
        await Promise.race([worker.until('filling'), worker.until('rebuilt')]);
        await Promise.race([delay(chance.int(0, FILLING_MS)), worker.until('exit')]);
        await worker.kill();
        await expectSound(dir);
      }
      await finish(dir);
      expect(Math.min(...generationsServing(dir))).toBeGreaterThan(1);
    },
  );

  it.concurrent.each(REBUILD_CRASH_POINTS.filter((point) => point !== 'cleanup'))('resumes after a kill at the step %s', async (point) => {
    const dir = await freshCopy(`at-${point}`);
    await using worker = new WorkerProcess('rebuild.ts', {
      args: [dir, 'rebuild', '200'],
      env: { MAINSTEM_CRASH_AT: `${point}:${random.fork(point).int(1, 8)}` },
    });
    await worker.ended();
    expect(worker.signal).toBe('SIGKILL');
    await expectSound(dir);
    await finish(dir);
    expect(Math.min(...generationsServing(dir))).toBeGreaterThan(1);
  });

  it.concurrent('goes on with a killed clean-up, and never touches the serving generation', async () => {
    const dir = await freshCopy('at-cleanup');
    await finish(dir);
    for (let nth = 1; nth <= 4; nth++) {
      await using worker = new WorkerProcess('rebuild.ts', { args: [dir, 'cleanup', '500'], env: { MAINSTEM_CRASH_AT: `cleanup:${nth}` } });
      await worker.ended();
      expect(worker.signal).toBe('SIGKILL');
      await expectSound(dir);
    }
    await using worker = new WorkerProcess('rebuild.ts', { args: [dir, 'cleanup', '500'] });
    await worker.until('cleaned');
    await worker.succeeded();
    await expectSound(dir);
  });

  it(`fails no read and shows none that is stale during ${PROMOTIONS} promotions and rollbacks, under ${PER_SECOND} reads and commands a second`, async () => {
    const dir = await freshCopy('under-load');
    await using serving = new WorkerProcess('serve.ts', { args: [dir, String(PER_SECOND), String(PER_SECOND)] });
    await serving.until('serving');
    const startedAt = performance.now();
    const outcomes: string[] = [];
    await using alternating = new WorkerProcess('rebuild.ts', { args: [dir, 'alternate', '2000', String(trials(PROMOTIONS / 3))] });
    alternating.listen(({ kind, outcomes: told }) => {
      if (kind === 'rebuilt') outcomes.push(...(told as string[]));
    });
    await alternating.succeeded();
    serving.send({ action: 'stop' });
    const { commands, reads, flaws } = await serving.until('served');
    await serving.succeeded();
    expect(flaws).toEqual([]);
    expect(outcomes).toEqual(Array.from({ length: trials(PROMOTIONS) }, () => 'promoted'));
    const seconds = (performance.now() - startedAt) / 1_000;
    console.log(
      `${Math.round(Number(commands) / seconds)} commands and ${Math.round(Number(reads) / seconds)} reads a second for ${seconds.toFixed(0)} s`,
    );
    expect(Number(commands)).toBeGreaterThan(PROMOTIONS);
    expect(Number(reads)).toBeGreaterThan(PROMOTIONS);
    await expectSound(dir);
  });
});
