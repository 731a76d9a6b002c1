// Starts the command side alone. Projectors and the query API are processes of their own over the same folder.
import 'reflect-metadata';
import { EmbeddedEventStore } from '@mainstem/embedded';
import { listen, readSettings, runMain } from '@mainstem/nest';
import { createLedgerApplication } from './ledger.application.js';

runMain(async () => {
  const { dir, port } = readSettings(process.argv.slice(2), process.env);
  const app = await createLedgerApplication({ eventStore: { open: () => EmbeddedEventStore.open({ dir }) } });
  const url = await listen(app, port);
  console.log(`Commands: ${url}/api (try them: ${url}/api/docs). Events: ${dir}. Ctrl-C stops.`);
});
