// kill -9 of a projector at every named step and at random moments, on every read store, while another process appends.
import { CRASH_POINTS, REBUILD_CRASH_POINTS, type CrashPoint } from '@mainstem/projection/operate';
import { describe, expect, it } from 'vitest';
import { ofEachStore, storesToTest } from './stores/store-under-test.js';
import { ReadStoreLife, type Action } from './support/read-store-life.js';
import { chanceOf, inFolder, trials } from './support/trials.js';

const KILLS_PER_POINT = 5;
/** On all stores together. */
const RANDOM_KILLS = 200;
const RANDOM_AFTER_MS = 250;
const TIMEOUT_MS = 1_800_000;

const PROMOTION_POINTS: readonly CrashPoint[] = ['before-promote', 'after-promote'];
const actionAt = (point: CrashPoint): Action => {
  if (point === 'cleanup') return 'cleanup';
  return PROMOTION_POINTS.includes(point) || (REBUILD_CRASH_POINTS as readonly CrashPoint[]).includes(point) ? 'rebuild' : 'follow';
};
/** Each of three projections passes every point once at least. */
const PASSAGES = 3;

const stores = await storesToTest();

describe('a projector that is killed', () => {
  const random = chanceOf('read-store-kills');

  // Side by side: a trial mostly waits for processes to start and to end.
  it.concurrent.for(stores)(
    'leaves a read model on %s that is the fold of its events, at every step and moment, and goes on from there',
    { timeout: TIMEOUT_MS * Math.max(1, trials(1)) },
    async (name) => {
      const startedAt = performance.now();
      const chance = random.fork(name);
      const randomKills = ofEachStore(trials(RANDOM_KILLS));
      await inFolder(async (dir) => {
        await using life = await ReadStoreLife.begin(name, dir, chance);
        const points = [...REBUILD_CRASH_POINTS, ...CRASH_POINTS].flatMap((point) => Array.from({ length: trials(KILLS_PER_POINT) }, () => point));
        for (const point of points) {
          const action = actionAt(point);
          if (action === 'cleanup') await life.rebuild();
          const death = { point, nth: chance.int(1, PASSAGES) };
          await life.die(action, death);
          expect(await life.recover(), `killed at passage ${death.nth} of ${point}`).toEqual([]);
        }
        for (let kill = 0; kill < randomKills; kill++) {
          const action = chance.pick<Action>(['follow', 'follow', 'rebuild', 'cleanup']);
          const death = { afterMs: chance.int(0, RANDOM_AFTER_MS) };
          await life.die(action, death);
          expect(await life.recover({ keepsRetired: chance.next() < 0.5 }), `killed ${death.afterMs} ms after ${action} had begun`).toEqual([]);
        }
        const seconds = (performance.now() - startedAt) / 1_000;
        console.log(`${name}: ${life.deaths} deaths over ${life.events} events in ${seconds.toFixed(0)} s, no divergence`);
      });
    },
  );
});
