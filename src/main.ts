// Starts the command side alone. Projectors and the query API are separate processes over the same event store.
import 'reflect-metadata';
import { readSettings, settingsHelp } from '@mainstem/event-store/settings';
import { announce, listen, runMain } from '@mainstem/nest';
import { commandSideSettings } from './command-side-settings.js';
import { CommandSideModule } from './command-side.module.js';
import { eventStoreAddress } from './event-store/event-store-settings.js';
import { createLedgerApplication } from './ledger.application.js';

runMain(async () => {
  const argv = process.argv.slice(2);
  if (argv.includes('--help')) return console.log(settingsHelp('Command side of the shop ledger, alone.', commandSideSettings));
  const settings = readSettings(commandSideSettings, argv, process.env);
  const app = await createLedgerApplication(CommandSideModule.forRoot(settings));
  const url = await listen(app, settings.port, settings.host, settings);
  announce(`Commands: ${url}/api (try them: ${url}/api/docs). Events: ${eventStoreAddress(settings)}. Ctrl-C stops.`);
});
