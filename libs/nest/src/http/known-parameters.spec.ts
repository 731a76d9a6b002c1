// Unknown parameters of a URL are refused on every route, with the name that was probably meant.
import 'reflect-metadata';
import type { CommandContext } from '@mainstem/aggregate';
import { systemRuntime } from '@mainstem/event-store';
import { MemoryReadStore } from '@mainstem/testing';
import { Body, Controller, createParamDecorator, Get, Global, Module, Param, Post, Query, Req, type ExecutionContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Allow, IsOptional, IsString } from 'class-validator';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandContextOf } from '../commands/command-context-of.js';
import { RUNTIME } from '../event-store/tokens.js';
import { HealthModule } from '../health/health.module.js';
import type { Answer } from '../position/answer.js';
import { PositionModule } from '../position/position.interceptor.js';
import { ReadsFrom } from '../position/reads-from.js';
import { configureHttp } from './configure-http.js';

class PageQuery {
  @IsOptional() @IsString() limit?: string;
  @IsOptional() @IsString() cursor?: string;
}
class Note {
  @Allow() text?: unknown;
}
const READ_STORE = Symbol('read store');
const QueryOf = createParamDecorator((_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<{ query: object }>().query);

@Controller()
class RoutesController {
  @Get('none/:id')
  none(@Param('id') id: string): object {
    return { id };
  }

  @Get('named')
  named(@Query('limit') limit?: string, @Query('toString') text?: string): object {
    return { limit, text };
  }

  @Get('class')
  class(@Query() query: PageQuery): object {
    return query;
  }

  @Get('reads')
  @ReadsFrom(READ_STORE)
  reads(): Answer<object> {
    return { value: {}, position: undefined };
  }

  @Post('commands')
  command(@Body() body: unknown, @CommandContextOf() _: CommandContext): unknown {
    return body;
  }

  @Post('notes')
  note(@Body() body: Note): object {
    return body;
  }

  @Get('whole')
  whole(@Query() query: Record<string, string>): object {
    return query;
  }

  @Get('request')
  request(@Req() request: { query: object }): object {
    return request.query;
  }

  @Get('custom')
  custom(@QueryOf() query: object): object {
    return query;
  }
}

@Global()
@Module({
  imports: [PositionModule.forRoot(), HealthModule.forRootAsync({ useFactory: () => [] })],
  controllers: [RoutesController],
  providers: [
    { provide: RUNTIME, useValue: systemRuntime },
    { provide: READ_STORE, useValue: new MemoryReadStore() },
  ],
  exports: [RUNTIME],
})
class RoutesModule {}

describe('a parameter of the URL', () => {
  let app: NestExpressApplication;
  beforeAll(async () => {
    app = configureHttp(await NestFactory.create<NestExpressApplication>(RoutesModule, { logger: false, bodyParser: false }));
    await app.listen(0, '127.0.0.1');
  });
  afterAll(() => app.close());

  const ask = async (path: string, body?: string): Promise<{ readonly status: number; readonly answer: Record<string, unknown> }> => {
    const { port } = app.getHttpServer().address() as AddressInfo;
    const sent = body === undefined ? {} : { method: 'POST', headers: { 'Content-Type': 'application/json' }, body };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, sent);
    return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
  };

  const MEMBERS = ['constructor', '__proto__', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'];
  it.each(
    ['/none/1', '/class', '/reads', '/health/live', '/health/ready', '/health/progress'].flatMap((path) => MEMBERS.map((name) => [path, name])),
  )('is refused on %s if it has the name %s of a member of every object', async (path, name) => {
    const { status, answer } = await ask(`${path}?${name}=1`);
    expect({ status, code: answer['code'] }).toEqual({ status: 400, code: 'REQUEST_INVALID' });
    expect(answer['errors']).toEqual([{ field: name, message: expect.stringContaining(`property ${name} should not exist`) }]);
  });

  it.each([
    ['/none/1?foo=1', 'foo', 'there are none here'],
    ['/named?limt=1', 'limt', 'did you mean limit?'],
    ['/named?foo=1', 'foo', 'known are limit, toString'],
    ['/class?limt=1', 'limt', 'did you mean limit?'],
    ['/class?coursor=1', 'coursor', 'did you mean cursor?'],
    ['/class?foo=1', 'foo', 'known are limit, cursor'],
    ['/class?limit[x]=1', 'limit[x]', 'known are limit, cursor'],
    ['/reads?minPositon=1', 'minPositon', 'did you mean minPosition?'],
    ['/none/1?minPosition=1', 'minPosition', 'there are none here'],
    ['/health/ready?foo=1', 'foo', 'there are none here'],
  ])('is refused in %s with the name that was meant', async (path, field, advice) => {
    const { status, answer } = await ask(path);
    expect({ status, errors: answer['errors'] }).toEqual({
      status: 400,
      errors: [{ field, message: `property ${field} should not exist; ${advice}` }],
    });
  });

  it('is refused together with its command, which is not executed', async () => {
    expect(await ask('/commands?foo=1', '{}')).toMatchObject({ status: 400, answer: { code: 'REQUEST_INVALID' } });
    expect(await ask('/commands?minPosition=5', '{}')).toMatchObject({ status: 400, answer: { code: 'REQUEST_INVALID' } });
    expect(await ask('/commands', '{"a":1}')).toEqual({ status: 201, answer: { a: 1 } });
  });

  it.each([
    ['/named?limit=1&toString=2', { limit: '1', text: '2' }],
    ['/class?limit=1&cursor=2', { limit: '1', cursor: '2' }],
    ['/reads?minPosition=0', {}],
    ['/whole?a=1&toString=2', { a: '1', toString: '2' }],
    ['/request?a=1', { a: '1' }],
    ['/custom?a=1', { a: '1' }],
    ['/none/1', { id: '1' }],
    ['/none/1?', { id: '1' }],
    ['/health/live', { status: 'live' }],
  ])('is accepted in %s', async (path, answer) => {
    expect(await ask(path)).toEqual({ status: 200, answer });
  });

  it('as a field of a body that has a class', async () => {
    expect(await ask('/notes', '{"text":1}')).toEqual({ status: 201, answer: { text: 1 } });
    for (const name of MEMBERS) expect(await ask('/notes', `{"${name}":1}`)).toMatchObject({ status: 400, answer: { errors: [{ field: name }] } });
  });
});
