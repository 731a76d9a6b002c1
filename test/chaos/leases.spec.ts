// Several projector instances as processes: frozen past their lease, killed, stopped, and wrongly told that they are
// owners.
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { postgresQuery } from '../contract/sql-fixtures.js';
import { ofEachStore, storesToTest } from './stores/store-under-test.js';
import { LeaseTrial } from './support/lease-trial.js';
import { chanceOf, trials } from './support/trials.js';
import { WorkerProcess, type Told } from './support/worker-process.js';
import type { LeaseOrder } from './workers/lease-projector.js';

/** For the state of one projection; another instance may have others, because each has its own lease. */
const WATCHED = 'told-count';
const LEASE_MS = 500;
/** On all stores together. */
const FROZEN_TRIALS = 20;
const KILLS = 6;
const HAND_OVERS = 3;
/** For a machine with time: the fastest hand-over shows the promise, whatever disturbed the others. */
const HAND_OVER_MS = 1_000;
const TAKE_OVER_LEASE_MS = 2_000;
/** A lease that was extended just before the kill, and the rival's next look. */
const TAKE_OVER_MS = TAKE_OVER_LEASE_MS + 1_000;
const TAKE_OVERS_MAX = 3;
const HAPPENS_MS = 60_000;
/** On a very busy machine, an owner may lose its lease before it is frozen: then again. */
const FREEZE_MS = 5_000;
const FREEZES_MAX = 10;

const stores = await storesToTest();
/** Code that is the same on every store runs on one in this process's folder and one with a server. */
const pair = stores.filter((name) => ['sqlite', 'postgres'].includes(name));
/** Stores that instances on several machines share, and one in this process's folder. */
const shared = stores.filter((name) => ['sqlite', 'postgres', 'redis', 'opensearch'].includes(name));
const chance = chanceOf('leases');

const isIn = (state: string) => (message: Told) => (message['states'] as Record<string, string>)[WATCHED] === state;
const ofWatched = (message: Told): boolean => message['projection'] === WATCHED;

const order = async (instance: WorkerProcess, what: LeaseOrder['do']): Promise<void> => {
  const armed = instance.next('armed');
  instance.send({ do: what, projection: WATCHED } satisfies LeaseOrder);
  await armed;
};

/** The owner of the watched projection, and the instance that waits for its lease. */
const ownerAndRival = async (instances: readonly [WorkerProcess, WorkerProcess]): Promise<readonly [WorkerProcess, WorkerProcess]> => {
  const deadline = performance.now() + HAPPENS_MS;
  for (;;) {
    const owner = instances.find(({ last }) => isIn('live')(last.get('status') ?? NEVER_TOLD));
    const rival = instances.find(({ last }) => isIn('standby')(last.get('status') ?? NEVER_TOLD));
    if (owner && rival) return [owner, rival];
    if (performance.now() > deadline) expect.fail(`none of two instances waits: ${JSON.stringify(instances.map(({ last }) => last.get('status')))}`);
    await Promise.all(instances.map((instance) => instance.next('status')));
  }
};
const NEVER_TOLD: Told = { kind: 'status', states: {} };

/** A forbidden act: gives the stored epoch back to a stale session, as if it were not compared. */
const forgetEpoch = async ({ name, place }: LeaseTrial, epoch: number): Promise<void> => {
  if (name === 'postgres') {
    return postgresQuery(`UPDATE "${place.scope}".mainstem_generations SET epoch = $1 WHERE projection = $2`, [epoch, WATCHED]);
  }
  const database = new DatabaseSync(join(place.dir, 'sql.db'), { timeout: 5_000 });
  database.prepare('UPDATE mainstem_generations SET epoch = ? WHERE projection = ?').run(epoch, WATCHED);
  database.close();
};

/** An abandoned attempt is no longer asked; for all others it stays the same. */
const awaited = <T>(told: Promise<T>): Promise<T> => {
  void told.catch(() => undefined);
  return told;
};

