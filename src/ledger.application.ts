// The command side as one application: HTTP, OpenAPI, shutdown.
import { configureHttp } from '@mainstem/nest';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { LedgerModule, type LedgerModuleOptions } from './ledger/ledger.module.js';
import { ledgerProblems } from './ledger/ledger.problems.js';

/** Creates the application without listening. Bodies up to 1 MiB; Swagger UI under /api/docs; closing it closes its store. */
export const createLedgerApplication = async (options: LedgerModuleOptions): Promise<NestExpressApplication> => {
  const app = await NestFactory.create<NestExpressApplication>(LedgerModule.forRoot(options), {
    bodyParser: false,
    logger: ['error', 'warn'],
    forceCloseConnections: true,
    // What fails while starting is for the caller to tell.
    abortOnError: false,
  });
  configureHttp(app, { problems: ledgerProblems });
  const description = new DocumentBuilder()
    .setTitle('Shop ledger: commands')
    .setDescription('Every command is idempotent by its Idempotency-Key and answers with the position of its effect.')
    .setVersion('0.1')
    .build();
  SwaggerModule.setup('api/docs', app, () => SwaggerModule.createDocument(app, description));
  return app;
};
