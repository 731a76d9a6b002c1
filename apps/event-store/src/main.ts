// Starts the event store alone: EventStoreDB's protocol, for applications on this machine and for clients of other languages.
import { readFile } from 'node:fs/promises';
import { inspect } from 'node:util';
import { isMainstemError } from '@mainstem/event-store';
import { EventStoreDbServer, type Metrics } from '@mainstem/eventstoredb-server';
import { announce, jsonLine, textLine, wantsJson } from '@mainstem/nest/log-line';
import { EVENT_STORE_HELP, EventStoreSettingsInvalid, readEventStoreSettings, type EventStoreSettings } from './event-store-settings.js';

const start = async ({ tls, healthPort, metrics, writeBytesMax, administrator, ...settings }: EventStoreSettings): Promise<EventStoreDbServer> =>
  EventStoreDbServer.start({
    ...settings,
    onFailure: tell,
    ...(tls && { tls: { certificate: await pem('--tls-cert', tls.certificate), privateKey: await pem('--tls-key', tls.privateKey) } }),
    ...(administrator && { administrator }),
    ...(healthPort !== undefined && { healthPort }),
    ...(metrics && { metrics: await processMetrics() }),
    ...(writeBytesMax !== undefined && { writeBytesMax }),
  });

const pem = async (flag: string, path: string): Promise<Buffer> => {
  try {
    return await readFile(path);
  } catch (error) {
    throw new EventStoreSettingsInvalid(`${flag} ${path} cannot be read.`, error);
  }
};

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
  if (argv.includes('--help')) return console.log(EVENT_STORE_HELP);
  const settings = readEventStoreSettings(argv, process.env);
  const server = await start(settings);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.stop());
  announce(`Event store on ${server.connectionString}, data in ${settings.dir}`);
  if (server.healthPort !== undefined) announce(`Health on http://${settings.host}:${server.healthPort}/health/live`);
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
