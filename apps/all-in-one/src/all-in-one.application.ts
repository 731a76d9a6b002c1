// The all-in-one process as a Nest application that does not listen yet.
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
  'answers to queries give the position that they reflect in Mainstem-Position, and wait for the one in Mainstem-Min-Position.';

/** All parts over one folder. The first import begins when the application is initialised. */
export const createAllInOne = async (settings: AllInOneSettings): Promise<NestExpressApplication> => {
  const app = await NestFactory.create<NestExpressApplication>(AllInOneModule.forRoot(settings), {
    bodyParser: false,
    logger: ['error', 'warn'],
    forceCloseConnections: true,
    // runMain reports a failed start.
    abortOnError: false,
  });
  configureHttp(app, { problems: { ...ledgerProblems, ...queryProblems } });
  serveOpenApi(app, 'Shop ledger', DESCRIPTION);
  return app;
};
