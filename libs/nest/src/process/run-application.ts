// Runs an application as a process: it listens, stops in time, and explains a failed start.
import { isMainstemError } from '@mainstem/event-store';
import { Logger, type INestApplication } from '@nestjs/common';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { isIPv6, type AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { ApplicationLogger, ignoreLostOutput, tellingLine } from './application-logger.js';
import { Draining } from './draining.js';
import { HostUnusable, PortForbidden, PortInUse } from '../errors.js';
import { HOST_DEFAULT } from './host-default.js';
import { announce, wantsJson } from './log-line.js';
import { servedHosts, serveOnly } from './served-hosts.js';

/** The longest time for closing everything, after running requests were answered. */
export const CLOSE_TIMEOUT_MS = 4_500;
/** Time to write remaining output after a failed start. */
const FAILED_START_TIMEOUT_MS = 500;
const EXIT_FAILURE = 1;
const KEEP_ALIVE_MS = 60_000;
/** An application on one of these addresses has this name; on the last two, other machines reach it, too. */
const AS_LOCALHOST = [HOST_DEFAULT, '0.0.0.0', '::'];

export interface ListenOptions {
  /** Names, besides this machine's, that are served on a loopback address; in lower case, without port. */
  readonly allowedHosts?: readonly string[];
}

/**
 * Listens, by default on an address that only this machine reaches, and returns the URL to use here. From then on
 * SIGINT and SIGTERM stop the application. Running requests are answered, for ten seconds at most, and new ones are
 * refused. Everything is closed within five more seconds, even if something hangs. A second signal ends it at once.
 * Errors: HOST_UNUSABLE, PORT_IN_USE, PORT_FORBIDDEN; then the application is closed.
 */
export const listen = async (
  app: INestApplication,
  port: number,
  host: string = HOST_DEFAULT,
  { allowedHosts = [] }: ListenOptions = {},
): Promise<string> => {
  const draining = new Draining(app);
  const server = app.getHttpServer() as Server;
  serveOnly(server, allowedHosts);
  // For handlers that are added from here on; `configureHttp` covers earlier ones.
  app.use(servedHosts(server));
  stopOnSignals(app, draining);
  try {
    await app.init();
    return await listenOn(server, port, host);
  } catch (error) {
    await app.close();
    throw listenError(error, port, host);
  }
};

/**
 * Runs a program's main function. Known errors are reported in one line, others with their stack; both set exit code 1.
 * Resources of an application that failed to start cannot keep the process alive.
 */
export const runMain = (main: () => Promise<void>): void => {
  ignoreLostOutput();
  const logger = new ApplicationLogger({ isJson: wantsJson() });
  Logger.overrideLogger(logger);
  // While the process waits for a missing server, Node must not find it idle: it would end silently.
  const alive = setInterval(() => undefined, KEEP_ALIVE_MS);
  main()
    .catch((error: unknown) => {
      if (!logger.hasTold(error)) logger.tell(error);
      process.exitCode = EXIT_FAILURE;
      setTimeout(() => process.exit(EXIT_FAILURE), FAILED_START_TIMEOUT_MS).unref();
    })
    .finally(() => clearInterval(alive));
};

// Not through Nest, which would log the error again with a stack.
const listenOn = async (server: Server, port: number, host: string): Promise<string> => {
  server.listen(port, host);
  await once(server, 'listening');
  const name = AS_LOCALHOST.includes(host) ? 'localhost' : isIPv6(host) ? `[${host}]` : host;
  return `http://${name}:${(server.address() as AddressInfo).port}`;
};

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Ends by the signal itself once everything is closed, like a program without handlers. */
const stopOnSignals = (app: INestApplication, draining: Draining): void => {
  const stop = (signal: NodeJS.Signals): void => {
    for (const each of SIGNALS) process.removeListener(each, stop);
    void drainAndClose(app, draining, signal).then(
      () => process.kill(process.pid, signal),
      (error: unknown) => {
        announce(isMainstemError(error) ? tellingLine(error) : inspect(error), 'error');
        process.exit(EXIT_FAILURE);
      },
    );
  };
  for (const signal of SIGNALS) process.on(signal, stop);
};

const drainAndClose = async (app: INestApplication, draining: Draining, signal: NodeJS.Signals): Promise<void> => {
  await draining.drain();
  const timer = setTimeout(() => {
    announce(`Did not stop within ${CLOSE_TIMEOUT_MS} ms; ending at once. The stores are safe, the next start goes on.`, 'error');
    process.exit(EXIT_FAILURE);
  }, CLOSE_TIMEOUT_MS);
  // Nest passes the signal to the hooks; its interface does not show that.
  await (app as INestApplication & { close(signal: string): Promise<void> }).close(signal);
  clearTimeout(timer);
};

const listenError = (error: unknown, port: number, host: string): unknown => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return new HostUnusable(host, error);
  if (code === 'EADDRINUSE') return new PortInUse(port, error);
  return code === 'EACCES' ? new PortForbidden(port, error) : error;
};
