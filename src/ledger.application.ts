// The command side as one application: HTTP, OpenAPI, shutdown.
import { configureHttp } from '@mainstem/nest';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { ledgerProblems } from './ledger/ledger.problems.js';

/**
 * Creates the application of a module with the ledger, without listening. Bodies up to 1 MiB; Swagger UI: /api/docs.
 */
export const createLedgerApplication = async (module: DynamicModule): Promise<NestExpressApplication> => {
  const app = await NestFactory.create<NestExpressApplication>(module, {
    bodyParser: false,
    logger: ['error', 'warn'],
    forceCloseConnections: true,
    // The caller reports a failed start.
    abortOnError: false,
  });
  configureHttp(app, { problems: ledgerProblems });
  const description = new DocumentBuilder()
    .setTitle('Shop ledger: commands')
    .setDescription(
      'Every command is idempotent by its Idempotency-Key, which counts for one document: a repeated request with its key gets the first answer, and another request with that key is refused. ' +
        'Each answer has the position of its effect.',
    )
    .setVersion('0.1')
    .build();
  SwaggerModule.setup('api/docs', app, () => SwaggerModule.createDocument(app, description));
  return app;
};
