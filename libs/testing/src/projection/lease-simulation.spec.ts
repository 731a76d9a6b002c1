// Several projector instances: each projection has one owner, and moves without a gap, a repetition or a stale write.
import { Rebuilder } from '@mainstem/projection/operate';
import { afterEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../faults/seeded-random.js';
import { counterProjection, LEASE_MS, LeaseSimulation, LyingReadStore, type Instance } from './lease-simulation.fixtures.js';

/** The number of steps of a random simulation. */
const EVENTS = 60;
const SEED = 20_261_125;
const WAIT = { timeoutMs: 30_000 };

describe('instances of a projector', () => {
  let simulation: LeaseSimulation;
  afterEach(() => simulation.stop());

  const twoOf = async (projections?: readonly string[]): Promise<readonly [owner: Instance, standby: Instance]> => {
    simulation = new LeaseSimulation(SEED, projections);
    await simulation.append();
    const owner = simulation.start('one');
    await simulation.until(() => owner.projector.status().every(({ state }) => state === 'live'));
    const standby = simulation.start('two');
    await simulation.until(() => standby.projector.status().every(({ state }) => state === 'standby'));
    return [owner, standby];
  };

  it('have one owner of each projection; the others are healthy standbys and name the owner', async () => {
    const [owner, standby] = await twoOf(['counter', 'second']);
    await simulation.append();
    await simulation.until(() => standby.status('second').position === 2n && standby.status('counter').position === 2n);
    await simulation.runtime.advance(20 * LEASE_MS);
    for (const projection of ['counter', 'second']) {
      expect(owner.status(projection)).toMatchObject({ state: 'live', owner: 'one', isHealthy: true });
      expect(standby.status(projection)).toMatchObject({
        state: 'standby',
        owner: 'one',
        isHealthy: true,
        generation: 1,
        position: 2n,
        lagEvents: 0n,
      });
    }
    expect(standby.changes.map(({ state }) => state)).toEqual(['standby', 'standby']);
    expect((await simulation.store.generations('counter'))[0]?.checkpoint.epoch).toBe(1);
  });

  it('hand over in less than a second when one is stopped', async () => {
    const [owner, standby] = await twoOf(['counter', 'second']);
    const stopped = owner.projector.stop();
    await simulation.append();
    expect(await simulation.until(() => standby.projector.status().every(({ state }) => state === 'live'))).toBeLessThan(1_000);
    await stopped;
    expect(standby.status('counter')).toMatchObject({ owner: 'two' });
    await simulation.until(() => standby.status('counter').position === 2n);
    expect(simulation.stored('counter')).toEqual(simulation.expected);
  });

  it('hand over within the lease when one is killed', async () => {
    const [owner, standby] = await twoOf();
    await simulation.runtime.advance(7_654);
    owner.freeze();
    const tookMs = await simulation.until(() => standby.status('counter').state === 'live');
    expect(tookMs).toBeGreaterThan(LEASE_MS / 2);
    expect(tookMs).toBeLessThan(LEASE_MS + 1_000);
  });

  it('that wake up after their lease leave the projection to its new owner', async () => {
    const [owner, standby] = await twoOf();
    owner.freeze();
    await simulation.until(() => standby.status('counter').state === 'live');
    for (let count = 0; count < 5; count++) await simulation.append();
    owner.thaw();
    await simulation.until(() => owner.status('counter').state === 'standby');
    await simulation.until(() => standby.status('counter').position === 6n);
    expect(owner.status('counter')).toMatchObject({ owner: 'two', isHealthy: true });
    expect(simulation.stored('counter')).toEqual(simulation.expected);
  });

  it.each(['fails', 'hangs'])('give up by their own clock, before another instance can get the lease, when the store %s', async (how) => {
    const [owner, standby] = await twoOf();
    if (how === 'fails') owner.isCutOff = true;
    const claim = simulation.store.claimLease.bind(simulation.store);
    if (how === 'hangs') simulation.store.claimLease = (claimed) => (claimed.owner === 'one' ? new Promise(() => undefined) : claim(claimed));
    await simulation.until(() => standby.status('counter').state === 'live');
    const lost = owner.changes.find(({ state, atMs }) => atMs > 0 && state === 'standby')?.atMs ?? Infinity;
    const taken = standby.changes.find(({ state }) => state === 'catching-up')?.atMs ?? -Infinity;
    expect(lost).toBeLessThanOrEqual(taken);
    simulation.store.claimLease = claim;
  });

  it('keep the lease over a short outage of the store', async () => {
    const [owner, standby] = await twoOf();
    owner.isCutOff = true;
    await simulation.runtime.advance(LEASE_MS / 2);
    owner.isCutOff = false;
    await simulation.runtime.advance(4 * LEASE_MS);
    expect(owner.status('counter').state).toBe('live');
    expect(standby.status('counter').state).toBe('standby');
    expect((await simulation.store.generations('counter'))[0]?.checkpoint.epoch).toBe(1);
  });

  it('make way for an instance that may succeed where they fail', async () => {
    simulation = new LeaseSimulation(SEED);
    await simulation.append();
    const broken = simulation.start('broken');
    await simulation.until(() => broken.status('counter').state === 'live');
    const standby = simulation.start('able');
    await simulation.until(() => standby.status('counter').state === 'standby');
    const load = simulation.store.open.bind(simulation.store);
    let isBroken = true;
    simulation.store.open = async (projection, generation) => {
      if (isBroken && standby.status('counter').state !== 'catching-up' && broken.status('counter').state === 'retrying')
        throw new Error('a bug of this instance');
      return load(projection, generation);
    };
    // A rival without a lease takes the session; the instance cannot open another one.
    await load(counterProjection('counter'), 1);
    await simulation.append();
    await simulation.until(() => standby.changes.at(-1)?.state !== 'standby');
    isBroken = false;
    await simulation.until(() => simulation.ownersOf().length === 1);
    expect(simulation.stored('counter')).toEqual(simulation.expected);
  });

  it('answer waits for a position, also while another instance runs the projection', async () => {
    const [owner, standby] = await twoOf();
    const position = await simulation.append();
    await simulation.run(standby.projector.waitFor('counter', position, WAIT));
    expect(simulation.stored('counter')).toEqual(simulation.expected);
    const later = standby.projector.waitFor('counter', 3n as typeof position, WAIT);
    void owner.projector.stop();
    await simulation.append();
    await simulation.run(later);
    const never = standby.projector.waitFor('counter', 99n as typeof position, { timeoutMs: 100 });
    await expect(simulation.run(never)).rejects.toMatchObject({ code: 'PROJECTION_BEHIND' });
  });

  it('report a changed definition, although another instance runs the old one well', async () => {
    await twoOf();
    const changed = simulation.start('changed', { version: 2 });
    await simulation.until(() => changed.status('counter').state === 'stopped');
    expect(changed.status('counter')).toMatchObject({ isHealthy: false, reason: expect.stringContaining('PROJECTION_CHANGED') as string });
  });

  it('of a new definition rebuild beside instances of the old one, which do not promote it back', async () => {
    simulation = new LeaseSimulation(SEED);
    await simulation.append();
    const old = [simulation.start('old', { rebuild: 'auto' }), simulation.start('old standby', { rebuild: 'auto' })];
    await simulation.until(() => simulation.ownersOf().length === 1 && old.some((one) => one.status('counter').state === 'standby'));
    const next = [simulation.start('new', { version: 2, rebuild: 'auto' }), simulation.start('new standby', { version: 2, rebuild: 'auto' })];
    await simulation.until(() => old.every((one) => one.status('counter').state === 'stopped'));
    await simulation.runtime.advance(4 * LEASE_MS);
    for (const one of old) expect(one.status('counter').reason).toContain('PROJECTION_CHANGED');
    // They are healthy as long as an instance runs the new definition, and show what it has written.
    await simulation.append();
    await simulation.until(() => old.every((one) => one.status('counter').position === 2n));
    for (const one of old) expect(one.status('counter')).toMatchObject({ isHealthy: true, generation: 2 });
    expect(next.map((one) => one.status('counter').state).toSorted()).toEqual(['live', 'standby']);
    const generations = await simulation.store.generations('counter');
    expect(generations.map(({ number, state }) => `${number} ${state}`)).toEqual(['1 retired', '2 serving']);
    for (const one of next) await simulation.run(one.projector.stop());
    await simulation.append();
    await simulation.runtime.advance(10_000);
    const reason = expect.stringMatching(/^PROJECTION_STALLED: .*events to apply; PROJECTION_CHANGED: /) as string;
    for (const one of old) expect(one.status('counter')).toMatchObject({ state: 'stopped', isHealthy: false, reason });
  });

  it('take over a generation that another process rebuilt, and the next owner goes on with it', async () => {
    const [owner, standby] = await twoOf();
    const { runtime, reader, store } = simulation;
    const rebuilder = new Rebuilder({ reader, runtime, projections: [{ projection: counterProjection('counter'), store }] });
    const { projections } = await simulation.run(rebuilder.run());
    expect(projections[0]).toMatchObject({ outcome: 'promoted', generation: 2, isTakenOver: true });
    expect(owner.status('counter')).toMatchObject({ state: 'live', generation: 2 });
    await simulation.until(() => standby.status('counter').generation === 2);
    void owner.projector.stop();
    await simulation.append();
    await simulation.until(() => standby.status('counter').position === 2n && standby.status('counter').state === 'live');
    expect(simulation.stored('counter')).toEqual(simulation.expected);
  });

  it('replay parked events from a standby, and the owner goes on', async () => {
    const [owner, standby] = await twoOf();
    expect(await simulation.run(standby.projector.replayParked('counter'))).toEqual({ replayed: 0, stillParked: 0 });
    const position = await simulation.append();
    await simulation.run(owner.projector.waitFor('counter', position, WAIT));
    await simulation.until(() => owner.status('counter').state === 'live');
    expect(owner.status('counter')).toMatchObject({ owner: 'one', position });
  });

  it('that are both granted the lease take turns, and no event takes effect twice', async () => {
    simulation = new LeaseSimulation(SEED, ['counter'], (runtime) => new LyingReadStore('memory', runtime));
    simulation.start('one');
    simulation.start('two');
    for (let count = 0; count < 100; count++) {
      await simulation.append();
      await simulation.runtime.advance(74);
    }
    await simulation.until(() => simulation.instances.some((one) => one.status('counter').position === 100n));
    expect(simulation.stored('counter')).toEqual(simulation.expected);
  });

  it.each([1, 2, 3, 4, 5])(
    'lose nothing and repeat nothing while they are frozen, cut off, stopped and replaced at random (seed %i)',
    async (seed) => {
      simulation = new LeaseSimulation(seed, ['counter', 'second', 'third']);
      await simulation.trouble(seededRandom(seed), EVENTS);
      for (const projection of simulation.projections) {
        await simulation.until(() => simulation.ownersOf(projection).some((owner) => owner.status(projection).position === BigInt(EVENTS)));
        expect(simulation.stored(projection)).toEqual(simulation.expected);
        await simulation.until(() => simulation.ownersOf(projection).length === 1);
      }
    },
  );
});
