// Categories that can make one stream are refused anywhere in one application, and only there.
import 'reflect-metadata';
import { CommandExecutor, defineAggregate } from '@mainstem/aggregate';
import { defineEvents, InMemoryEventStore, type EventRegistry } from '@mainstem/event-store';
import { documentProjection, type HostedProjection } from '@mainstem/projection';
import { MemoryReadStore } from '@mainstem/testing';
import type { DynamicModule, INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, expect, it } from 'vitest';
import { CommandModule } from '../commands/command.module.js';
import { ProjectorModule } from '../projector/projector.module.js';
import { EventStoreModule } from './event-store.module.js';

class Moved {}
const [bed, bedLine, bench] = ['bed', 'bed-line', 'bench'].map((category) => defineEvents(category, { Moved })) as [Registry, Registry, Registry];
type Registry = EventRegistry<{ Moved: typeof Moved }>;

const aggregateOf = (events: Registry) =>
  defineAggregate({
    category: events.category,
    events,
    initialState: 0,
    evolve: (state: number) => state + 1,
    decide: () => [{ type: 'Moved' as const, data: {} }],
  });
const commands = (...registries: Registry[]): DynamicModule => CommandModule.forRoot({ aggregates: registries.map(aggregateOf) });

class Count {
  count!: number;
}
const projector = (...registries: Registry[]): DynamicModule => {
  class Apart {}
  const hosted = registries.map((events): HostedProjection => ({
    projection: documentProjection({
      ...{ name: `${events.category}-counts`, version: 1, document: Count, events: [events], key: (event) => event.stream },
      evolve: { Moved: (document) => ({ count: (document?.count ?? 0) + 1 }) },
    }),
    store: new MemoryReadStore(),
  }));
  // In a module of its own: the category counts for the application, too.
  return { module: Apart, imports: [ProjectorModule.forRootAsync({ useFactory: () => hosted })] };
};

const started: INestApplicationContext[] = [];
afterEach(async () => {
  for (const app of started.splice(0)) await app.close();
});
const start = async (...imports: DynamicModule[]): Promise<INestApplicationContext> => {
  class Root {}
  const module = { module: Root, imports: [EventStoreModule.forRoot({ store: new InMemoryEventStore() }), ...imports] };
  const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  started.push(app);
  return app;
};

const AMBIGUOUS = { code: 'EVENT_STORE_AMBIGUOUS_CATEGORY' };

it.each([
  ['two aggregates', () => [commands(bed, bedLine)]],
  ['an aggregate and a longer one of a projection', () => [commands(bed), projector(bedLine)]],
  ['an aggregate and a shorter one of a projection', () => [commands(bedLine), projector(bed)]],
  ['a projection that comes before the aggregate', () => [projector(bedLine), commands(bed)]],
  ['two projections', () => [projector(bed, bedLine)]],
])('an application does not start with the categories of %s', async (_, imports) => {
  await expect(start(...imports())).rejects.toMatchObject(AMBIGUOUS);
});

it('an undeclared aggregate is refused with each of its commands, and nothing is written', async () => {
  const executor = (await start(CommandModule.forRoot(), projector(bed))).get(CommandExecutor);
  await expect(executor.execute(aggregateOf(bedLine), '1', {})).rejects.toMatchObject(AMBIGUOUS);
  await expect(executor.executeAll(aggregateOf(bedLine), '1', [{}])).rejects.toMatchObject(AMBIGUOUS);
  expect(await executor.execute(aggregateOf(bed), 'line-1', {})).toMatchObject({ nextRevision: 0n });
});

it('the same category may be declared in many places, together with different ones', async () => {
  await start(commands(bed, bench), projector(bed, bench));
});

it('applications of one process do not know of each other', async () => {
  await start(commands(bed), projector(bed));
  await start(commands(bedLine), projector(bedLine));
});
