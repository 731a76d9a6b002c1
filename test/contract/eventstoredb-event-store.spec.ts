// The event store contract through the real EventStoreDB client, on a server for each case, or on that of
// EVENTSTOREDB_URL.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient } from '@eventstore/db-client';
import { EventStoreDbEventStore } from '@mainstem/eventstoredb';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { eventStoreContract, registerContract } from '@mainstem/testing';
import { describe, it } from 'vitest';
import { foreignServer } from '../fixtures/foreign-server.js';
import { addOwnEvents } from './eventstoredb/own-events.js';
import { PartOfStore } from './eventstoredb/part-of-store.js';
import { clientOfTests } from './eventstoredb/client-of-tests.js';

const onOurServer = async () => {
  const dir = await mkdtemp(join(tmpdir(), 'mainstem-esdb-'));
  const server = await EventStoreDbServer.start({ dir, port: 0 });
  const store = await EventStoreDbEventStore.open({ ...clientOfTests(), connectionString: server.connectionString });
  const client = EventStoreDBClient.connectionString(server.connectionString);
  const dispose = async (): Promise<void> => {
    await store.close();
    await client.dispose();
    await server.stop();
    await rm(dir, { recursive: true });
  };
  return { store, dispose, addOwnEvents: (count: number) => addOwnEvents(client, count) };
};

const onForeignServer = async (connectionString: string) => {
  const store = await PartOfStore.of(await EventStoreDbEventStore.open({ ...clientOfTests(), connectionString }));
  return { store, dispose: () => store.close() };
};

const foreign = foreignServer();
const eventStoreDb = eventStoreContract({
  name: foreign === undefined ? 'EventStoreDB' : 'EventStoreDB with other data',
  create: foreign === undefined ? onOurServer : () => onForeignServer(foreign),
  // Another server's own events are not for a test to write.
  hasOwnEvents: foreign === undefined,
  // Of another server it is not known.
  ...(foreign === undefined && { hasAppendAll: true, takesCopies: true }),
});

registerContract(eventStoreDb, { describe, it });