/** True once the owner stands still right before a commit; false if it has lost its lease before. */
const freeze = async (trial: LeaseTrial, owner: WorkerProcess): Promise<boolean> => {
  await order(owner, 'freeze');
  const over = new AbortController();
  const frozen = awaited(owner.next('freeze').then(() => true));
  await trial.append(trial.random.int(1, 10));
  const isFrozen = await Promise.race([frozen, delay(FREEZE_MS, false, { signal: over.signal })]);
  over.abort();
  if (!isFrozen) await order(owner, 'off');
  return isFrozen;
};

interface Freezing {
  /** The rival has opened a session, but not written: only the epoch can stop the owner. */
  readonly isRivalHeld: boolean;
  readonly isEpochForgotten?: boolean;
}

/**
 * Freezes the owner before a commit until a rival has taken over, then wakes it up at its commit. Returns the outcome.
 */
const staleCommit = async (
  trial: LeaseTrial,
  instances: readonly [WorkerProcess, WorkerProcess],
  { isRivalHeld, isEpochForgotten = false }: Freezing,
): Promise<unknown> => {
  for (let attempt = 0; attempt < FREEZES_MAX; attempt++) {
    const [owner, rival] = await ownerAndRival(instances);
    if (isRivalHeld) await order(rival, 'hold');
    let hasComeBack = false;
    void awaited(owner.next('opened', ofWatched).then(() => (hasComeBack = true)));
    const taken = awaited(rival.next('opened', ofWatched));
    const ready = awaited(isRivalHeld ? rival.next('hold') : rival.next('commit', ofWatched));
    if (!(await freeze(trial, owner))) {
      await order(rival, 'off');
      continue;
    }
    const { epoch } = await taken;
    await ready;
    // It had lost its lease and got it back before it stood still: then it is the owner, and no session is stale.
    if (hasComeBack) {
      owner.thaw();
      await order(rival, 'off');
      continue;
    }
    if (isEpochForgotten) await forgetEpoch(trial, Number(epoch) - 1);
    const woken = owner.next('commit', ofWatched);
    owner.thaw();
    const { outcome } = await woken;
    await order(rival, 'off');
    return outcome;
  }
  return expect.fail(`an owner lost its lease ${FREEZES_MAX} times before it could be frozen`);
};

describe.for(stores)('instances of a projector on %s', (name) => {
  const rounds = ofEachStore(trials(FROZEN_TRIALS));

  it(`write nothing after being frozen past their lease (${rounds} times)`, () =>
    LeaseTrial.run(name, chance.fork(`frozen ${name}`), async (trial) => {
      await using one = trial.start(LEASE_MS);
      await using two = trial.start(LEASE_MS);
      for (let round = 0; round < rounds; round++) {
        expect(await staleCommit(trial, [one, two], { isRivalHeld: round % 2 === 0 })).toBe('READ_STORE_CHECKPOINT_MOVED');
        await trial.append(trial.random.int(1, 10));
        await trial.expectSound();
      }
    }));

  it('count every event once while two of them believe that they are the owner', () =>
    LeaseTrial.run(name, chance.fork(`forced ${name}`), async (trial) => {
      await using one = trial.start(LEASE_MS, { LEASES: 'forced' });
      await using two = trial.start(LEASE_MS, { LEASES: 'forced' });
      const commits = new Map([one, two].map((instance) => [instance, 0]));
      for (const instance of [one, two]) {
        instance.listen(
          ({ kind, outcome }) => void (kind === 'commit' && outcome === 'ok' && commits.set(instance, (commits.get(instance) ?? 0) + 1)),
        );
      }
      await Promise.all([one.until('running'), two.until('running')]);
      const deadline = performance.now() + HAPPENS_MS;
      // Both have written, so the right to write went from one to the other.
      while (Math.min(...commits.values()) < 3) {
        if (performance.now() > deadline) expect.fail(`commits of two owners: ${[...commits.values()].join(', ')}`);
        await trial.append(1);
        await delay(trial.random.int(0, 30));
      }
      await trial.expectSound();
    }));
});

