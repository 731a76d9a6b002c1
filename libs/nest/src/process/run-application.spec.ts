// A process that cannot listen says why, in one line, and leaves nothing behind.
import 'reflect-metadata';
import { Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen } from './run-application.js';

let hasShutDown = false;

@Injectable()
class Resource implements OnApplicationShutdown {
  onApplicationShutdown(): void {
    hasShutDown = true;
  }
}

@Module({ providers: [Resource] })
class TestModule {}

describe('listen', () => {
  // Signal handlers are the process's own: the ones of these tests go again.
  let handlers: Readonly<Record<'SIGINT' | 'SIGTERM', readonly NodeJS.SignalsListener[]>>;
  beforeEach(() => {
    hasShutDown = false;
    handlers = { SIGINT: process.listeners('SIGINT'), SIGTERM: process.listeners('SIGTERM') };
  });
  afterEach(() => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      for (const handler of process.listeners(signal)) if (!handlers[signal].includes(handler)) process.removeListener(signal, handler);
    }
  });

  it('tells the address, with the port that was free', async () => {
    const app = await NestFactory.create(TestModule, { logger: false });
    const url = await listen(app, 0);
    expect(url).toMatch(/^http:\/\/localhost:[1-9][0-9]*$/);
    expect((await fetch(url)).status).toBe(404);
    await app.close();
  });

  it('explains a port that is taken, and closes the application', async () => {
    const other = createServer().listen(0);
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const app = await NestFactory.create(TestModule, { logger: false });
    await expect(listen(app, port)).rejects.toMatchObject({ code: 'PORT_IN_USE', port });
    expect(hasShutDown).toBe(true);
    other.close();
  });
});
