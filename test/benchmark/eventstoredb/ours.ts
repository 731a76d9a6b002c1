// The adapter at work: appends, reads, a subscription, loads of aggregates' streams, a rebuild.
import { streamName, type AppendResult, type ExpectedRevision } from '@mainstem/event-store';
import { EventStoreDbEventStore } from '@mainstem/eventstoredb';
import { Rebuilder } from '@mainstem/projection';
import { SqlReadStore } from '@mainstem/sql';
import { expectSame, type Job, type JobContext, type Sample } from '../job.js';
import { OrderSummary, orderSummary } from '../order-summary.js';
import { withServer, type RunningServer } from './with-server.js';
import { BATCHES_OF_1000, BATCHES_OF_200, BY_64, eventsOf, loadedStream, LOADS, ONE_BY_ONE, stepsOf, type AppendPlan } from './work.js';

type Work = (store: EventStoreDbEventStore, server: RunningServer) => Promise<Sample>;

const limits = { appendBytesMax: 15 * 1_048_576 };

const withStore = (context: JobContext, hasData: boolean, work: Work): Promise<Sample> =>
  withServer(context, { hasData }, async (server) => {
    const store = await EventStoreDbEventStore.open({ connectionString: server.connectionString, limits });
    try {
      return await work(store, server);
    } finally {
      await store.close();
    }
  });

const appends =
  (plan: AppendPlan): Job =>
  (context) =>
    withStore(context, false, async (store, server) => {
      await store.append(streamName('warm-1'), eventsOf(streamName('warm-1'), 'warm', 1), { expectedRevision: 'no-stream' });
      const lanes = Array.from({ length: plan.lanes }, (_, lane) => stepsOf(plan, lane));
      return server.measured(async () => {
        await Promise.all(
          lanes.map(async (steps) => {
            let last: AppendResult | undefined;
            for (const { stream, events, expected } of steps) {
              const expectedRevision: ExpectedRevision = expected < 0 || !last ? 'no-stream' : last.revision;
              last = await store.append(stream, events, { expectedRevision });
              expectSame('revision', last.revision as bigint, BigInt(expected + events.length));
            }
          }),
        );
        return plan.appends * plan.eventsPerAppend;
      });
    });

export const appendsOneByOne = appends(ONE_BY_ONE);
export const appendsBy64 = appends(BY_64);
export const batchesOf200 = appends(BATCHES_OF_200);
export const batchesOf1000 = appends(BATCHES_OF_1000);

export const readAll: Job = (context) =>
  withStore(context, true, (store, server) =>
    server.measured(async () => {
      let lines = 0;
      let count = 0;
      for await (const batch of store.readAll()) {
        for (const event of batch) {
          count++;
          if ('line' in (event.data as object)) lines++;
        }
      }
      expectSame('events read', count, context.events);
      if (lines === 0) throw new Error('no payload was decoded');
      return count;
    }),
  );

export const subscription: Job = (context) =>
  withStore(context, true, (store, server) =>
    server.measured(async () => {
      const ending = new AbortController();
      let lines = 0;
      let count = 0;
      for await (const { events } of store.subscribe({ after: undefined, signal: ending.signal })) {
        for (const event of events) {
          count++;
          if ('line' in (event.data as object)) lines++;
        }
        if (count >= context.events) ending.abort();
      }
      expectSame('events delivered', count, context.events);
      if (lines === 0) throw new Error('no payload was decoded');
      return count;
    }),
  );

export const loads: Job = (context) =>
  withStore(context, false, async (store, server) => {
    for (let index = 0; index < LOADS.streams; index++) {
      const stream = loadedStream(index);
      await store.append(stream, eventsOf(stream, 'set-up', LOADS.eventsPerStream), { expectedRevision: 'no-stream' });
    }
    return server.measured(async () => {
      for (let load = 0; load < LOADS.loads; load++) {
        let quantity = 0;
        for await (const batch of store.readStream(loadedStream(load % LOADS.streams))) {
          for (const event of batch) quantity += (event.data as { quantity: number }).quantity;
        }
        expectSame('quantity', quantity, LOADS.eventsPerStream * 6);
      }
      return LOADS.loads;
    });
  });

export const rebuild: Job = (context) =>
  withStore(context, true, async (reader, server) => {
    const store = await SqlReadStore.open({ dir: context.dir }, { entities: [OrderSummary] });
    try {
      return await server.measured(async () => {
        const projections = [{ projection: orderSummary, store }];
        const { projections: rebuilt } = await new Rebuilder({ reader, projections, followMs: 0 }).run();
        for (const { projection, outcome, reason } of rebuilt) expectSame(`${projection} (${reason ?? 'no reason'})`, outcome, 'promoted');
        return context.events;
      });
    } finally {
      await store.close();
    }
  });
