// The command module's refusals when the application starts, and its snapshots of long streams.
import { CommandExecutor, defineAggregate, type SnapshotTold } from '@mainstem/aggregate';
import { defineEvents, InMemoryEventStore, InMemorySnapshotStore, MainstemError } from '@mainstem/event-store';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { expect, it, vi } from 'vitest';
import { EventStoreModule } from '../event-store/event-store.module.js';
import { TELEMETRY } from '../telemetry/tokens.js';
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

it('logs a snapshot store that fails once, tells of each failure, and closes the store at the end', async () => {
  const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
  const [told, counted]: [SnapshotTold[], string[]] = [[], []];
  const snapshots = new InMemorySnapshotStore();
  vi.spyOn(snapshots, 'load').mockRejectedValue(new MainstemError('SNAPSHOT_STORE_BUSY', 'It is busy.'));
  const mark = defineAggregate({
    ...{ category: 'mark', events: defineEvents('mark', { Put }), initialState: 0, snapshot: { every: 1 } },
    evolve: (state: number) => state + 1,
    decide: () => [{ type: 'Put' as const, data: {} }],
  });
  class Root {}
  class Watching {}
  const telemetry = { provide: TELEMETRY, useValue: { onSnapshot: ({ outcome }: SnapshotTold) => counted.push(outcome) } };
  const application = await NestFactory.createApplicationContext(
    {
      module: Root,
      imports: [
        { module: Watching, global: true, providers: [telemetry], exports: [TELEMETRY] },
        EventStoreModule.forRoot({ store: new InMemoryEventStore() }),
        CommandModule.forRoot({ snapshots, onSnapshot: (one) => told.push(one) }),
      ],
    },
    { logger: false, abortOnError: false },
  );
  await application.get(CommandExecutor).execute(mark, 'a', {});
  await application.close();
  expect(told).toMatchObject([{ outcome: 'failed', isFirst: true }]);
  expect(counted).toEqual(['failed']);
  expect(warn.mock.calls).toEqual([['mark-a: SNAPSHOT_STORE_BUSY: It is busy.']]);
  await expect(snapshots.remove()).rejects.toMatchObject({ code: 'SNAPSHOT_STORE_CLOSED' });
  vi.restoreAllMocks();
});
