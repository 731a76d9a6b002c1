// Starts the command side alone. Projectors and the query API are processes of their own over the same event store.
import 'reflect-metadata';
import { eventStoreAddress, listen, readSettings, runMain } from '@mainstem/nest';
import { CommandSideModule } from './command-side.module.js';
import { createLedgerApplication } from './ledger.application.js';

runMain(async () => {
  const settings = readSettings(process.argv.slice(2), process.env);
  const app = await createLedgerApplication(CommandSideModule.forRoot(settings));
  const url = await listen(app, settings.port);
  console.log(`Commands: ${url}/api (try them: ${url}/api/docs). Events: ${eventStoreAddress(settings)}. Ctrl-C stops.`);
});
