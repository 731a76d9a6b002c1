// Starts the event store alone: EventStoreDB's protocol for local applications and for clients of other languages.
import { inspect } from 'node:util';
import { isMainstemError } from '@mainstem/event-store';
import { readSettings, settingsHelp } from '@mainstem/event-store/settings';
import type { Metrics } from '@mainstem/eventstoredb-server';
import { SERVER_ABOUT, serve } from '@mainstem/eventstoredb-server/command-line';
import { announce, jsonLine, textLine, wantsJson } from '@mainstem/nest/log-line';
import { eventStoreProcessSettings } from './event-store-settings.js';

/** Loaded only if they are wanted: otherwise this process runs without Nest. */
const processMetrics = async (): Promise<Metrics> => {
  const { loadTelemetry } = await import('@mainstem/nest');
  const telemetry = await loadTelemetry({ metrics: true, traces: false, serviceName: 'event-store' });
  return async () => (await telemetry.exposition?.()) ?? { contentType: 'text/plain', body: '' };
};

/** Failures whose details clients do not get go to the log. */
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

// The process must not stop because its output is closed or full.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

try {
  await main();
} catch (error) {
  // Our errors say what to do; any other error needs its stack.
  announce(isMainstemError(error) ? `${error.code}: ${error.message}` : inspect(error), 'error');
  process.exitCode = 1;
}
