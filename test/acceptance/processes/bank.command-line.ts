// What the command line is told about an application with processes.
import { defineApplication } from '@mainstem/cli';
import { EmbeddedCacheStore, EmbeddedEventStore } from '@mainstem/embedded';
import { account, gift, transfer } from '../../../libs/process/src/transfer.fixtures.js';

const FOLDER = '.mainstem';

// #region processes
export const application = defineApplication({
  name: 'bank',
  aggregates: [account, transfer],
  openEvents: ({ dir = FOLDER }) => EmbeddedEventStore.open({ dir, isReadOnly: true }),
  // For what changes an instance: process retry, process discard, process cancel, parked replay.
  openEventStore: ({ dir = FOLDER }) => EmbeddedEventStore.open({ dir }),
  openReadModels: async ({ dir = FOLDER }) => {
    const store = await EmbeddedCacheStore.open({ dir });
    return { projections: [], processes: [{ manager: gift, store }], close: () => store.close() };
  },
});
// #endregion
