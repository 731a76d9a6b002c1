// The all-in-one process as a Nest application, not yet listening.
import { serveOpenApi } from '#apps/query-api/src/open-api.js';
import { queryProblems } from '#apps/query-api/src/problems.js';
import { ledgerProblems } from '#src/ledger/ledger.problems.js';
import { configureHttp } from '@mainstem/nest';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { AllInOneSettings } from './all-in-one-settings.js';
import { AllInOneModule } from './all-in-one.module.js';

const DESCRIPTION =
  'Commands are idempotent by their Idempotency-Key and answer with the position of their effect; ' +
  'queries say in Mainstem-Position which position they reflect, and wait for the one in Mainstem-Min-Position.';

/** Everything over one folder. The first import begins when the application is initialised. */
export const createAllInOne = async (settings: AllInOneSettings): Promise<NestExpressApplication> => {
  const app = await NestFactory.create<NestExpressApplication>(AllInOneModule.forRoot(settings), {
    bodyParser: false,
    logger: ['error', 'warn'],
    forceCloseConnections: true,
    // What fails while starting is for runMain to tell.
    abortOnError: false,
  });
  configureHttp(app, { problems: { ...ledgerProblems, ...queryProblems } });
  serveOpenApi(app, 'Shop ledger', DESCRIPTION);
  return app;
};
