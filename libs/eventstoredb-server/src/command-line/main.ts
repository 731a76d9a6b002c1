// What `npx @mainstem/eventstoredb-server` runs.
import { inspect } from 'node:util';
import { isMainstemError, printableLines } from '@mainstem/event-store';
import { readSettings, settingsHelp } from '@mainstem/event-store/settings';
import { serve } from './serve.js';
import { SERVER_ABOUT, serverSettings } from './server-settings.js';

/** `argv` is without the program's name. Resolves when the server listens, or when there is nothing to do. */
export const main = async (argv: readonly string[]): Promise<void> => {
  const tell = (error: unknown): void => console.error(printableLines(isMainstemError(error) ? `${error.code}: ${error.message}` : inspect(error)));
  // The process must not stop because its output is closed or full.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  if (argv.includes('--help')) return console.log(settingsHelp(SERVER_ABOUT, serverSettings));
  try {
    await serve(readSettings(serverSettings, argv, process.env), { announce: (text) => console.log(printableLines(text)), onFailure: tell });
  } catch (error) {
    tell(error);
    process.exitCode = 1;
  }
};
