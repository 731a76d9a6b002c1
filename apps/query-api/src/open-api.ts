// OpenAPI of the query side, with Swagger UI under /api/docs.
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

/** Serves the description of all routes of an application. */
export const serveOpenApi = (app: INestApplication, title: string, description: string): void => {
  const config = new DocumentBuilder().setTitle(title).setDescription(description).setVersion('0.1').build();
  SwaggerModule.setup('api/docs', app, () => withHealth(SwaggerModule.createDocument(app, config)));
};

const HEALTH: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '/health/live': { 200: 'The process answers.' },
  '/health/ready': {
    200: 'The first import is complete and every projection is live.',
    503: 'Not ready; `reasons` says what is missing.',
  },
  '/health/progress': { 200: 'The progress of each part.' },
};

/** The health routes come from the framework, which does not know OpenAPI. */
const withHealth = (document: OpenAPIObject): OpenAPIObject => {
  for (const [path, answers] of Object.entries(HEALTH)) {
    const operation = document.paths[path]?.get;
    if (!operation) continue;
    operation.tags = ['health'];
    operation.responses = Object.fromEntries(Object.entries(answers).map(([status, description]) => [status, { description, content: ANY_OBJECT }]));
  }
  return document;
};

const ANY_OBJECT = { 'application/json': { schema: { type: 'object' } } };
