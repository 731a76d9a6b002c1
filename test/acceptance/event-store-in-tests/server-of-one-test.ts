// A server for one test. docs/event-store-in-tests.md shows the region below.
// #region server
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';

export const withEventStore = async (test: (connectionString: string) => Promise<void>): Promise<void> => {
  const dir = await mkdtemp(join(tmpdir(), 'event-store-'));
  const server = await EventStoreDbServer.start({ dir, port: 0, links: true });
  try {
    await test(server.connectionString);
  } finally {
    await server.stop();
    await rm(dir, { recursive: true });
  }
};
// #endregion
