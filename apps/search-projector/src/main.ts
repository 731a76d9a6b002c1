// Starts the search projector alone. Its health is served over HTTP.
import 'reflect-metadata';
import { configureHttp, listen, readSettings, runMain } from '@mainstem/nest';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { SearchProjectorModule } from './search-projector.module.js';

const PORT_DEFAULT = 3004;

runMain(async () => {
  const settings = readSettings(process.argv.slice(2), process.env, { port: PORT_DEFAULT });
  const app = await NestFactory.create<NestExpressApplication>(SearchProjectorModule.forRoot(settings), {
    bodyParser: false,
    logger: ['error', 'warn'],
    forceCloseConnections: true,
    // What fails while starting is for runMain to tell.
    abortOnError: false,
  });
  const url = await listen(configureHttp(app), settings.port);
  app.useLogger(['error', 'warn', 'log']);
  console.log(`Search projector on ${settings.dir}. Health: ${url}/health/ready, progress: ${url}/health/progress`);
});
