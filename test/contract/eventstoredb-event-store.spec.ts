// The event store contract through the real EventStoreDB client, on a server of its own for each case.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_LIMITS } from '@mainstem/event-store';
import { EventStoreDbEventStore } from '@mainstem/eventstoredb';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { eventStoreContract, registerContract } from '@mainstem/testing';
import { describe, it } from 'vitest';

// The suite fills appends to the port's limit, to which metadata of the adapter and the sizes of type names come.
const writeBytesMax = 2 * DEFAULT_LIMITS.appendBytesMax;

const eventStoreDb = eventStoreContract({
  name: 'EventStoreDB',
  create: async () => {
    const dir = await mkdtemp(join(tmpdir(), 'mainstem-esdb-'));
    const server = await EventStoreDbServer.start({ dir, port: 0, writeBytesMax });
    const store = await EventStoreDbEventStore.open({ connectionString: server.connectionString });
    const dispose = async (): Promise<void> => {
      await store.close();
      await server.stop();
      await rm(dir, { recursive: true });
    };
    return { store, dispose };
  },
});

registerContract(eventStoreDb, { describe, it });
