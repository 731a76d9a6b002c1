// The bare client of EventStoreDB, with which the adapter's figures are compared.
import {
  BACKWARDS,
  END,
  EventStoreDBClient,
  excludeSystemEvents,
  jsonEvent,
  START,
  type JSONEventType,
  type ResolvedEvent,
} from '@eventstore/db-client';
import { openTarget } from '../ceilings/summary-sqlite.js';
import { expectSame, type JobContext } from '../job.js';
import { opened, withLine, type HeaderData, type LineData, type OrderSummary } from '../order-summary.js';
import { jobsOf, type Connect, type OnEvent } from './jobs.js';

const REBUILD_BATCH_EVENTS = 20_000;

const connect: Connect = async (connectionString) => {
  const client = EventStoreDBClient.connectionString(connectionString);
  return {
    append: async (stream, events, expected) => {
      const { nextExpectedRevision } = await client.appendToStream(
        stream,
        events.map(({ id, type, data, metadata }) => jsonEvent({ id, type, data, metadata } as unknown as JSONEventType)),
        { expectedRevision: expected < 0 ? 'no_stream' : BigInt(expected) },
      );
      return nextExpectedRevision;
    },
    readAll: (onEvent) => each(client.readAll(), onEvent),
    subscribe: (count, onEvent) => each(client.subscribeToAll({ fromPosition: START, filter: excludeSystemEvents() }), onEvent, count),
    readStream: (stream, onEvent) => each(client.readStream(stream), onEvent),
    end: async () => {
      let end: bigint | undefined;
      for await (const { event } of client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 })) end = event?.position?.commit;
      return end;
    },
    prepareRebuild: (context) => prepareRebuild(client, context),
    close: () => client.dispose(),
  };
};

/** All events that are not the store's own, at most `count`. */
const each = async (source: AsyncIterable<ResolvedEvent>, onEvent: OnEvent, count = Infinity): Promise<void> => {
  let left = count;
  for await (const { event } of source) {
    if (!event || event.type.startsWith('$')) continue;
    onEvent(event);
    if (--left === 0) return;
  }
};

/**
 * The same folds and rows as in the rebuild, each changed row once a batch; without check (a second read) and
 * promotion.
 */
const prepareRebuild = async (client: EventStoreDBClient, context: JobContext): Promise<{ run(): Promise<number>; close(): Promise<void> }> => {
  const target = await openTarget(context);
  const documents = new Map<string, OrderSummary>();
  const changed = new Set<string>();
  let position = 0;
  let count = 0;
  const write = async (): Promise<void> => {
    await target.write(
      [...changed].map((stream) => documents.get(stream) as OrderSummary),
      position,
    );
    changed.clear();
  };
  const run = async (): Promise<number> => {
    for await (const { event } of client.readAll()) {
      if (!event || event.type.startsWith('$')) continue;
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
      if (++count % REBUILD_BATCH_EVENTS === 0) await write();
    }
    await write();
    expectSame('sum of versions', await target.sumOfVersions(), count);
    return count;
  };
  return { run, close: () => target.close() };
};

export const bareClientJobs = jobsOf(connect);
