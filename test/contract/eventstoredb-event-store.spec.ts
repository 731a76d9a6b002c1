// The event store contract through the real EventStoreDB client, on a server of its own for each case.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDbEventStore } from '@mainstem/eventstoredb';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { eventStoreContract, registerContract } from '@mainstem/testing';
import { describe, it } from 'vitest';
import { clientOfTests } from './eventstoredb/client-of-tests.js';

const eventStoreDb = eventStoreContract({
  name: 'EventStoreDB',
  create: async () => {
    const dir = await mkdtemp(join(tmpdir(), 'mainstem-esdb-'));
    const server = await EventStoreDbServer.start({ dir, port: 0 });
    const store = await EventStoreDbEventStore.open({ ...clientOfTests(), connectionString: server.connectionString });
    const dispose = async (): Promise<void> => {
      await store.close();
      await server.stop();
      await rm(dir, { recursive: true });
    };
    return { store, dispose };
  },
});

registerContract(eventStoreDb, { describe, it });
