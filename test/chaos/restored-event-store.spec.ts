// An event store is restored from a backup and grows again: no projection goes on from lost events; a rebuild mends
// all.
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedEventStore } from '@mainstem/embedded';
import type { EventStore, Position } from '@mainstem/event-store';
import { EventStoreDbEventStore } from '@mainstem/eventstoredb';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { Projector, type HostedProjection } from '@mainstem/projection';
import { Rebuilder, rollBack } from '@mainstem/projection/operate';
import type { SeededRandom } from '@mainstem/testing';
import { describe, expect, it } from 'vitest';
import { storeNamed, storesToTest } from './stores/store-under-test.js';
import { talliesOf } from './stores/told-projections.js';
import { GrowingFold } from './support/growing-fold.js';
import { allEventsOf, expectServesFold } from './support/serving-fold.js';
import { toldCommand } from './support/told-events.js';
import { chanceOf, inFolder, trials } from './support/trials.js';

const TRIALS = 4;
const SOON = { timeout: 30_000, interval: 20 };
const LOST = /^PROJECTION_(CHECKPOINT_AHEAD|EVENT_STORE_RESTORED): /;
/** Commands that no backup has. */
const OTHERS_FROM = 100_000;

const chance = chanceOf('restored event store');
const stores = await storesToTest();

/** An event store in a folder that can be copied and put back while it is closed. */
interface Log {
  readonly name: string;
  serve(dir: string): Promise<Served>;
}
interface Served {
  open(): Promise<EventStore>;
  stop(): Promise<void>;
}

const embedded: Log = {
  name: 'embedded',
  serve: (dir) => Promise.resolve({ open: () => EmbeddedEventStore.open({ dir }), stop: () => Promise.resolve() }),
};

/** The same port each time, so that connected clients return to it. */
const eventStoreDb = (): Log => {
  let port = 0;
  return {
    name: 'EventStoreDB',
    serve: async (dir) => {
      const server = await EventStoreDbServer.start({ dir, port });
      port = server.port;
      const open = (): Promise<EventStore> => EventStoreDbEventStore.open({ connectionString: server.connectionString });
      return { open, stop: () => server.stop() };
    },
  };
};

const append = async (store: EventStore, from: number, count: number): Promise<void> => {
  for (let number = from; number < from + count; number++) {
    const { stream, events } = toldCommand(number);
    await store.append(stream, events, { expectedRevision: 'any' });
  }
};
/** Runs `work` with the store open. */
const using = async <Result>(served: Served, work: (store: EventStore) => Promise<Result>): Promise<Result> => {
  const store = await served.open();
  try {
    return await work(store);
  } finally {
    await store.close();
  }
};
const followed = async (reader: EventStore, hosted: HostedProjection): Promise<Projector> => {
  const projector = new Projector({ reader, projections: [hosted] });
  projector.start();
  await projector.waitFor(hosted.projection.name, (await reader.head()) as Position, { timeoutMs: SOON.timeout });
  return projector;
};
const expectStopped = async (projector: Projector): Promise<void> => {
  await expect.poll(() => projector.status()[0]?.state, SOON).toBe('stopped');
  expect(projector.status()[0]).toMatchObject({ isHealthy: false, reason: expect.stringMatching(LOST) as string });
};

/**
 * A backup, later events that a read model has applied, and the backup put back and grown. `isRunning`: with its
 * projector.
 */
const trial = async (log: Log, name: string, random: SeededRandom, isRunning: boolean): Promise<void> =>
  inFolder(async (base) => {
    const [dir, backup] = [join(base, 'events'), join(base, 'backup')];
    const [kept, lost, others] = [random.int(1, 60), random.int(1, 40), random.int(1, 90)];
    const place = { dir: join(base, 'models'), scope: `mainstem_lost_${process.pid}_${random.int(0, 2 ** 20)}` };
    const underTest = await storeNamed(name);
    const models = await underTest.open(place);
    const hosted = { projection: talliesOf(), store: models, recovery: { retryDelayMs: 10, retryDelayMaxMs: 50 } };
    let served = await log.serve(dir);
    try {
      await using(served, (store) => append(store, 0, kept));
      await served.stop();
      await cp(dir, backup, { recursive: true });
      served = await log.serve(dir);
      const reader = await served.open();
      await append(reader, kept, lost);
      const projector = await followed(reader, hosted);
      if (!isRunning) {
        await projector.stop();
        await reader.close();
      }
      await served.stop();
      await rm(dir, { recursive: true });
      await cp(backup, dir, { recursive: true });
      served = await log.serve(dir);
      await using(served, (store) => append(store, OTHERS_FROM, others));
      if (isRunning) {
        await expectStopped(projector);
        await projector.stop();
        await reader.close();
      }
      await using(served, (store) => afterwards(store, hosted));
    } finally {
      await models.close();
      await underTest.remove(place);
      await served.stop();
    }
  });

const afterwards = async (reader: EventStore, hosted: HostedProjection): Promise<void> => {
  const again = new Projector({ reader, projections: [hosted] });
  again.start();
  await expectStopped(again);
  await again.stop();
  const options = { reader, followMs: 0 };
  const { projections } = await new Rebuilder({ ...options, projections: [hosted] }).run();
  expect(projections).toMatchObject([{ outcome: 'promoted' }]);
  expect(await rollBack({ ...options, hosted })).toMatchObject({ outcome: 'failed' });
  await append(reader, 2 * OTHERS_FROM, 3);
  const projector = await followed(reader, hosted);
  const events = await allEventsOf(reader);
  const fold = new GrowingFold(talliesOf());
  await expectServesFold({ store: hosted.store, fold, events, deadline: performance.now() + SOON.timeout });
  await projector.stop();
};

describe.for(stores)('a read model on %s', (name) => {
  it(
    `does not go on from a lost event of an embedded store (${trials(TRIALS)} times), and is mended by a rebuild`,
    { timeout: trials(120_000) },
    async () => {
      for (let number = 0; number < trials(TRIALS); number++) await trial(embedded, name, chance.fork(`embedded ${name} ${number}`), false);
    },
  );

  it(`does not go on from a lost event of an EventStoreDB (${trials(TRIALS)} times), running or not`, { timeout: trials(180_000) }, async () => {
    for (let number = 0; number < trials(TRIALS); number++) {
      await trial(eventStoreDb(), name, chance.fork(`EventStoreDB ${name} ${number}`), number % 2 === 0);
    }
  });
});
