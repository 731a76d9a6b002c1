// Replay is deterministic: batch sizes, restarts, time zone and locale do not change a byte of any read model.
import { join } from 'node:path';
import type { RecordedEvent } from '@mainstem/event-store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differenceOf } from './support/canonical.js';
import { storedModels } from './support/read-model-files.js';
import { recordSample } from './support/sample-events.js';
import { eventsIn, flawsOfReadModels } from './support/shop-folder.js';
import { chanceOf, makeFolder, removeFolder, trials } from './support/trials.js';
import { WorkerProcess } from './support/worker-process.js';

const RESTARTS = 8;

/** Replays into a folder; returns every read model, position and digest in one text a line. */
const replay = async (events: string, dir: string, batchSize: number, env: NodeJS.ProcessEnv = {}): Promise<readonly string[]> => {
  await using worker = new WorkerProcess('replay.ts', { args: [events, dir, String(batchSize)], env });
  await worker.succeeded();
  return dumpOf(dir);
};

const dumpOf = (dir: string): readonly string[] =>
  (['sql', 'cache', 'search'] as const).flatMap((store) =>
    [...storedModels(dir, store)]
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .flatMap(([projection, { position, digest, lines }]) => [`${store}/${projection} at ${position} digest ${digest}`, ...lines]),
  );

describe('a replay of the sample', () => {
  const random = chanceOf('determinism');
  let folder: string;
  let events: string;
  let reference: readonly string[];

  beforeAll(async () => {
    folder = await makeFolder();
    events = join(folder, 'events');
    await recordSample(events);
    reference = await replay(events, join(folder, 'reference'), 500);
  });
  afterAll(() => removeFolder(folder));

  const expectSame = (dump: readonly string[]): void => expect(differenceOf(dump, reference)).toBeUndefined();

  it('gives the fold of its events', async () => {
    const recorded: readonly RecordedEvent[] = await eventsIn(events);
    expect(recorded).toHaveLength(2_000);
    expect(reference.length).toBeGreaterThan(recorded.length);
    expect(await flawsOfReadModels(join(folder, 'reference'), recorded, { isComplete: true })).toEqual([]);
  });

  it.each([1, 7, 20_000])('is the same, byte for byte, in batches of %i', async (batchSize) => {
    expectSame(await replay(events, join(folder, `batches-${batchSize}`), batchSize));
  });

  it.each([
    { TZ: 'Pacific/Kiritimati', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' },
    { TZ: 'America/New_York', LANG: 'C', LC_ALL: 'C' },
  ])('is the same in time zone $TZ with locale $LC_ALL', async (env) => {
    expectSame(await replay(events, join(folder, env.LANG), 7, env));
  });

  it(`is the same after kills at random places (${trials(RESTARTS)} times)`, async () => {
    const dir = join(folder, 'restarted');
    let killed = 0;
    for (let restart = 0; restart < trials(RESTARTS); restart++) {
      await using worker = new WorkerProcess('replay.ts', { args: [events, dir, String(random.pick([1, 3, 20]))] });
      const place = restart / trials(RESTARTS) + random.next() / trials(RESTARTS);
      await Promise.race([worker.until('progress', ({ applied }) => Number(applied) >= place), worker.ended()]);
      if (!worker.hasEnded) killed++;
      await worker.kill();
    }
    expect(killed).toBeGreaterThan(0);
    expectSame(await replay(events, dir, 500));
  });
});
