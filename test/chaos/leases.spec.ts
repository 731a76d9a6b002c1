// Several instances of a projector as real processes: frozen past their lease, killed, stopped, and told wrongly that they are the owner.
import 'reflect-metadata';
import { EmbeddedEventStore } from '@mainstem/embedded';
import { compareKeys, type HostedProjection } from '@mainstem/projection';
import type { SeededRandom } from '@mainstem/testing';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { postgresQuery, postgresUrl, withPostgres } from '../contract/sql-fixtures.js';
import { toldCommand } from './support/told-events.js';
import { chanceOf, inFolder, trials } from './support/trials.js';
import { WorkerProcess, type Told } from './support/worker-process.js';
import { openTallies, type Tally } from './workers/tallies.js';

const LEASE_MS = 700;
const FROZEN_TRIALS = 10;
const FORCED_TRIALS = 3;
const KILLS = 12;
const CATCH_UP_MS = 60_000;
const WATCHED = 'sql-grand-tallies';

interface Place {
  readonly dir: string;
  /** URL with the schema; undefined for the embedded stores. */
  readonly postgres: string | undefined;
}

/** One place with its events, and what every read model has to be, counted while appending. */
class Trial {
  readonly #byStream = new Map<string, Tally>();
  #all: Tally = { key: 'all', events: 0, total: 0 };
  #instances = 0;

  constructor(
    readonly place: Place,
    readonly events: EmbeddedEventStore,
    readonly random: SeededRandom,
  ) {}

  async append(commands: number): Promise<void> {
    for (let count = 0; count < commands; count++) {
      const { stream, events } = toldCommand(this.random.int(1, 2 ** 30));
      await this.events.append(stream, events, { expectedRevision: 'any' });
      for (const { data } of events) this.#count(stream, (data as { amount: number }).amount);
    }
  }

  start(env: NodeJS.ProcessEnv = {}, leaseMs = LEASE_MS): WorkerProcess {
    const { dir, postgres } = this.place;
    const name = `instance-${++this.#instances}`;
    return new WorkerProcess('lease-projector.ts', {
      args: [dir, name, String(leaseMs)],
      env: { ...env, ...(postgres && { TALLIES_POSTGRES: postgres }) },
    });
  }

  /** Waits until every read model is at the end of the event store, and compares it with what was counted. */
  async expectSound(): Promise<void> {
    const { dir, postgres } = this.place;
    const { projections, close } = await openTallies(dir, postgres);
    try {
      const head = await this.events.head();
      const deadline = performance.now() + CATCH_UP_MS;
      for (const hosted of projections) {
        while ((await servingOf(hosted))?.checkpoint.position !== head && performance.now() < deadline) await delay(20);
        expect(await this.#storedIn(hosted), hosted.projection.name).toEqual(this.#expectedIn(hosted));
      }
    } finally {
      await close();
    }
  }

  #expectedIn({ projection }: HostedProjection): readonly Tally[] {
    if (projection.name.includes('grand')) return [this.#all];
    return [...this.#byStream.values()].toSorted((left, right) => compareKeys(left.key, right.key));
  }

  async #storedIn(hosted: HostedProjection): Promise<readonly object[]> {
    const { projection, store } = hosted;
    const [collection] = projection.collections;
    const serving = await servingOf(hosted);
    if (!serving || !collection) return [];
    return (await store.scan(projection.name, serving.number, collection.name, { limit: 10_000 })).map(([, document]) => ({ ...document }));
  }

  #count(stream: string, amount: number): void {
    const plus = ({ key, events, total }: Tally): Tally => ({ key, events: events + 1, total: total + amount });
    this.#byStream.set(stream, plus(this.#byStream.get(stream) ?? { key: stream, events: 0, total: 0 }));
    this.#all = plus(this.#all);
  }
}

const servingOf = async ({ projection, store }: HostedProjection) =>
  (await store.generations(projection.name)).find(({ state }) => state === 'serving');

const all = (state: string) => (message: Told) => (message['states'] as string[]).every((told) => told.startsWith(state));
const ofWatched = (message: Told): boolean => message['projection'] === WATCHED;

const places: readonly ('the embedded stores' | 'PostgreSQL')[] = [
  'the embedded stores',
  ...((await withPostgres()) ? (['PostgreSQL'] as const) : []),
];

