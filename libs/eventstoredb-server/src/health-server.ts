// The server's health over HTTP/1.1: the same paths and answers as those of the applications.
import { createServer, type RequestListener, type Server as HttpServer, type ServerResponse } from 'node:http';
import { silenceOf } from '@mainstem/event-store';
import { CannotListen } from './errors.js';
import type { EventLog } from './log/event-log.js';

/** Longest that the log may take to say where it ends. */
const HEAD_TIMEOUT_MS = 2_000;
/** Of a connection on which nothing comes. */
const CONNECTION_TIMEOUT_MS = 5_000;

/** The process's figures, in whatever format their reader expects. */
export type Metrics = () => Promise<{ readonly contentType: string; readonly body: string }>;

export interface HealthOptions {
  readonly log: Pick<EventLog, 'head' | 'silence'>;
  readonly metrics: Metrics | undefined;
}

export interface HealthServerOptions extends HealthOptions {
  readonly host: string;
  readonly port: number;
}

/** Answers the same, for connections that are handed to it. One request each: it neither listens nor watches over idle ones. */
export const healthOfConnections = (options: HealthOptions): HttpServer => {
  const server = createServer(healthAnswers(options));
  server.maxRequestsPerSocket = 1;
  server.timeout = CONNECTION_TIMEOUT_MS;
  return server;
};

/** Answers GET /health/live (204), /health/ready (200, or 503 with reasons), /health/progress and, where there are any, /metrics. Errors: EVENT_STORE_SERVER_CANNOT_LISTEN. */
export const listenForHealth = ({ host, port, ...options }: HealthServerOptions): Promise<HttpServer> => {
  const server = createServer(healthAnswers(options));
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new CannotListen(`${host}:${port}`, error)));
    server.listen(port, host, () => resolve(server));
  });
};

const healthAnswers =
  ({ log, metrics }: HealthOptions): RequestListener =>
  (request, response) => {
    const path = request.method === 'GET' ? request.url : undefined;
    if (path === '/health/live') response.writeHead(204).end();
    else if (path === '/health/ready') void ready(log).then((reasons) => answerReady(response, reasons));
    else if (path === '/health/progress') void headOf(log).then((head) => answer(response, 200, { 'event store': { head } }));
    else if (path === '/metrics' && metrics) void answerMetrics(response, metrics);
    else response.writeHead(404).end();
  };

const ready = async (log: Pick<EventLog, 'head' | 'silence'>): Promise<readonly string[]> => {
  const timeout = AbortSignal.timeout(HEAD_TIMEOUT_MS);
  const isLate = new Promise<string>((resolve) => timeout.addEventListener('abort', () => resolve(`no answer within ${HEAD_TIMEOUT_MS} ms`)));
  const told = await Promise.race([isLate, log.head().then(() => undefined, messageOf)]);
  return [told, log.silence && silenceOf(log.silence)].filter((reason) => reason !== undefined);
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

const answerMetrics = async (response: ServerResponse, metrics: Metrics): Promise<void> => {
  try {
    const { contentType, body } = await metrics();
    response.writeHead(200, { 'content-type': contentType }).end(body);
  } catch (error) {
    answer(response, 500, { reason: messageOf(error) });
  }
};

const answer = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
