// Projections in parts, run by several real processes: killed while events flow, and run in another number of parts.
import { expect, describe, it } from 'vitest';
import { storesToTest } from './stores/store-under-test.js';
import { LeaseTrial } from './support/lease-trial.js';
import { chanceOf, trials } from './support/trials.js';
import type { Told, WorkerProcess } from './support/worker-process.js';

const LEASE_MS = 1_000;
const KILLS = 2;
/** A document a stream, some of which are parked. */
const SPLIT = 'picks';
/** One in this process's folder and those with a server. */
const stores = await storesToTest(['sqlite', 'postgres', 'mariadb', 'redis', 'opensearch']);
const chance = chanceOf('partitions');

const partsIn = (message: Told, state: string): number =>
  ((message['parts'] as Readonly<Record<string, readonly string[]>>)[SPLIT] ?? []).filter((one) => one === state).length;

describe.for(stores)('a projection in parts on %s', (name) => {
  it(`is the fold while its processes are killed ${trials(KILLS)} times, and after another number of parts was chosen`, () =>
    LeaseTrial.run(name, chance.fork(name), async (trial) => {
      const start = (parts: number): WorkerProcess => trial.start(LEASE_MS, { PARTITIONS: String(parts) });
      const [first, second] = [start(4), start(4)];
      const instances = [first, second];
      try {
        await Promise.all(instances.map((instance) => instance.until('status', (message) => partsIn(message, 'live') === 2)));
        for (let kill = 0; kill < trials(KILLS); kill++) {
          const appending = trial.append(60);
          const [killed, other] = kill % 2 === 0 ? [instances[0], instances[1]] : [instances[1], instances[0]];
          await killed?.kill();
          await other?.until('status', (message) => partsIn(message, 'live') === 4);
          await appending;
          await trial.expectSound();
          instances[instances.indexOf(killed as WorkerProcess)] = start(4);
          await Promise.all(instances.map((instance) => instance.until('status', (message) => partsIn(message, 'live') === 2)));
        }
        expect((await trial.store.generations(SPLIT)).map(({ state, partitions }) => [state, partitions?.length])).toEqual([['serving', 4]]);
        for (const instance of instances) instance.terminate();
        await Promise.all(instances.map((instance) => instance.succeeded()));
        await trial.append(20);
        instances.splice(0, 2, start(3), start(3));
        const appending = trial.append(60);
        await Promise.all(instances.map((instance) => instance.until('status', (message) => partsIn(message, 'live') > 0)));
        await appending;
        await trial.expectSound();
        // An owner that lost its lease while it made one may have left it empty.
        const generations = (await trial.store.generations(SPLIT)).filter(({ state }) => state !== 'filling');
        expect(generations.map(({ state, partitions }) => [state, partitions?.length])).toEqual([
          ['retired', 4],
          ['serving', 3],
        ]);
      } finally {
        for (const instance of instances) await instance.kill();
      }
    }));
});
