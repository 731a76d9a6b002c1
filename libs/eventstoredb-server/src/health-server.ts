// The server's health over HTTP/1.1: same paths and answers as the applications.
import { createServer, type RequestListener, type Server as HttpServer, type ServerResponse } from 'node:http';
import { isMainstemError, silenceOf } from '@mainstem/event-store';
import { CannotListen } from './errors.js';
import type { EventLog } from './log/event-log.js';

/** How long the log may take to report its end. */
const HEAD_TIMEOUT_MS = 2_000;
/** The time limit of an idle connection. */
const CONNECTION_TIMEOUT_MS = 5_000;

/** The figures of the process, in the format that their reader expects. */
export type Metrics = () => Promise<{ readonly contentType: string; readonly body: string }>;

export interface HealthOptions {
  readonly log: Pick<EventLog, 'head' | 'silence'>;
  readonly metrics: Metrics | undefined;
  /** Receives failures that clients learn without details. */
  readonly report: (error: unknown) => void;
}

export interface HealthServerOptions extends HealthOptions {
  readonly host: string;
  readonly port: number;
}

/** Answers one request on each connection that is handed to it. It neither listens nor closes idle connections. */
export const healthOfConnections = (options: HealthOptions): HttpServer => {
  const server = createServer(healthAnswers(options));
  server.maxRequestsPerSocket = 1;
  server.timeout = CONNECTION_TIMEOUT_MS;
  return server;
};

/**
 * Answers GET /health/live (204), /health/ready (200, or 503 with reasons), /health/progress and, if there are figures,
 * /metrics. Errors: EVENT_STORE_SERVER_CANNOT_LISTEN.
 */
export const listenForHealth = ({ host, port, ...options }: HealthServerOptions): Promise<HttpServer> => {
  const server = createServer(healthAnswers(options));
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new CannotListen(`${host}:${port}`, error)));
    server.listen(port, host, () => resolve(server));
  });
};

const healthAnswers = ({ log, metrics, ...options }: HealthOptions): RequestListener => {
  const report = onceEach(options.report);
  return (request, response) => {
    const path = request.method === 'GET' ? request.url : undefined;
    if (path === '/health/live') response.writeHead(204).end();
    else if (path === '/health/ready') void ready(log, report).then((reasons) => answerReady(response, reasons));
    else if (path === '/health/progress') void headOf(log).then((head) => answer(response, 200, { 'event store': { head } }));
    else if (path === '/metrics' && metrics) void answerMetrics(response, metrics, report);
    else response.writeHead(404).end();
  };
};

/** Health is asked every second: a failure is reported only when it differs from the one before. */
const onceEach = (report: HealthOptions['report']): HealthOptions['report'] => {
  let last: string | undefined;
  return (error) => {
    const text = String(error);
    if (text !== last) report(error);
    last = text;
  };
};

const ready = async (log: HealthOptions['log'], report: HealthOptions['report']): Promise<readonly string[]> => {
  const timeout = AbortSignal.timeout(HEAD_TIMEOUT_MS);
  const isLate = new Promise<string>((resolve) => timeout.addEventListener('abort', () => resolve(`no answer within ${HEAD_TIMEOUT_MS} ms`)));
  const failure = await Promise.race([
    isLate,
    log.head().then(
      () => undefined,
      (error: unknown) => told(error, report),
    ),
  ]);
  return [failure, log.silence && silenceOf(log.silence)].filter((reason) => reason !== undefined);
};

const headOf = (log: Pick<EventLog, 'head'>): Promise<string | null> =>
  log.head().then(
    (head) => String(head),
    () => null,
  );

const answerReady = (response: ServerResponse, reasons: readonly string[]): void => {
  const isReady = reasons.length === 0;
  answer(response, isReady ? 200 : 503, {
    status: isReady ? 'ready' : 'not ready',
    reasons: reasons.map((reason) => ({ check: 'event store', reason })),
  });
};

const answerMetrics = async (response: ServerResponse, metrics: Metrics, report: HealthOptions['report']): Promise<void> => {
  try {
    const { contentType, body } = await metrics();
    response.writeHead(200, { 'content-type': contentType }).end(body);
  } catch (error) {
    answer(response, 500, { reason: told(error, report) });
  }
};

const answer = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
};

/** Clients learn the code alone; paths and other details go to the log. */
const told = (error: unknown, report: HealthOptions['report']): string => {
  report(error);
  return isMainstemError(error) ? error.code : 'INTERNAL_ERROR';
};
