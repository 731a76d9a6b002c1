// Appends sent side by side take effect in the order of the calls, from the first one of a connection on: imports depend on it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventIdOf, streamName } from '@mainstem/event-store';
import { EventStoreDbEventStore } from '@mainstem/eventstoredb';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const CONNECTIONS = 5;
const APPENDS = 100;

describe('appends through the EventStoreDB client', () => {
  let dir: string;
  let server: EventStoreDbServer;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mainstem-order-'));
    server = await EventStoreDbServer.start({ dir, port: 0 });
  });
  afterAll(async () => {
    await server.stop();
    await rm(dir, { recursive: true });
  });

  it('take effect in the order of the calls on every new connection', async () => {
    const sent: string[] = [];
    for (let connection = 0; connection < CONNECTIONS; connection++) {
      const store = await EventStoreDbEventStore.open({ connectionString: server.connectionString });
      try {
        await Promise.all(
          Array.from({ length: APPENDS }, (_, index) => {
            const stream = streamName(`order-${connection}.${index}`);
            sent.push(stream);
            const event = { id: eventIdOf(stream, stream, 0), type: 'Noted', data: {}, metadata: {} };
            return store.append(stream, [event], { expectedRevision: 'no-stream' });
          }),
        );
      } finally {
        await store.close();
      }
    }
    const store = await EventStoreDbEventStore.open({ connectionString: server.connectionString });
    const recorded: string[] = [];
    for await (const batch of store.readAll()) recorded.push(...batch.map(({ stream }) => stream));
    await store.close();
    expect(recorded).toEqual(sent);
  });
});