describe.each(places)('instances of a projector on %s', (name) => {
  const chance = chanceOf(`leases on ${name}`);

  const inTrial = (label: string, work: (trial: Trial) => Promise<void>): Promise<void> =>
    inFolder(async (dir) => {
      const random = chance.fork(label);
      const schema = `mainstem_leases_${process.pid}_${random.int(0, 2 ** 30)}`;
      const url = new URL(postgresUrl);
      url.searchParams.set('schema', schema);
      const events = await EmbeddedEventStore.open({ dir });
      const trial = new Trial({ dir, postgres: name === 'PostgreSQL' ? url.href : undefined }, events, random);
      try {
        await trial.append(random.int(1, 20));
        await work(trial);
      } finally {
        await events.close();
        if (name === 'PostgreSQL') await postgresQuery(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
      }
    });

  /** What nobody may do: gives the stored epoch back to a stale session, as if it were not compared. */
  const forgetEpoch = async ({ dir, postgres }: Place, epoch: number): Promise<void> => {
    if (postgres) {
      const schema = new URL(postgres).searchParams.get('schema');
      return postgresQuery(`UPDATE "${schema}".mainstem_generations SET epoch = $1 WHERE projection = $2`, [epoch, WATCHED]);
    }
    const database = new DatabaseSync(join(dir, 'sql.db'));
    database.exec('PRAGMA busy_timeout = 5000');
    database.prepare('UPDATE mainstem_generations SET epoch = ? WHERE projection = ?').run(epoch, WATCHED);
    database.close();
  };

  /**
   * Freezes the owner right before a commit, waits until its lease is over and a rival has opened a session, and wakes it up: it goes on with its
   * commit at once. How that ended.
   */
  const staleCommit = async (
    trial: Trial,
    { isRivalHeld, isEpochForgotten }: { readonly isRivalHeld: boolean; readonly isEpochForgotten: boolean },
  ) => {
    await using owner = trial.start();
    await owner.until('status', all('live'));
    await using rival = trial.start();
    await rival.until('status', all('standby'));
    if (isRivalHeld) {
      rival.send({ do: 'hold', projection: WATCHED });
      await rival.until('armed');
    }
    const taken = rival.next('opened', ofWatched);
    const written = rival.next('commit', ofWatched);
    owner.send({ do: 'freeze', projection: WATCHED });
    await owner.until('armed');
    await trial.append(trial.random.int(1, 10));
    await owner.until('freeze');
    const { epoch } = await taken;
    if (isRivalHeld) await rival.until('hold');
    else await written;
    if (isEpochForgotten) await forgetEpoch(trial.place, Number(epoch) - 1);
    const woken = owner.next('commit', ofWatched);
    owner.thaw();
    const { outcome } = await woken;
    rival.send({ do: 'release', projection: WATCHED });
    await written;
    await trial.append(trial.random.int(1, 10));
    if (!isEpochForgotten) {
      await owner.until('status', all('standby'));
      await trial.expectSound();
    }
    return outcome;
  };

  it.each(Array.from({ length: trials(FROZEN_TRIALS) }, (_, place) => place))(
    'write nothing after they were frozen past their lease (%i)',
    async (place) => {
      await inTrial(`frozen ${place}`, async (trial) => {
        // Every other time nothing but the epoch stands in its way: the checkpoint is still where its commit starts.
        expect(await staleCommit(trial, { isRivalHeld: place % 2 === 0, isEpochForgotten: false })).toBe('READ_STORE_CHECKPOINT_MOVED');
      });
    },
  );

  it('would write, if the epoch were not compared: the trials above can fail', async () => {
    await inTrial('epoch forgotten', async (trial) => {
      expect(await staleCommit(trial, { isRivalHeld: true, isEpochForgotten: true })).toBe('ok');
    });
  });

  it.each(Array.from({ length: trials(FORCED_TRIALS) }, (_, place) => place))(
    'count every event once while two of them believe that they are the owner (%i)',
    async (place) => {
      await inTrial(`forced ${place}`, async (trial) => {
        await using one = trial.start({ LEASES: 'forced' });
        await using two = trial.start({ LEASES: 'forced' });
        const commits = { one: 0, two: 0 };
        for (const [instance, key] of [
          [one, 'one'],
          [two, 'two'],
        ] as const) {
          instance.listen(({ kind, outcome }) => void (kind === 'commit' && outcome === 'ok' && commits[key]++));
        }
        await Promise.all([one.until('running'), two.until('running')]);
        // Both have written, so the right to write went from one to the other.
        while (commits.one < 3 || commits.two < 3) {
          await trial.append(1);
          await delay(trial.random.int(0, 30));
        }
        await trial.expectSound();
      });
    },
  );

  it('hand over in less than a second when they are stopped', async () => {
    await inTrial('stopped', async (trial) => {
      const longLeaseMs = 10_000;
      let owner = trial.start({}, longLeaseMs);
      try {
        await owner.until('status', all('live'));
        const tookMs: number[] = [];
        for (let round = 0; round < 5; round++) {
          const standby = trial.start({}, longLeaseMs);
          await standby.until('status', all('standby'));
          const startedAt = performance.now();
          owner.terminate();
          await standby.until('status', all('live'));
          tookMs.push(performance.now() - startedAt);
          await owner.succeeded();
          owner = standby;
          await trial.append(3);
        }
        console.log(`hand-over on ${name}: ${tookMs.map((ms) => Math.round(ms)).join(', ')} ms`);
        // The machine may be busy with other things once or twice.
        expect(Math.min(...tookMs)).toBeLessThan(1_000);
        expect(Math.max(...tookMs)).toBeLessThan(longLeaseMs);
        await trial.expectSound();
      } finally {
        await owner.kill();
      }
    });
  });

  it('take over within the lease when one is killed', async () => {
    await inTrial('killed', async (trial) => {
      const leaseMs = 3_000;
      await using owner = trial.start({}, leaseMs);
      await owner.until('status', all('live'));
      await using standby = trial.start({}, leaseMs);
      await standby.until('status', all('standby'));
      const startedAt = performance.now();
      await owner.kill();
      await standby.until('status', all('live'));
      const tookMs = Math.round(performance.now() - startedAt);
      console.log(`take-over on ${name}: ${tookMs} ms with a lease of ${leaseMs} ms`);
      expect(tookMs).toBeLessThan(2 * leaseMs);
      await trial.append(5);
      await trial.expectSound();
    });
  });

  it(`lose nothing and count nothing twice while three of them are killed, frozen, stopped and replaced ${trials(KILLS)} times`, async () => {
    await inTrial('random', async (trial) => {
      const { random } = trial;
      const instances = [trial.start(), trial.start(), trial.start()];
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
            instances[place] = trial.start();
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
    });
  });
});
