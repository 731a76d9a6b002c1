// The adapter's side of the comparison.
import type { Position, Revision } from '@mainstem/event-store';
import { EventStoreDbEventStore } from '@mainstem/eventstoredb';
import { Rebuilder } from '@mainstem/projection/operate';
import { SqlReadStore } from '@mainstem/sql';
import { expectSame } from '../job.js';
import { OrderSummary, orderSummary } from '../order-summary.js';
import { jobsOf, type Connect, type OnEvent } from './jobs.js';

const limits = { appendBytesMax: 15 * 1_048_576 };

const connect: Connect = async (connectionString) => {
  const store = await EventStoreDbEventStore.open({ connectionString, limits });
  const each = async (batches: AsyncIterable<readonly { readonly data: unknown }[]>, onEvent: OnEvent): Promise<void> => {
    for await (const batch of batches) for (const event of batch) onEvent(event);
  };
  return {
    append: async (stream, events, expected) => {
      const expectedRevision = expected < 0 ? ('no-stream' as const) : (BigInt(expected) as Revision);
      return (await store.append(stream, events, { expectedRevision })).revision;
    },
    readAll: (onEvent) => each(store.readAll(), onEvent),
    subscribe: async (count, onEvent) => {
      const ending = new AbortController();
      let left = count;
      for await (const { events } of store.subscribe({ after: undefined as Position | undefined, signal: ending.signal })) {
        for (const event of events) onEvent(event);
        left -= events.length;
        if (left <= 0) ending.abort();
      }
    },
    readStream: (stream, onEvent) => each(store.readStream(stream), onEvent),
    end: () => store.head(),
    // Like `mainstem rebuild`: in bulk, with the check of everything applied, and the promotion.
    prepareRebuild: async ({ dir }) => {
      const readStore = await SqlReadStore.open({ dir }, { entities: [OrderSummary] });
      return {
        run: async () => {
          const projections = [{ projection: orderSummary, store: readStore }];
          const { projections: rebuilt } = await new Rebuilder({ reader: store, projections, followMs: 0 }).run();
          for (const { projection, outcome, reason } of rebuilt) expectSame(`${projection} (${reason ?? 'no reason'})`, outcome, 'promoted');
          return rebuilt.reduce((sum, { eventsApplied }) => sum + eventsApplied, 0);
        },
        close: () => readStore.close(),
      };
    },
    close: () => store.close(),
  };
};

export const adapterJobs = jobsOf(connect);