describe.for(pair)('instances of a projector on %s', (name) => {
  it('would write after being frozen if the epoch were not compared: the trials above can fail', () =>
    LeaseTrial.run(name, chance.fork(`epoch forgotten ${name}`), async (trial) => {
      await using one = trial.start(LEASE_MS);
      await using two = trial.start(LEASE_MS);
      expect(await staleCommit(trial, [one, two], { isRivalHeld: true, isEpochForgotten: true })).toBe('ok');
    }));

  it(`lose nothing and count nothing twice while three of them are killed, frozen, stopped and replaced ${trials(KILLS)} times`, () =>
    LeaseTrial.run(name, chance.fork(`random ${name}`), async (trial) => {
      const { random } = trial;
      const instances = [trial.start(LEASE_MS), trial.start(LEASE_MS), trial.start(LEASE_MS)];
      const frozen = new Set<WorkerProcess>();
      const leaving: WorkerProcess[] = [];
      try {
        await Promise.all(instances.map((instance) => instance.until('running')));
        for (let kill = 0; kill < trials(KILLS); kill++) {
          const place = random.int(0, instances.length - 1);
          const instance = instances[place];
          if (!instance) continue;
          const act = random.pick(['kill', 'freeze', 'terminate'] as const);
          if (act === 'freeze') {
            instance.freeze();
            frozen.add(instance);
          } else {
            if (frozen.delete(instance)) instance.thaw();
            if (act === 'kill') await instance.kill();
            else instance.terminate();
            leaving.push(instance);
            instances[place] = trial.start(LEASE_MS);
          }
          await trial.append(random.int(1, 30));
          await delay(random.int(0, 2 * LEASE_MS));
          const [longest] = frozen;
          if (frozen.size > 1 && longest) {
            longest.thaw();
            frozen.delete(longest);
          }
        }
        for (const instance of frozen) instance.thaw();
        await trial.append(10);
        await trial.expectSound();
      } finally {
        for (const instance of [...instances, ...frozen, ...leaving]) await instance.kill();
      }
    }));
});

describe.for(shared)('instances of a projector on %s', (name) => {
  it('hand over in less than a second when they are stopped', () =>
    LeaseTrial.run(name, chance.fork(`stopped ${name}`), async (trial) => {
      const longLeaseMs = 60_000;
      let owner = trial.start(longLeaseMs);
      try {
        await owner.until('status', isIn('live'));
        const tookMs: number[] = [];
        for (let round = 0; round < HAND_OVERS; round++) {
          const standby = trial.start(longLeaseMs);
          await standby.until('status', isIn('standby'));
          const startedAt = performance.now();
          owner.terminate();
          await standby.until('status', isIn('live'));
          tookMs.push(performance.now() - startedAt);
          await owner.succeeded();
          owner = standby;
          await trial.append(3);
        }
        console.log(`hand-over on ${name}: ${tookMs.map((ms) => Math.round(ms)).join(', ')} ms`);
        // No instance has waited for the end of a lease.
        expect(Math.max(...tookMs)).toBeLessThan(longLeaseMs / 2);
        expect(Math.min(...tookMs)).toBeLessThan(HAND_OVER_MS);
        await trial.expectSound();
      } finally {
        await owner.kill();
      }
    }));

  it('take over within the lease when one is killed', () =>
    LeaseTrial.run(name, chance.fork(`killed ${name}`), async (trial) => {
      const instances: WorkerProcess[] = [];
      const start = (): WorkerProcess => {
        const instance = trial.start(TAKE_OVER_LEASE_MS);
        instances.push(instance);
        return instance;
      };
      try {
        const tookMs: number[] = [];
        for (let pair = [start(), start()] as const; !tookMs.some((ms) => ms < TAKE_OVER_MS) && tookMs.length < TAKE_OVERS_MAX;) {
          const [owner, standby] = await ownerAndRival(pair);
          const startedAt = performance.now();
          await owner.kill();
          await standby.until('status', isIn('live'));
          tookMs.push(performance.now() - startedAt);
          pair = [standby, start()];
        }
        console.log(`take-over on ${name}: ${tookMs.map((ms) => Math.round(ms)).join(', ')} ms with a lease of ${TAKE_OVER_LEASE_MS} ms`);
        expect(Math.min(...tookMs)).toBeLessThan(TAKE_OVER_MS);
        await trial.append(5);
        await trial.expectSound();
      } finally {
        for (const instance of instances) await instance.kill();
      }
    }));
});
