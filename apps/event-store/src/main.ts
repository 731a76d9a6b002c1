// Starts the event store alone: EventStoreDB's protocol, for applications on this machine and for clients of other languages.
import { inspect } from 'node:util';
import { isMainstemError } from '@mainstem/event-store';
import { readSettings, settingsHelp } from '@mainstem/event-store/settings';
import type { Metrics } from '@mainstem/eventstoredb-server';
import { SERVER_ABOUT, serve } from '@mainstem/eventstoredb-server/command-line';
import { announce, jsonLine, textLine, wantsJson } from '@mainstem/nest/log-line';
import { eventStoreProcessSettings } from './event-store-settings.js';

/** Loaded only where they are wanted, and Nest with them, which this process does without otherwise. */
const processMetrics = async (): Promise<Metrics> => {
  const { loadTelemetry } = await import('@mainstem/nest');
  const telemetry = await loadTelemetry({ metrics: true, traces: false, serviceName: 'event-store' });
  return async () => (await telemetry.exposition?.()) ?? { contentType: 'text/plain', body: '' };
};

/** What fails beside its clients: they were told, and so is the log. */
const tell = (error: unknown): void => {
  const line = {
    level: 'error',
    context: 'EventStore',
    message: isMainstemError(error) ? `${error.code}: ${error.message}` : inspect(error),
  } as const;
  console.error(wantsJson() ? jsonLine(line) : textLine(line));
};

const main = async (): Promise<void> => {
  const argv = process.argv.slice(2);
  if (argv.includes('--help')) return console.log(settingsHelp(SERVER_ABOUT, eventStoreProcessSettings));
  const settings = readSettings(eventStoreProcessSettings, argv, process.env);
  await serve(settings, { announce, onFailure: tell, metrics: settings.metrics ? await processMetrics() : undefined });
};

// An output that is closed or full is no reason to stop.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

try {
  await main();
} catch (error) {
  // Ours say what to do; of anything else the whole story is wanted.
  announce(isMainstemError(error) ? `${error.code}: ${error.message}` : inspect(error), 'error');
  process.exitCode = 1;
}
