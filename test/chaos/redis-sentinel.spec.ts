// A primary Redis dies or hangs, and sentinels promote a replica, with or without the last writes: the projection goes
// on there.
import type { SeededRandom } from '@mainstem/testing';
import { describe, expect, it } from 'vitest';
import { RedisGroup } from './support/redis-group.js';
import { RedisTrial } from './support/redis-trial.js';
import { chanceOf, inFolder, trials } from './support/trials.js';

/**
 * With a reader that never stops: `fault` removes the primary while others write; then all is as if it had never gone.
 */
const failedOver = (chance: SeededRandom, fault: (trial: RedisTrial, group: RedisGroup) => Promise<void>): Promise<void> =>
  inFolder(async (folder) => {
    const group = await RedisGroup.start(folder);
    try {
      const trial = await RedisTrial.start(chance, folder, { group });
      const reading = trial.read();
      try {
        await fault(trial, group);
        await trial.write(chance.int(1, 50));
        await group.promoted();
        await trial.settled();
        await trial.write(chance.int(1, 50));
        await trial.settled();
        expect(await trial.verify()).toEqual([]);
        const { redis, undisturbed } = await trial.digests();
        expect(redis).toBe(undisturbed);
      } finally {
        await trial.end();
        await reading;
      }
      expect(trial.flaws).toEqual([]);
      expect(trial.answers).toBeGreaterThan(0);
    } finally {
      await group.stop();
    }
  });

/** The position that the replica would serve from. */
const positionOnReplica = async (trial: RedisTrial, group: RedisGroup): Promise<bigint> =>
  BigInt(String(await group.onReplica(['HGET', await trial.keyOf(':generations'), '1:position'])));

const each = (chance: SeededRandom, fault: (trial: RedisTrial, group: RedisGroup) => Promise<void>) => async (): Promise<void> => {
  for (let number = 1; number <= trials(1); number++) await failedOver(chance.fork(`trial ${number}`), fault);
};

// At the same time: each mostly waits for sentinels.
describe.concurrent('a fail-over of Redis by its sentinels', () => {
  const chance = chanceOf('redis fail-over');

  it(
    'is survived if the replica has everything',
    each(chance.fork('whole'), async (trial, group) => {
      await group.replicated();
      expect(await positionOnReplica(trial, group)).toBe(trial.head);
      await group.primary.kill();
    }),
  );

  it(
    'is noticed if it has lost writes: they are applied again',
    each(chance.fork('lost'), async (trial, group) => {
      await group.cutOff();
      await trial.write(trial.chance.int(20, 100));
      await trial.settled();
      expect(await positionOnReplica(trial, group)).toBeLessThan(trial.head);
      await group.primary.kill();
    }),
  );

  it(
    'is noticed if it has lost everything: the read model is filled anew, and missing until then',
    each(chance.fork('empty'), async (_, group) => {
      await group.cutOff();
      await group.onReplica(['CONFIG', 'SET', 'replica-read-only', 'no'], ['FLUSHALL']);
      await group.primary.kill();
    }),
  );

  it(
    'is survived if the primary hangs, and nothing is written to it when it is back',
    each(chance.fork('hangs'), async (trial, group) => {
      await group.replicated();
      process.kill(group.primary.pid, 'SIGSTOP');
      await trial.write(trial.chance.int(1, 50));
      await group.promoted();
      await trial.settled();
      process.kill(group.primary.pid, 'SIGCONT');
      await group.demoted();
    }),
  );
});
