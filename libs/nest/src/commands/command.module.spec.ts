// The command module's refusals when the application starts.
import { defineEvents, InMemoryEventStore } from '@mainstem/event-store';
import { NestFactory } from '@nestjs/core';
import { expect, it } from 'vitest';
import { EventStoreModule } from '../event-store/event-store.module.js';
import { CommandModule } from './command.module.js';

class Put {}

it('refuses to start with two aggregates that could write one stream', async () => {
  const aggregates = ['order', 'order-line'].map((category) => ({ category, events: defineEvents(category, { Put }) }));
  class Root {}
  const start = (chosen: typeof aggregates) =>
    NestFactory.createApplicationContext(
      { module: Root, imports: [EventStoreModule.forRoot({ store: new InMemoryEventStore() }), CommandModule.forRoot({ aggregates: chosen })] },
      { logger: false, abortOnError: false },
    );
  await expect(start(aggregates)).rejects.toMatchObject({ code: 'EVENT_STORE_AMBIGUOUS_CATEGORY' });
  await (await start(aggregates.slice(0, 1))).close();
});
