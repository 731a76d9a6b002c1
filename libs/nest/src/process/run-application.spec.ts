// A process that cannot listen gives the reason in one line, and leaves nothing behind.
import 'reflect-metadata';
import { Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
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
  // Signal handlers belong to the process: the tests remove theirs.
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

  it('listens on this machine only, unless another address is set', async () => {
    const app = await NestFactory.create(TestModule, { logger: false });
    await listen(app, 0);
    expect((app.getHttpServer() as Server).address()).toMatchObject({ address: '127.0.0.1' });
    await app.close();
  });

  it('listens on the given address, and returns a usable URL', async () => {
    const ownAddresses = Object.values(networkInterfaces()).flatMap((of = []) => of.filter(({ family }) => family === 'IPv4'));
    for (const host of ['0.0.0.0', ...ownAddresses.map(({ address }) => address)]) {
      const app = await NestFactory.create(TestModule, { logger: false });
      const url = await listen(app, 0, host);
      expect(new URL(url).hostname).toBe(['0.0.0.0', '127.0.0.1'].includes(host) ? 'localhost' : host);
      expect((app.getHttpServer() as Server).address()).toMatchObject({ address: host });
      expect((await fetch(url)).status).toBe(404);
      await app.close();
    }
  });

  it('explains an address that the machine does not have, and closes the application', async () => {
    const app = await NestFactory.create(TestModule, { logger: false });
    // A documentation address (RFC 5737): no machine has it.
    await expect(listen(app, 0, '192.0.2.1')).rejects.toMatchObject({ code: 'HOST_UNUSABLE', host: '192.0.2.1' });
    expect(hasShutDown).toBe(true);
  });

  it('explains a port in use, and closes the application', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const app = await NestFactory.create(TestModule, { logger: false });
    await expect(listen(app, port)).rejects.toMatchObject({ code: 'PORT_IN_USE', port });
    expect(hasShutDown).toBe(true);
    other.close();
  });
});
