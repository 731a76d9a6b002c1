// Runs an application as a process: settings, HTTP, and an end that loses nothing.
import { readSettings, settingsHelp } from '@mainstem/event-store/settings';
import { announce, configureHttp, EventStoreModule, listen, runMain, TelemetryModule } from '@mainstem/nest';
import type { ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { openEventStore } from './event-store.js';
import { settingRows, type Settings } from './settings.js';

export type Imports = (settings: Settings) => NonNullable<ModuleMetadata['imports']>;

/** The application of these modules over the event store, not listening yet. */
export const createApplication = async (name: string, settings: Settings, imports: Imports): Promise<NestExpressApplication> => {
  const stores = [TelemetryModule.forRoot({ ...settings, serviceName: name }), EventStoreModule.forRoot({ open: () => openEventStore(settings) })];
  const module = { module: class Application {}, imports: [...stores, ...imports(settings)] };
  const options = { bodyParser: false, logger: ['error', 'warn'], forceCloseConnections: true, abortOnError: false } as const;
  return configureHttp(await NestFactory.create<NestExpressApplication>(module, { ...options, logger: [...options.logger] }));
};

/** Runs until the process is told to stop; `--help` prints the settings instead. */
export const run = (name: string, port: number, imports: Imports): void =>
  runMain(async () => {
    const rows = settingRows(port);
    const argv = process.argv.slice(2);
    if (argv.includes('--help')) return console.log(settingsHelp(name, rows));
    const settings = readSettings(rows, argv, process.env);
    const app = await createApplication(name, settings, imports);
    const url = await listen(app, settings.port, settings.host, settings);
    announce(`${name} on ${url}, health: ${url}/health/ready. Ctrl-C stops.`);
  });
