// Starts the query API alone.
import 'reflect-metadata';
import { queryProcessSettings } from '#apps/read-models/src/process-settings.js';
import { readSettings, settingsHelp } from '@mainstem/event-store/settings';
import { announce, configureHttp, listen, runMain } from '@mainstem/nest';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { serveOpenApi } from './open-api.js';
import { queryProblems } from './problems.js';
import { QueryApiProcessModule } from './query-api-process.module.js';

const rows = queryProcessSettings({ port: 3_001 });

runMain(async () => {
  const argv = process.argv.slice(2);
  if (argv.includes('--help')) return console.log(settingsHelp('Query API of the shop ledger, alone.', rows));
  const settings = readSettings(rows, argv, process.env);
  const app = await NestFactory.create<NestExpressApplication>(QueryApiProcessModule.forRoot(settings), {
    bodyParser: false,
    logger: ['error', 'warn'],
    forceCloseConnections: true,
    // runMain reports a failed start.
    abortOnError: false,
  });
  configureHttp(app, { problems: queryProblems });
  serveOpenApi(app, 'Shop ledger: queries', 'Every answer gives the position of the event store that it reflects in Mainstem-Position.');
  const url = await listen(app, settings.port, settings.host, settings);
  announce(`Queries: ${url}/api/totals (all of them: ${url}/api/docs), read models in ${settings.dir}`);
});
