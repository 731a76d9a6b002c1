// Which client package the adapter's specs use. By default the one that the adapter chooses: KurrentDB's, since it is installed here.
import type { ConnectionSettings } from '@mainstem/eventstoredb';

const CHOICE = 'MAINSTEM_TEST_CLIENT';

/** For `EventStoreDbEventStore.open`. */
export const clientOfTests = (): Pick<ConnectionSettings, 'client'> => (process.env[CHOICE] === 'eventstoredb' ? { client: 'eventstoredb' } : {});

/** Runs specs with EventStoreDB's own package. */
export const withOlderClient = async (specs: () => Promise<unknown>): Promise<void> => {
  process.env[CHOICE] = 'eventstoredb';
  await specs();
};
