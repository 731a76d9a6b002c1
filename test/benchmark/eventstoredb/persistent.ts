// A persistent subscription through EventStoreDB's client: events are appended, given out, and acknowledged one by one.
import { EventStoreDBClient, jsonEvent, persistentSubscriptionToStreamSettingsFromDefaults, START, type JSONEventType } from '@eventstore/db-client';
import { expectSame, type Job } from '../job.js';
import { withServer } from './with-server.js';
import { eventsOf, warmStream } from './work.js';

const EVENTS = 30_000;
const EVENTS_OF_AN_APPEND = 100;
/** Appends under way at the same time. */
const LANES = 4;
/** The unanswered messages that the consumer holds. */
const BUFFER_SIZE = 200;

export const appendedAndAcknowledged: Job = (context) =>
  withServer(context, { hasData: false }, async (server) => {
    const client = EventStoreDBClient.connectionString(server.connectionString);
    const stream = warmStream();
    const events = (from: number) =>
      eventsOf(stream, `command ${from}`, EVENTS_OF_AN_APPEND).map(({ id, type, data }) => jsonEvent({ id, type, data } as unknown as JSONEventType));
    await client.createPersistentSubscriptionToStream(stream, 'bench', persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: START }));
    try {
      return await server.measured(async () => {
        const appends = Array.from({ length: EVENTS / EVENTS_OF_AN_APPEND }, (_, index) => index);
        const appending = Array.from({ length: LANES }, async () => {
          for (let next = appends.pop(); next !== undefined; next = appends.pop()) await client.appendToStream(stream, events(next));
        });
        let count = 0;
        const subscription = client.subscribeToPersistentSubscriptionToStream(stream, 'bench', { bufferSize: BUFFER_SIZE });
        for await (const resolved of subscription) {
          await subscription.ack(resolved);
          if (++count === EVENTS) break;
        }
        await Promise.all(appending);
        expectSame('events', count, EVENTS);
        return count;
      });
    } finally {
      await client.deletePersistentSubscriptionToStream(stream, 'bench');
      await client.dispose();
    }
  });
