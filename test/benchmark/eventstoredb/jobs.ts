// The measurements of both sides, the adapter and the bare client, in one piece of code, so that they do the same work.
import { EventStoreDBClient } from '@eventstore/db-client';
import type { NewEvent, StreamName } from '@mainstem/event-store';
import { addOwnEvents } from '../../contract/eventstoredb/own-events.js';
import { expectSame, type Job, type JobContext, type Sample } from '../job.js';
import { withServer, type RunningServer } from './with-server.js';
import {
  BATCHES_OF_1000,
  BATCHES_OF_200,
  BY_64,
  ENDS,
  eventsOf,
  loadedStream,
  LOADS,
  ONE_BY_ONE,
  stepsOf,
  warmStream,
  type AppendPlan,
} from './work.js';

/** Called for each event that is not the store's own. */
export type OnEvent = (event: { readonly data: unknown }) => void;

/** The operations of a side; its methods hold only the differences. */
export interface Side {
  /** `expected`: revision of the last event before, −1 for none. Resolves with the revision of the last event. */
  append(stream: StreamName, events: readonly NewEvent[], expected: number): Promise<bigint>;
  readAll(onEvent: OnEvent): Promise<void>;
  /** From the first event on, until `count` events have come. */
  subscribe(count: number, onEvent: OnEvent): Promise<void>;
  readStream(stream: StreamName, onEvent: OnEvent): Promise<void>;
  /** Position of the newest event of any kind. */
  end(): Promise<bigint | undefined>;
  /** Opens order-summary on SQLite; `run` fills and checks it, and resolves with the number of applied events. */
  prepareRebuild(context: JobContext): Promise<{ run(): Promise<number>; close(): Promise<void> }>;
  close(): Promise<void>;
}

export type Connect = (connectionString: string) => Promise<Side>;

export interface EventStoreDbJobs {
  readonly appendsOneByOne: Job;
  readonly appendsBy64: Job;
  readonly batchesOf200: Job;
  readonly batchesOf1000: Job;
  readonly readAll: Job;
  readonly subscription: Job;
  readonly loads: Job;
  readonly ends: Job;
  readonly rebuild: Job;
}

type Work = (side: Side, server: RunningServer, context: JobContext) => Promise<Sample>;

export const jobsOf = (connect: Connect): EventStoreDbJobs => {
  const job =
    (hasData: boolean, work: Work): Job =>
    (context) =>
      withServer(context, { hasData }, async (server) => {
        const side = await connect(server.connectionString);
        try {
          return await work(side, server, context);
        } finally {
          await side.close();
        }
      });
  const appends = (plan: AppendPlan): Job => job(false, (side, server) => measureAppends(plan, side, server));
  return {
    appendsOneByOne: appends(ONE_BY_ONE),
    appendsBy64: appends(BY_64),
    batchesOf200: appends(BATCHES_OF_200),
    batchesOf1000: appends(BATCHES_OF_1000),
    readAll: job(true, (side, server, { events }) => measureDelivery(events, server, (onEvent) => side.readAll(onEvent))),
    subscription: job(true, (side, server, { events }) => measureDelivery(events, server, (onEvent) => side.subscribe(events, onEvent))),
    loads: job(false, measureLoads),
    ends: job(false, measureEnds),
    rebuild: job(true, measureRebuild),
  };
};

const measureAppends = async (plan: AppendPlan, side: Side, server: RunningServer): Promise<Sample> => {
  await side.append(warmStream(), eventsOf(loadedStream(0), 'warm', 1), -1);
  const lanes = Array.from({ length: plan.lanes }, (_, lane) => stepsOf(plan, lane));
  return server.measured(async () => {
    await Promise.all(
      lanes.map(async (steps) => {
        for (const { stream, events, expected } of steps) {
          expectSame('revision', await side.append(stream, events, expected), BigInt(expected + events.length));
        }
      }),
    );
    return plan.appends * plan.eventsPerAppend;
  });
};

const measureDelivery = (events: number, server: RunningServer, deliver: (onEvent: OnEvent) => Promise<void>): Promise<Sample> =>
  server.measured(async () => {
    let lines = 0;
    let count = 0;
    await deliver(({ data }) => {
      count++;
      if ('line' in (data as object)) lines++;
    });
    expectSame('events', count, events);
    if (lines === 0) throw new Error('no payload was decoded');
    return count;
  });

const measureLoads: Work = async (side, server) => {
  for (let index = 0; index < LOADS.streams; index++) {
    const stream = loadedStream(index);
    await side.append(stream, eventsOf(stream, 'set-up', LOADS.eventsPerStream), -1);
  }
  return server.measured(async () => {
    for (let load = 0; load < LOADS.loads; load++) {
      let quantity = 0;
      await side.readStream(loadedStream(load % LOADS.streams), ({ data }) => (quantity += (data as { quantity: number }).quantity));
      expectSame('quantity', quantity, LOADS.eventsPerStream * 6);
    }
    return LOADS.loads;
  });
};

/** Looks at the end of the log, behind the server's own links. */
const measureEnds: Work = async (side, server) => {
  await side.append(warmStream(), eventsOf(warmStream(), 'warm', 1), -1);
  const client = EventStoreDBClient.connectionString(server.connectionString);
  await addOwnEvents(client, ENDS.ownEvents);
  await client.dispose();
  const end = await side.end();
  return server.measured(async () => {
    for (let look = 0; look < ENDS.looks; look++) expectSame('end', await side.end(), end);
    return ENDS.looks;
  });
};

const measureRebuild: Work = async (side, server, context) => {
  const { run, close } = await side.prepareRebuild(context);
  try {
    return await server.measured(async () => {
      const applied = await run();
      if (applied < 1 || applied > context.events) throw new Error(`${applied} events were applied`);
      return context.events;
    });
  } finally {
    await close();
  }
};
