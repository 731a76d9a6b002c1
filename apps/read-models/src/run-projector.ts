// Runs a projector application as a process: one read store, its projections, health over HTTP.
import { readSettings, settingsHelp } from '@mainstem/event-store/settings';
import { announce, configureHttp, listen } from '@mainstem/nest';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { projectorProcessSettings, type ProjectorProcessSettings } from './process-settings.js';

export interface ProjectorApplication {
  /** The name that it prints after its start. */
  readonly name: string;
  readonly portDefault: number;
  readonly module: (settings: ProjectorProcessSettings) => DynamicModule;
}

/**
 * Runs until it is told to stop; with `--help` prints the settings instead. Errors: SETTINGS_INVALID, HOST_UNUSABLE,
 * PORT_IN_USE, PORT_FORBIDDEN, and those of the stores.
 */
export const runProjector = async ({ name, portDefault, module }: ProjectorApplication): Promise<void> => {
  const argv = process.argv.slice(2);
  const rows = projectorProcessSettings({ port: portDefault });
  if (argv.includes('--help')) return console.log(settingsHelp(`${name} of the shop ledger, alone.`, rows));
  const settings = readSettings(rows, argv, process.env);
  const app = await NestFactory.create<NestExpressApplication>(module(settings), {
    bodyParser: false,
    logger: ['error', 'warn'],
    forceCloseConnections: true,
    // runMain reports a failed start.
    abortOnError: false,
  });
  const url = await listen(configureHttp(app), settings.port, settings.host, settings);
  app.useLogger(['error', 'warn', 'log']);
  announce(`${name} on ${settings.dir}. Health: ${url}/health/ready, progress: ${url}/health/progress`);
};
