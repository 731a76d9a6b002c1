// Several projector instances share the parts of a projection: each part has one owner, and together they are the fold.
import { partitioned } from '@mainstem/projection';
import { verifyProjection } from '@mainstem/projection/operate';
import { afterEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../faults/seeded-random.js';
import { counterProjection, LEASE_MS, LeaseSimulation, LyingReadStore, type Instance } from './lease-simulation.fixtures.js';

/** The number of steps of a random simulation. */
const EVENTS = 60;
const SEED = 20_261_126;
const PARTS = 4;
const SPLIT = { partitions: PARTS } as const;

describe('instances of a projector that share the parts of a projection', () => {
  let simulation: LeaseSimulation;
  afterEach(() => simulation.stop());

  /** The number of parts that each instance runs now. */
  const sharesOf = (instances: readonly Instance[]): readonly number[] =>
    instances.map((instance) => (instance.status('counter').partitions ?? []).filter(({ state }) => state === 'live').length);

  const areShared = (instances: readonly Instance[], ...shares: readonly number[]): boolean => {
    const inOrder = (numbers: readonly number[]): string => numbers.toSorted((left, right) => left - right).join();
    return inOrder(sharesOf(instances)) === inOrder(shares);
  };

  const isLevel = async (parts: number): Promise<void> => {
    const position = await simulation.append();
    const isThere = async (): Promise<boolean> => {
      const serving = (await simulation.store.generations('counter')).find(({ state }) => state === 'serving');
      return serving?.partitions?.length === parts && serving.checkpoint.position === position;
    };
    const look = async (): Promise<void> => {
      while (!(await isThere())) await simulation.runtime.sleep(10);
    };
    await simulation.run(look());
    expect(simulation.stored('counter')).toEqual(simulation.expected);
    const { reader, store } = simulation;
    const verified = verifyProjection({ reader, hosted: { projection: partitioned(counterProjection('counter'), parts), store } });
    expect(await verified).toMatchObject({ isSame: true, position });
  };

  it('run equally many parts each, and share them anew when an instance joins, stops or dies', async () => {
    simulation = new LeaseSimulation(SEED);
    for (let count = 0; count < 30; count++) await simulation.append();
    const one = simulation.start('one', SPLIT);
    await simulation.until(() => areShared([one], PARTS));
    const two = simulation.start('two', SPLIT);
    await simulation.until(() => areShared([one, two], 2, 2));
    const three = simulation.start('three', SPLIT);
    await simulation.until(() => areShared([one, two, three], 2, 1, 1));
    const ownersSeenBy = (instance: Instance): Set<string | undefined> => new Set(instance.status('counter').partitions?.map(({ owner }) => owner));
    await simulation.until(() => [one, two, three].every((instance) => ownersSeenBy(instance).size === 3 && !ownersSeenBy(instance).has(undefined)));
    expect(ownersSeenBy(two)).toEqual(new Set(['one', 'two', 'three']));
    void three.projector.stop();
    expect(await simulation.until(() => areShared([one, two], 2, 2))).toBeLessThan(1_500);
    two.freeze();
    expect(await simulation.until(() => areShared([one], PARTS))).toBeLessThan(LEASE_MS + 1_000);
    await isLevel(PARTS);
    two.thaw();
    await simulation.until(() => areShared([one, two], 2, 2));
    await isLevel(PARTS);
  });

  it('answer waits for a position once all parts have reached it, in any instance', async () => {
    simulation = new LeaseSimulation(SEED);
    const instances = [simulation.start('one', SPLIT), simulation.start('two', SPLIT)];
    await simulation.until(() => areShared(instances, 2, 2));
    for (let count = 0; count < 20; count++) {
      const position = await simulation.append();
      for (const { projector } of instances) await simulation.run(projector.waitFor('counter', position, { timeoutMs: 30_000 }));
      expect(simulation.stored('counter')).toEqual(simulation.expected);
    }
  });

  it('fill the read model anew in another number of parts while the old parts serve', async () => {
    simulation = new LeaseSimulation(SEED);
    for (let count = 0; count < 30; count++) await simulation.append();
    const old = [simulation.start('old one', { ...SPLIT, rebuild: 'auto' }), simulation.start('old two', { ...SPLIT, rebuild: 'auto' })];
    await simulation.until(() => areShared(old, 2, 2));
    const next = ['new one', 'new two'].map((name) => simulation.start(name, { partitions: 3, rebuild: 'auto' }));
    await simulation.until(() => areShared(next, 1, 2));
    await isLevel(3);
    await simulation.until(() => old.every((instance) => instance.status('counter').state === 'stopped'));
    for (const instance of old) expect(instance.status('counter').reason).toContain('PROJECTION_CHANGED');
    expect((await simulation.store.generations('counter')).map(({ number, state }) => `${number} ${state}`)).toEqual(['1 retired', '2 serving']);
  });

  it('are refused with another number of parts if automatic rebuilds are off', async () => {
    simulation = new LeaseSimulation(SEED);
    await simulation.append();
    const old = simulation.start('old', SPLIT);
    await simulation.until(() => areShared([old], PARTS));
    const other = simulation.start('other', { partitions: 3 });
    await simulation.until(() => other.status('counter').state === 'stopped');
    expect(other.status('counter')).toMatchObject({ isHealthy: false, reason: expect.stringContaining('number of parts') as string });
    await isLevel(PARTS);
  });

  it('that are all granted every part repeat nothing', async () => {
    simulation = new LeaseSimulation(SEED, ['counter'], (runtime) => new LyingReadStore('memory', runtime));
    // Without visible leases no instance knows of the other: the second one takes over parts that seem free.
    for (const name of ['one', 'two']) simulation.start(name, SPLIT);
    for (let count = 0; count < 60; count++) {
      await simulation.append();
      await simulation.runtime.advance(150);
    }
    await isLevel(PARTS);
  });

  it.each([1, 2, 3, 4, 5, 6])(
    'lose nothing and repeat nothing while they are frozen, cut off, stopped and replaced at random (seed %i)',
    async (seed) => {
      simulation = new LeaseSimulation(seed);
      const running = await simulation.trouble(seededRandom(seed), EVENTS, SPLIT);
      await isLevel(PARTS);
      await simulation.until(() => areShared(running, 1, 1, 2));
    },
  );
});
