// What an application refuses: bytes that are no text, and hosts that are not its own.
import { Body, Controller, Get, Headers, Module, Post, Query } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contextHeader } from '../commands/command-context-of.js';
import { listen } from '../process/run-application.js';
import { configureHttp } from './configure-http.js';

class EchoController {
  echo(headers: Record<string, string>, _: unknown): { readonly key: string | undefined } {
    return { key: contextHeader(headers, 'Idempotency-Key') };
  }
  take(body: unknown): unknown {
    return body;
  }
}
const descriptorOf = (name: string): PropertyDescriptor => Object.getOwnPropertyDescriptor(EchoController.prototype, name) as PropertyDescriptor;
Controller()(EchoController);
Get('echo/:id')(EchoController.prototype, 'echo', descriptorOf('echo'));
Headers()(EchoController.prototype, 'echo', 0);
Query('q')(EchoController.prototype, 'echo', 1);
Post('echo')(EchoController.prototype, 'take', descriptorOf('take'));
Body()(EchoController.prototype, 'take', 0);

class EchoModule {}
Module({ controllers: [EchoController] })(EchoModule);

let app: NestExpressApplication;
beforeAll(async () => {
  const handlers = process.listeners('SIGTERM');
  app = configureHttp(
    await NestFactory.create<NestExpressApplication>(EchoModule, { logger: false, bodyParser: false, forceCloseConnections: true }),
  );
  // Like Swagger UI, it answers without a route of Nest.
  app.use('/docs', (_: unknown, response: ServerResponse) => response.end('{}'));
  await listen(app, 0, '127.0.0.1', { allowedHosts: ['shop.test'] });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    for (const handler of process.listeners(signal)) if (!handlers.includes(handler)) process.removeListener(signal, handler);
  }
});
afterAll(() => app.close());

interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

const ask = ({ method = 'GET', path, headers = {}, body }: Asked): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> =>
  new Promise((resolve, reject) => {
    const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
    request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece) => (text += piece));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: JSON.parse(text) as Record<string, unknown> }));
    })
      .on('error', reject)
      .end(body);
  });

const inFourBytes = (character: string): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(character.codePointAt(0) ?? 0);
  return bytes;
};

const JSON_TYPE = { 'Content-Type': 'application/json' };

describe('the HTTP edge', () => {
  it.each<[string, Asked]>([
    ['a path', { path: '/echo/a%FFb' }],
    ['a query', { path: '/echo/1?q=%C3%28' }],
    ['a header', { path: '/echo/1', headers: { 'X-Client': 'a\xffb' } }],
    ['a body', { method: 'POST', path: '/echo', headers: JSON_TYPE, body: Buffer.from('{"name":"\xff"}', 'latin1') }],
    ['a surrogate in a body', { method: 'POST', path: '/echo', headers: JSON_TYPE, body: Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]) }],
  ])('answers 400 to bytes that are no UTF-8 in %s', async (_, asked) => {
    const { status, body } = await ask(asked);
    expect({ status, code: body['code'] }).toEqual({ status: 400, code: 'HTTP_BAD_REQUEST' });
    expect(body['detail']).toContain('UTF-8');
  });

  it.each<[string, string, Buffer]>([
    ['a byte that is none', 'utf-7', Buffer.from('{"name":"a\xffb"}', 'latin1')],
    ['sound text', 'utf-7', Buffer.from('{"name":"a+AGE-b"}')],
    ['an odd number of bytes', 'utf-16le', Buffer.concat([Buffer.from('{"name":"ab"}', 'utf16le'), Buffer.of(0x20)])],
    ['sound text', 'UTF-16LE', Buffer.from('{"name":"ab"}', 'utf16le')],
    ['sound text', '"utf-16le"', Buffer.from('{"name":"ab"}', 'utf16le')],
    ['bytes of UTF-8', 'utf-16', Buffer.from('{"name":"ab"}')],
    [
      'no character',
      'utf-32le',
      Buffer.concat([...'{"name":"a'].map(inFourBytes).concat([Buffer.of(0xff, 0xff, 0xff, 0x7f)], [...'"}'].map(inFourBytes))),
    ],
    ['sound text', 'utf-32le', Buffer.concat([...'{"name":"a"}'].map(inFourBytes))],
    ['sound text', 'latin1', Buffer.from('{"name":"a"}')],
    ['sound text', 'utf-8x', Buffer.from('{"name":"a"}')],
  ])('answers 415 to %s in a body of the charset %s', async (_, charset, sent) => {
    const { status, body } = await ask({
      method: 'POST',
      path: '/echo',
      headers: { 'Content-Type': `application/json; charset=${charset}` },
      body: sent,
    });
    expect({ status, code: body['code'] }).toEqual({ status: 415, code: 'HTTP_UNSUPPORTED_MEDIA_TYPE' });
  });

  it.each(['utf-8', 'UTF-8', '"utf-8"'])('accepts bodies of the charset %s, and refuses bytes that are not valid in it', async (charset) => {
    const type = { 'Content-Type': `Application/JSON; Charset=${charset}` };
    const sent = (text: string, encoding: BufferEncoding): Asked => ({
      method: 'POST',
      path: '/echo',
      headers: type,
      body: Buffer.from(text, encoding),
    });
    expect(await ask(sent('{"name":"ü"}', 'utf8'))).toEqual({ status: 201, body: { name: 'ü' } });
    expect(await ask(sent('{"name":"ü"}', 'latin1'))).toMatchObject({ status: 400, body: { code: 'HTTP_BAD_REQUEST' } });
  });

  it('answers 400 to an idempotency key that is no UTF-8, and names the header', async () => {
    const { status, body } = await ask({ path: '/echo/1', headers: { 'Idempotency-Key': 'a\xffb' } });
    expect({ status, code: body['code'] }).toEqual({ status: 400, code: 'COMMAND_INVALID' });
    expect(body['errors']).toMatchObject([{ field: 'Idempotency-Key' }]);
  });

  it('accepts any text in UTF-8, in each of these places', async () => {
    const sent = { name: 'Ünïcode 🎩' };
    expect((await ask({ method: 'POST', path: '/echo', headers: JSON_TYPE, body: Buffer.from(JSON.stringify(sent)) })).body).toEqual(sent);
    expect((await ask({ path: `/echo/${encodeURIComponent('ü 🎩')}?q=100%25` })).status).toBe(200);
    const key = 'schlüssel-1';
    const { body } = await ask({ path: '/echo/1', headers: { 'Idempotency-Key': Buffer.from(key).toString('latin1') } });
    expect(body).toEqual({ key });
  });

  it.each(['localhost', 'LOCALHOST:3000', '127.0.0.1', '[::1]:80', 'shop.localhost', 'shop.test', 'Shop.test:8080'])('serves %s', async (host) => {
    expect((await ask({ path: '/echo/1', headers: { Host: host } })).status).toBe(200);
  });

  it.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', 'shop.test.evil.example', '10.0.0.1', 'localhost@evil.example'])(
    'answers 421 to %s while it listens on a loopback address',
    async (host) => {
      for (const path of ['/echo/1', '/docs', '/nowhere', '/echo/a%FFb']) {
        const { status, body } = await ask({ path, headers: { Host: host } });
        expect({ status, code: body['code'] }).toEqual({ status: 421, code: 'HTTP_MISDIRECTED_REQUEST' });
      }
    },
  );
});
