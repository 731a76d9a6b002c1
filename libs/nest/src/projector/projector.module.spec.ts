// A projector lives as long as its application, and routes can wait for it.
import 'reflect-metadata';
import { defineEvents, eventId, InMemoryEventStore, streamName } from '@mainstem/event-store';
import { documentProjection, Projector } from '@mainstem/projection';
import { MemoryReadStore } from '@mainstem/testing';
import { Controller, Get, Module, type DynamicModule, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventStoreModule } from '../event-store/event-store.module.js';
import type { Answer } from '../position/answer.js';
import { PositionModule } from '../position/position.interceptor.js';
import { ReadsFrom } from '../position/reads-from.js';
import { ProblemDetailsFilter } from '../problem-details/problem-details.filter.js';
import { ProjectorModule } from './projector.module.js';

class Count {
  count!: number;
}
const counterEvents = defineEvents('counter', { Counted: class {} });
const counts = documentProjection({
  name: 'counts',
  version: 1,
  document: Count,
  events: [counterEvents],
  key: (event) => event.stream,
  evolve: { Counted: (document) => ({ count: (document?.count ?? 0) + 1 }) },
});

const READ_STORE = Symbol('read store');

@Controller()
class CountsController {
  @Get('counts')
  @ReadsFrom(READ_STORE, 'counts')
  async counts(): Promise<Answer<{ readonly generations: readonly string[] }>> {
    const [generation] = await readStore.generations('counts');
    return { value: { generations: [generation?.projection ?? 'none'] }, position: generation?.checkpoint.position };
  }

  @Get('plain')
  plain(): { readonly value: string } {
    return { value: 'as it is' };
  }
}

let events: InMemoryEventStore;
let readStore: MemoryReadStore;

@Module({})
class TestModule {}

describe('a hosted projector', () => {
  let app: INestApplication;
  let url: string;
  beforeEach(async () => {
    events = new InMemoryEventStore();
    readStore = new MemoryReadStore();
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
    app = await NestFactory.create(module, { logger: false });
    app.useGlobalFilters(new ProblemDetailsFilter());
    await app.listen(0);
    url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    await app.close();
    await events.close();
  });

  const append = async (): Promise<string> => {
    const event = { id: eventId('00000000-0000-4000-8000-000000000001'), type: 'Counted', data: {}, metadata: {} };
    const { position } = await events.append(streamName('counter-1'), [event], { expectedRevision: 'no-stream' });
    return position.toString();
  };

  it('projects what is appended, and lets a route wait for it', async () => {
    const response = await fetch(`${url}/counts?minPosition=${await append()}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('Mainstem-Position')).toBe('1');
    expect(await response.json()).toEqual({ generations: ['counts'] });
  });

  it('answers 503 with the lag when the wait takes too long', async () => {
    await append();
    const response = await fetch(`${url}/counts`, { headers: { 'Mainstem-Min-Position': '4' } });
    expect(response.status).toBe(503);
    expect(response.headers.get('Retry-After')).toBe('1');
    expect(await response.json()).toMatchObject({ code: 'PROJECTION_BEHIND', projection: 'counts', wantedPosition: '4', position: '1', lag: '3' });
  });

  it('gives position 0 for a read model that reflects nothing, without a wait', async () => {
    const response = await fetch(`${url}/counts?minPosition=0`);
    expect(response.headers.get('Mainstem-Position')).toBe('0');
  });

  it('leaves other routes alone', async () => {
    const response = await fetch(`${url}/plain?minPosition=99`);
    expect(await response.json()).toEqual({ value: 'as it is' });
    expect(response.headers.has('Mainstem-Position')).toBe(false);
  });

  it('stops with the application, and leaves the stores open', async () => {
    const projector = app.get(Projector);
    await app.close();
    expect(projector.status().map(({ state }) => state)).toEqual(['stopped']);
    expect(await readStore.generations('counts')).toHaveLength(1);
  });
});

describe('a projector module', () => {
  const hosted = { projection: counts, store: new MemoryReadStore() };
  it.each([
    ['a list in the list', () => [[hosted]], 'spread it'],
    ['one projection without a list', () => hosted, 'projections must be a list'],
    ['nothing', () => undefined, 'projections must be a list'],
    ['a definition without its read store', () => [counts], 'must be { projection, store }'],
  ])('refuses %s by name', async (_, useFactory, words) => {
    const imports = [
      EventStoreModule.forRoot({ store: new InMemoryEventStore() }),
      ProjectorModule.forRootAsync({ useFactory: useFactory as never }),
    ];
    const starting = NestFactory.createApplicationContext({ module: TestModule, imports }, { logger: false, abortOnError: false });
    await expect(starting).rejects.toMatchObject({ code: 'PROJECTION_INVALID_DEFINITION', message: expect.stringContaining(words) as string });
  });

  it('refuses a second one in an application, and not in another application of the process', async () => {
    const projector = (name: string) => {
      const named = documentProjection({
        ...{ name, version: 1, document: Count, events: [defineEvents('counter', { Counted: class {} })] },
        key: (event) => event.stream,
        evolve: { Counted: () => ({ count: 1 }) },
      });
      return ProjectorModule.forRootAsync({ useFactory: () => [{ projection: named, store: new MemoryReadStore() }] });
    };
    const start = (...projectors: readonly DynamicModule[]) => {
      const imports = [EventStoreModule.forRoot({ store: new InMemoryEventStore() }), ...projectors];
      return NestFactory.createApplicationContext({ module: TestModule, imports }, { logger: false, abortOnError: false });
    };
    await expect(start(projector('one'), projector('two'))).rejects.toMatchObject({ code: 'PROJECTOR_TWICE' });
    const both = await Promise.all([start(projector('one')), start(projector('two'))]);
    for (const application of both) await application.close();
  });
});
