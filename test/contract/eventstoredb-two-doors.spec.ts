// One folder, written through EventStoreDB's protocol and read without it: the same events by both ways.
import { EmbeddedEventStore } from '@mainstem/embedded';
import { eventIdOf, streamName, type EventStore, type RecordedEvent } from '@mainstem/event-store';
import { EventStoreDbEventStore } from '@mainstem/eventstoredb';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmbeddedFolder } from './embedded-folder.js';

const stream = streamName('account-1');

describe('a folder with two doors', () => {
  const folder = new EmbeddedFolder();
  let server: EventStoreDbServer;
  let served: EventStore;
  let embedded: EmbeddedEventStore;
  beforeEach(async () => {
    server = await EventStoreDbServer.start({ dir: folder.dir, port: 0 });
    served = await EventStoreDbEventStore.open({ connectionString: server.connectionString });
    embedded = await folder.open();
  });
  afterEach(async () => {
    await served.close();
    await server.stop();
  });

  const appended = (store: EventStore, command: string) =>
    store.append(
      stream,
      [0, 1].map((index) => ({
        id: eventIdOf(command, stream, index),
        type: 'Paid',
        data: { note: '"$correlationId":"no"', index },
        metadata: { schemaVersion: 2, commandId: command, correlationId: 'talk', causationId: 'cause', actor: { name: 'Ann', tags: ['"$x"'] } },
      })),
      { expectedRevision: 'any' },
    );

  const told = async (reading: AsyncIterable<readonly RecordedEvent[]>): Promise<readonly unknown[]> => {
    const events: unknown[] = [];
    for await (const batch of reading) {
      for (const { id, type, revision, recordedAt, data, metadata } of batch)
        events.push({ id, type, revision, recordedAt, data, metadata: { ...metadata } });
    }
    return events;
  };

  it('shows the same events, metadata and times through both, whichever was written to', async () => {
    await appended(served, 'through the server');
    await appended(embedded, 'beside it');
    const everything = await told(served.readAll());
    expect(everything).toHaveLength(4);
    expect(everything[0]).toMatchObject({ metadata: { correlationId: 'talk', causationId: 'cause', actor: { name: 'Ann' } } });
    expect(await told(embedded.readAll())).toEqual(everything);
    expect(await told(embedded.readAll({ direction: 'backwards' }))).toEqual(everything.toReversed());
    expect(await told(embedded.readStream(stream))).toEqual(await told(served.readStream(stream)));
  });

  it("keeps the server's own events to itself, and passes them by", async () => {
    await appended(served, 'first');
    const head = await embedded.head();
    const batches: RecordedEvent[] = [];
    for await (const { events, position, isCaughtUp } of embedded.subscribe({ after: undefined, signal: AbortSignal.timeout(10_000) })) {
      batches.push(...events);
      if (isCaughtUp && position === head) break;
    }
    expect(batches.map(({ type }) => type)).toEqual(['Paid', 'Paid']);
    expect(await told(embedded.readAll({ limit: 1 }))).toHaveLength(1);
  });
});
