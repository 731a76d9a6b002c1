// `?minPosition=` works with any query class, in a real Express application whose pipe refuses unknown parameters.
import 'reflect-metadata';
import { defineEvents, eventId, InMemoryEventStore, streamName } from '@mainstem/event-store';
import { documentProjection } from '@mainstem/projection';
import { MemoryReadStore } from '@mainstem/testing';
import { Controller, Get, Module, Param, Query, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { IsOptional, IsString, Matches } from 'class-validator';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventStoreModule } from '../event-store/event-store.module.js';
import { configureHttp } from '../http/configure-http.js';
import { ProjectorModule } from '../projector/projector.module.js';
import type { Answer } from './answer.js';
import { found } from './found.js';
import { PositionModule } from './position.interceptor.js';
import { ReadsFrom } from './reads-from.js';

class Count {
  count!: number;
}
const counts = documentProjection({
  name: 'counts',
  version: 1,
  document: Count,
  events: [defineEvents('counter', { Counted: class {} })],
  key: (event) => event.stream,
  evolve: { Counted: (document) => ({ count: (document?.count ?? 0) + 1 }) },
});

class FilterQuery {
  @IsOptional() @IsString() country?: string;
}
class PositionQuery extends FilterQuery {
  @IsOptional() @Matches(/^[0-9]+$/) minPosition?: string;
}
class WaitingQuery extends PositionQuery {}

const READ_STORE = Symbol('read store');
const readStore = new MemoryReadStore();
const answer = <Value>(value: Value): Answer<Value> => ({ value, position: undefined });

/** A custom decorator that replaces the handler function. */
const wrapped: MethodDecorator = (_, __, descriptor: PropertyDescriptor) => {
  const inner = descriptor.value as (...given: unknown[]) => unknown;
  descriptor.value = function (this: unknown, ...given: unknown[]) {
    return inner.apply(this, given);
  };
};

@Controller()
class CountsController {
  @Get('filtered')
  @ReadsFrom(READ_STORE, 'counts')
  filtered(@Query() query: FilterQuery): Answer<object> {
    return answer({ query, isInstance: query instanceof FilterQuery });
  }

  @Get('declared')
  @ReadsFrom(READ_STORE, 'counts')
  declared(@Query() query: WaitingQuery): Answer<object> {
    return answer(query);
  }

  @ReadsFrom(READ_STORE, 'counts')
  @Get('wrapped')
  @wrapped
  wrapped(@Query() query: WaitingQuery): Answer<object> {
    return answer(query);
  }

  @Get('own-pipe')
  @ReadsFrom(READ_STORE, 'counts')
  ownPipe(@Query(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true })) query: FilterQuery): Answer<object> {
    return answer(query);
  }

  @Get('named')
  @ReadsFrom(READ_STORE, 'counts')
  named(@Query('minPosition') minPosition?: string): Answer<object> {
    return answer({ minPosition });
  }

  @Get('found/:key')
  @ReadsFrom(READ_STORE, counts)
  async found(@Param('key') key: string): Promise<Answer<Count>> {
    const [serving] = await readStore.generations();
    return found({ value: readStore.documents<Count>('counts').get(key), position: serving?.checkpoint.position }, 'counter', key);
  }

  @Get('plain')
  plain(@Query() query: FilterQuery): FilterQuery {
    return query;
  }
}

@Module({})
class TestModule {}

describe('?minPosition= and a query class', () => {
  const events = new InMemoryEventStore();
  const event = { id: eventId('00000000-0000-4000-8000-000000000001'), type: 'Counted', data: {}, metadata: {} };
  let app: NestExpressApplication;

  beforeAll(async () => {
    const module = {
      module: TestModule,
      global: true,
      imports: [
        EventStoreModule.forRoot({ store: events }),
        ProjectorModule.forRootAsync({ useFactory: () => [{ projection: counts, store: readStore }] }),
        PositionModule.forRoot({ waitTimeoutMs: 50 }),
      ],
      controllers: [CountsController],
      providers: [{ provide: READ_STORE, useValue: readStore }],
    };
    app = configureHttp(await NestFactory.create<NestExpressApplication>(module, { logger: false, bodyParser: false }));
    await app.listen(0, '127.0.0.1');
    await events.append(streamName('counter-1'), [event], { expectedRevision: 'no-stream' });
  });
  afterAll(async () => {
    await app.close();
    await events.close();
  });

  const get = async (path: string): Promise<{ readonly status: number; readonly body: Record<string, unknown>; readonly position?: string }> => {
    const { port } = app.getHttpServer().address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/${path}`);
    const position = response.headers.get('Mainstem-Position') ?? undefined;
    return { status: response.status, body: (await response.json()) as Record<string, unknown>, ...(position !== '0' && position && { position }) };
  };

  it('go together if the class does not declare it', async () => {
    expect(await get('filtered?country=FR&minPosition=1')).toEqual({ status: 200, body: { query: { country: 'FR' }, isInstance: true } });
    expect(await get('filtered?minPosition=2')).toMatchObject({ status: 503, body: { code: 'PROJECTION_BEHIND' } });
  });

  it('wait for the end of the event store with `latest`', async () => {
    expect(await get('filtered?minPosition=latest')).toMatchObject({ status: 200 });
    await events.append(streamName('other-1'), [{ ...event, id: eventId('00000000-0000-4000-8000-000000000002'), type: 'Other' }], {
      expectedRevision: 'no-stream',
    });
    const counted = { ...event, id: eventId('00000000-0000-4000-8000-000000000003') };
    const { position } = await events.append(streamName('counter-2'), [counted], { expectedRevision: 'no-stream' });
    expect(await get('found/counter-2?minPosition=latest')).toEqual({ status: 200, body: { count: 1 }, position: String(position) });
  });

  it('answer what was not found with 404, its name and the position that it reflects', async () => {
    expect(await get('found/counter-9')).toMatchObject({
      status: 404,
      body: {
        code: 'READ_MODEL_KEY_UNKNOWN',
        detail: 'There is no counter counter-9. If it was written just now, ask again with Mainstem-Min-Position.',
      },
      position: expect.stringMatching(/^[1-9]/) as string,
    });
  });

  it('go together with a pipe of the route', async () => {
    expect(await get('own-pipe?country=FR&minPosition=1')).toEqual({ status: 200, body: { country: 'FR' } });
  });

  it.each(['declared', 'wrapped'])('pass the parameter to a class that declares or inherits it: %s', async (path) => {
    expect(await get(`${path}?country=FR&minPosition=1`)).toEqual({ status: 200, body: { country: 'FR', minPosition: '1' } });
  });

  it('pass it to a handler that asks for it by name', async () => {
    expect(await get('named?minPosition=1')).toEqual({ status: 200, body: { minPosition: '1' } });
  });

  it.each(['filtered', 'declared', 'named'])('refuse a parameter that occurs twice, or is no position: %s', async (path) => {
    for (const query of ['minPosition=1&minPosition=2', 'minPosition=newest', 'minPosition='])
      expect(await get(`${path}?${query}`)).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID', errors: [{ field: 'minPosition' }] } });
  });

  it('refuse other unknown parameters, and this one on routes without `ReadsFrom`', async () => {
    expect(await get('filtered?minPosition=1&surprise=1')).toMatchObject({ status: 400, body: { errors: [{ field: 'surprise' }] } });
    expect(await get('plain?minPosition=1')).toMatchObject({ status: 400, body: { errors: [{ field: 'minPosition' }] } });
  });
});
