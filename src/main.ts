// Starts the command side alone. Projectors and the query API are processes of their own over the same folder.
import 'reflect-metadata';
import { EmbeddedEventStore } from '@mainstem/embedded';
import { isMainstemError } from '@mainstem/event-store';
import { readSettings } from '@mainstem/nest';
import { createLedgerApplication } from './ledger.application.js';

const main = async (): Promise<void> => {
  const { dir, port } = readSettings(process.argv.slice(2), process.env);
  const app = await createLedgerApplication({ eventStore: { open: () => EmbeddedEventStore.open({ dir }) } });
  await app.listen(port);
  console.log(`Commands: http://localhost:${port}/api (try it: http://localhost:${port}/api/docs), events in ${dir}`);
};

main().catch((error: unknown) => {
  console.error(isMainstemError(error) ? `${error.code}: ${error.message}` : error);
  process.exitCode = 1;
});
