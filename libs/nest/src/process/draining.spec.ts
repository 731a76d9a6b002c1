// Stopping loses no answer: running requests are answered, later ones are refused.
import { Controller, Get, Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Draining } from './draining.js';

let release: () => void;
let asked: number;
let released: Promise<void>;

class SlowController {
  async slow(): Promise<string> {
    asked++;
    await released;
    return 'done';
  }
}
Controller()(SlowController);
Get('slow')(SlowController.prototype, 'slow', Object.getOwnPropertyDescriptor(SlowController.prototype, 'slow') as PropertyDescriptor);

class SlowModule {}
Module({ controllers: [SlowController] })(SlowModule);

interface Answer {
  readonly status: number;
  readonly connection: string | undefined;
}

describe('draining', () => {
  let app: INestApplication;
  let draining: Draining;
  let agent: Agent;
  let pauses: number[];
  let pass: (ms: number) => Promise<unknown>;
  beforeEach(async () => {
    asked = 0;
    released = new Promise((resolve) => (release = resolve));
    app = await NestFactory.create(SlowModule, { logger: false, forceCloseConnections: true });
    pauses = [];
    pass = (ms) => delay(ms);
    draining = new Draining(app, (ms) => (pauses.push(ms), pass(ms)));
    await app.listen(0, '127.0.0.1');
    agent = new Agent({ keepAlive: true });
  });
  afterEach(async () => {
    agent.destroy();
    await app.close();
  });

  const ask = (path: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
      request({ host: '127.0.0.1', port, path, agent }, (answer) => {
        answer.resume();
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, connection: answer.headers.connection }));
      })
        .on('error', reject)
        .end();
    });

  it('answers all running requests, and announces the end of the connections', async () => {
    const answers = Array.from({ length: 40 }, () => ask('/slow'));
    await expect.poll(() => asked).toBe(40);
    const drained = draining.drain();
    await expect.poll(() => (app.getHttpServer() as Server).listening).toBe(false);
    release();
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 40 }, () => ({ status: 200, connection: 'close' })));
    await drained;
  });

  it('answers requests that were sent before the signal and not read yet', async () => {
    let accepted = 0;
    (app.getHttpServer() as Server).on('connection', () => accepted++);
    // On a busy machine a pause is as long as what it is for.
    pass = async (ms) => {
      const isFirst = pauses.length === 1;
      await delay(ms);
      await expect.poll(() => (isFirst ? accepted : asked)).toBe(40);
    };
    const answers = Array.from({ length: 40 }, () => ask('/slow'));
    const drained = draining.drain();
    await expect.poll(() => asked).toBe(40);
    release();
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array.from({ length: 40 }, () => 200));
    await drained;
  });

  it('refuses later requests: on a new connection, and on an open one', async () => {
    const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
    const first = ask('/slow');
    await expect.poll(() => asked).toBe(1);
    const idle = ask('/nothing');
    expect((await idle).status).toBe(404); // its connection stays open
    const drained = draining.drain();
    await expect.poll(() => (app.getHttpServer() as Server).listening).toBe(false);
    await expect(fetch(`http://127.0.0.1:${port}/slow`)).rejects.toThrow();
    release();
    await first;
    await drained;
    expect(asked).toBe(1);
  });

  it('does not wait when no request is running', async () => {
    await draining.drain();
    expect(pauses.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(100);
  });
});
