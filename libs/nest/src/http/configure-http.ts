// The HTTP edge of an application: bodies with a limit, and errors as problem details.
import type { Runtime } from '@mainstem/event-store';
import { UnsupportedMediaTypeException, type INestApplication } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { Server } from 'node:http';
import { ProblemDetailsFilter } from '../problem-details/problem-details.filter.js';
import type { ProblemRules } from '../problem-details/problem-rules.js';
import { servedHosts } from '../process/served-hosts.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { TELEMETRY } from '../telemetry/tokens.js';
import { KnownParameters } from './known-parameters.js';
import { refuseUnreadable, refuseUnreadableBody } from './readable-request.js';
import { requestValidationPipe } from './request-validation.js';

export interface HttpOptions {
  /** Statuses of the application's own error codes. */
  readonly problems?: ProblemRules;
  /** The largest request body in bytes. Default 1 MiB. */
  readonly bodyBytesMax?: number;
  readonly runtime?: Runtime;
}

const BODY_BYTES_MAX = 1_048_576;

/** The methods of Nest's Express application. Create it with `{ bodyParser: false }`: Nest's own limit is smaller. */
export interface HttpApplication extends INestApplication {
  useBodyParser(type: 'json', options: { limit: number; verify: typeof refuseUnreadableBody }): unknown;
  /** Switches an option of Express off. */
  disable(option: 'x-powered-by'): unknown;
}

interface Request {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/**
 * Sets up Nest's Express application: only JSON bodies (415), with a limit (413), in UTF-8 like address and headers
 * (400). Unknown parameters are refused and queries validated (400); errors become problem details. Call it before you
 * set up anything else that answers requests, such as Swagger UI: earlier handlers are not protected.
 */
export const configureHttp = <Application extends HttpApplication>(app: Application, options: HttpOptions = {}): Application => {
  const telemetry = telemetryOf(app);
  if (telemetry?.onRequest) app.use(telemetry.onRequest);
  app.use(servedHosts(app.getHttpServer() as Server));
  app.use(refuseUnreadable);
  app.use((request: Request, _: unknown, next: (error?: unknown) => void) => next(mediaTypeProblem(request)));
  app.disable('x-powered-by');
  app.useBodyParser('json', { limit: options.bodyBytesMax ?? BODY_BYTES_MAX, verify: refuseUnreadableBody });
  if (telemetry?.afterBody) app.use(telemetry.afterBody);
  app.useGlobalGuards(new KnownParameters());
  app.useGlobalPipes(requestValidationPipe());
  app.useGlobalFilters(new ProblemDetailsFilter(options.problems, options.runtime));
  return app;
};

/** Provided only if something is switched on. `has` comes first: Nest logs an error for a missing provider. */
const telemetryOf = (app: INestApplication): Telemetry | undefined => {
  const isProvided = [...app.get(ModulesContainer).values()].some(({ providers }) => providers.has(TELEMETRY));
  return isProvided ? app.get<Telemetry>(TELEMETRY, { strict: false }) : undefined;
};

const mediaTypeProblem = ({ headers }: Request): Error | undefined => {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  const mediaType = String(headers['content-type'] ?? '')
    .split(';', 1)[0]
    ?.trim()
    .toLowerCase();
  if (!hasBody || mediaType === 'application/json') return undefined;
  return new UnsupportedMediaTypeException(`Send the body as application/json, not as ${mediaType || 'unnamed content'}.`);
};
