// Unique values over EventStoreDB's protocol, while the processes that claim them are killed. No two accounts ever have
// one name, no acknowledged name is lost, and no name stays claimed by nothing.
import type { EventReader } from '@mainstem/event-store';
import { EventStoreDbEventStore } from '@mainstem/eventstoredb';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { describe, expect, it } from 'vitest';
import { answersInTheEnd, dueAnswers, MovedClock, namesIn } from '../../libs/aggregate/src/command/unique-claims.fixtures.js';
import { startAnsweringProxy } from '../contract/eventstoredb/answering-proxy.js';
import { NAMES } from './support/claimed-names.js';
import { chanceOf, inFolder, trials } from './support/trials.js';
import { WorkerProcess } from './support/worker-process.js';

const CLAIMERS = 3;
const KILLS = 15;
const SEED_MAX = 1_000_000;
/** The most milliseconds between an answer and a kill: as long as one command takes. */
const PAUSE_MS = 4;

describe.each([
  { name: 'in one append, on our server', isAtomic: true },
  { name: 'in steps, on a server with the methods of EventStoreDB alone', isAtomic: false },
])('unique values claimed $name', ({ isAtomic }) => {
  it('keep one holder at every position, and are free where no account has them, when claimers are killed', async () => {
    const chance = chanceOf(`claims ${isAtomic ? 'in one append' : 'in steps'}`);
    await inFolder(async (dir) => {
      const server = await EventStoreDbServer.start({ dir, port: 0 });
      const proxy = isAtomic ? undefined : await startAnsweringProxy(server.port);
      const connectionString = proxy?.connectionString ?? `esdb://127.0.0.1:${server.port}?tls=false`;
      const acknowledged = new Set<string>();
      let lives = 0;
      const start = (): WorkerProcess => {
        const claimer = new WorkerProcess('claimer.ts', { args: [connectionString, `c${lives++}`, String(chance.int(0, SEED_MAX))] });
        claimer.listen(({ kind, commandId, outcome }) => {
          if (kind === 'answered' && outcome === 'done') acknowledged.add(String(commandId));
        });
        return claimer;
      };
      const claimers = Array.from({ length: CLAIMERS }, start);
      const store = await EventStoreDbEventStore.open({ connectionString });
      try {
        for (let kill = 0; kill < trials(KILLS); kill++) {
          const which = chance.int(0, CLAIMERS - 1);
          for (let answers = chance.int(1, 20); answers > 0; answers--) await claimers[which]?.next('answered');
          await new Promise((resolve) => setTimeout(resolve, chance.int(0, PAUSE_MS)));
          await claimers[which]?.kill();
          claimers[which] = start();
        }
        await Promise.all(claimers.map((claimer) => claimer.kill()));
        expect(acknowledged.size).toBeGreaterThan(0);
        const recorded = await commandsIn(store);
        expect([...acknowledged].filter((commandId) => !recorded.has(commandId))).toEqual([]);
        const due = dueAnswers(await namesIn(store), NAMES);
        expect(await answersInTheEnd(store, new MovedClock(), NAMES)).toEqual(due);
        await namesIn(store);
      } finally {
        await Promise.all(claimers.map((claimer) => claimer.kill()));
        await store.close();
        proxy?.stop();
        await server.stop();
      }
    });
  });
});

const commandsIn = async (store: Pick<EventReader, 'readAll'>): Promise<ReadonlySet<string>> => {
  const ids = new Set<string>();
  for await (const events of store.readAll({ filter: { types: ['Named'] } })) for (const { metadata } of events) ids.add(metadata.commandId ?? '');
  return ids;
};
