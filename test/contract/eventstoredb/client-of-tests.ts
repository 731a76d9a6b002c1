// The client package of the adapter's specs. By default the adapter chooses: KurrentDB's, which is installed here.
import type { ConnectionSettings } from '@mainstem/eventstoredb';

const CHOICE = 'MAINSTEM_TEST_CLIENT';

/** For `EventStoreDbEventStore.open`. */
export const clientOfTests = (): Pick<ConnectionSettings, 'client'> => (process.env[CHOICE] === 'eventstoredb' ? { client: 'eventstoredb' } : {});

/** Runs specs with EventStoreDB's own package. */
export const withOlderClient = async (specs: () => Promise<unknown>): Promise<void> => {
  process.env[CHOICE] = 'eventstoredb';
  await specs();
};
