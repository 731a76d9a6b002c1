// The client of EventStoreDB's makers by itself, doing the same: what the adapter's figures are compared with.
import {
  EventStoreDBClient,
  excludeSystemEvents,
  jsonEvent,
  START,
  type AppendExpectedRevision,
  type JSONEventType,
  type ResolvedEvent,
} from '@eventstore/db-client';
import { opened, withLine, type HeaderData, type LineData, type OrderSummary } from '../order-summary.js';
import { openTarget } from '../ceilings/summary-sqlite.js';
import { expectSame, type Job, type JobContext, type Sample } from '../job.js';
import { withServer, type RunningServer } from './with-server.js';
import { BATCHES_OF_1000, BATCHES_OF_200, BY_64, eventsOf, loadedStream, LOADS, ONE_BY_ONE, stepsOf, type AppendPlan } from './work.js';

type Work = (client: EventStoreDBClient, server: RunningServer) => Promise<Sample>;
type Events = ReturnType<typeof eventsOf>;

const REBUILD_BATCH_EVENTS = 20_000;

const withClient = (context: JobContext, hasData: boolean, work: Work): Promise<Sample> =>
  withServer(context, { hasData }, async (server) => {
    const client = EventStoreDBClient.connectionString(server.connectionString);
    try {
      return await work(client, server);
    } finally {
      await client.dispose();
    }
  });

const append = (client: EventStoreDBClient, stream: string, events: Events, expectedRevision: AppendExpectedRevision) =>
  client.appendToStream(
    stream,
    events.map(({ id, type, data, metadata }) => jsonEvent({ id, type, data, metadata } as unknown as JSONEventType)),
    { expectedRevision },
  );

const appends =
  (plan: AppendPlan): Job =>
  (context) =>
    withClient(context, false, async (client, server) => {
      await append(client, 'warm-1', eventsOf(loadedStream(0), 'warm', 1), 'no_stream');
      const lanes = Array.from({ length: plan.lanes }, (_, lane) => stepsOf(plan, lane));
      return server.measured(async () => {
        await Promise.all(
          lanes.map(async (steps) => {
            for (const { stream, events, expected } of steps) {
              const { nextExpectedRevision } = await append(client, stream, events, expected < 0 ? 'no_stream' : BigInt(expected));
              expectSame('revision', nextExpectedRevision, BigInt(expected + events.length));
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

/** All events that are not the store's own. */
const eventsIn = async function* (source: AsyncIterable<ResolvedEvent>): AsyncGenerator<NonNullable<ResolvedEvent['event']>> {
  for await (const { event } of source) if (event && !event.type.startsWith('$')) yield event;
};

export const readAll: Job = (context) =>
  withClient(context, true, (client, server) =>
    server.measured(async () => {
      let lines = 0;
      let count = 0;
      for await (const { event } of client.readAll()) {
        if (!event || event.type.startsWith('$')) continue;
        count++;
        if ('line' in (event.data as object)) lines++;
      }
      expectSame('events read', count, context.events);
      if (lines === 0) throw new Error('no payload was decoded');
      return count;
    }),
  );

export const subscription: Job = (context) =>
  withClient(context, true, (client, server) =>
    server.measured(async () => {
      let lines = 0;
      let count = 0;
      const subscribed = client.subscribeToAll({ fromPosition: START, filter: excludeSystemEvents() });
      for await (const { event } of subscribed) {
        count++;
        if (event && 'line' in (event.data as object)) lines++;
        if (count >= context.events) break;
      }
      expectSame('events delivered', count, context.events);
      if (lines === 0) throw new Error('no payload was decoded');
      return count;
    }),
  );

export const loads: Job = (context) =>
  withClient(context, false, async (client, server) => {
    for (let index = 0; index < LOADS.streams; index++) {
      const stream = loadedStream(index);
      await append(client, stream, eventsOf(stream, 'set-up', LOADS.eventsPerStream), 'no_stream');
    }
    return server.measured(async () => {
      for (let load = 0; load < LOADS.loads; load++) {
        let quantity = 0;
        for await (const { event } of client.readStream(loadedStream(load % LOADS.streams))) {
          if (event) quantity += (event.data as unknown as { quantity: number }).quantity;
        }
        expectSame('quantity', quantity, LOADS.eventsPerStream * 6);
      }
      return LOADS.loads;
    });
  });

/** The same rows as the rebuild writes, each changed one once a batch, without its check and its promotion. */
export const rebuild: Job = (context) =>
  withClient(context, true, (client, server) =>
    server.measured(async () => {
      const target = await openTarget(context);
      const documents = new Map<string, OrderSummary>();
      let changed = new Set<string>();
      let position = 0;
      let count = 0;
      const write = async (): Promise<void> => {
        await target.write(
          [...changed].map((stream) => documents.get(stream) as OrderSummary),
          position,
        );
        changed = new Set();
      };
      for await (const event of eventsIn(client.readAll())) {
        count++;
        position = Number(event.position?.commit);
        const { streamId } = event;
        const { occurredAt } = event.metadata as { readonly occurredAt: string };
        const known = documents.get(streamId);
        if (event.type === 'OrderPlaced' || event.type === 'CreditNoteIssued') {
          const kind = event.type === 'OrderPlaced' ? 'order' : 'credit';
          documents.set(streamId, opened(streamId, kind, event.data as unknown as HeaderData, occurredAt));
        } else if (known) documents.set(streamId, withLine(known, event.data as unknown as LineData, occurredAt));
        else continue;
        changed.add(streamId);
        if (count % REBUILD_BATCH_EVENTS === 0) await write();
      }
      await write();
      await target.close();
      expectSame('events read', count, context.events);
      return count;
    }),
  );
