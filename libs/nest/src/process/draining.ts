// Stopping without losing an answer: running requests are answered, new ones are refused.
import type { Server, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { HttpException, HttpStatus, type INestApplication } from '@nestjs/common';

/** The longest wait for running requests. */
export const DRAIN_TIMEOUT_MS = 10_000;
/** Requests that were sent before the signal, but not read yet, still count as running. */
const GRACE_MS = 100;
/** For connections that were made before the signal but not accepted yet. */
const ACCEPT_MS = 20;
const POLL_MS = 10;
const RETRY_AFTER_S = 1;

/** Call it before `init`, so that it comes before the routes. */
export class Draining {
  readonly #server: Server;
  readonly #pause: (ms: number) => Promise<unknown>;
  readonly #underWay = new Set<ServerResponse>();
  readonly #refused = new WeakSet<ServerResponse>();
  #isRefusing = false;

  constructor(app: INestApplication, pause: (ms: number) => Promise<unknown> = (ms) => delay(ms)) {
    this.#pause = pause;
    this.#server = app.getHttpServer() as Server;
    // Counted before anything of the request is read, also its body.
    this.#server.prependListener('request', (_, response) => this.#take(response));
    app.use((_: unknown, response: ServerResponse, next: (error?: unknown) => void) => this.#pass(response, next));
  }

  /** Resolves when all running requests are answered, at most after `DRAIN_TIMEOUT_MS`. It refuses new ones. */
  async drain(): Promise<void> {
    await this.#pause(ACCEPT_MS);
    const hasConnections = await new Promise<boolean>((resolve) => this.#server.getConnections((_, count) => resolve(count > 0)));
    if (hasConnections) await this.#pause(GRACE_MS);
    this.#isRefusing = true;
    this.#server.close();
    const until = performance.now() + DRAIN_TIMEOUT_MS;
    for (const response of this.#underWay) closesAfter(response);
    while (this.#underWay.size > 0 && performance.now() < until) await this.#pause(POLL_MS);
  }

  #take(response: ServerResponse): void {
    if (this.#isRefusing) this.#refused.add(response);
    this.#underWay.add(response);
    response.once('close', () => this.#underWay.delete(response));
  }

  #pass(response: ServerResponse, next: (error?: unknown) => void): void {
    if (!this.#refused.has(response)) return next();
    closesAfter(response);
    response.setHeader('Retry-After', String(RETRY_AFTER_S));
    next(new HttpException('The application is stopping. Send the request again.', HttpStatus.SERVICE_UNAVAILABLE));
  }
}

const closesAfter = (response: ServerResponse): void => {
  if (!response.headersSent) response.setHeader('Connection', 'close');
};
