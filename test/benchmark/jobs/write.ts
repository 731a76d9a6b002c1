// The write side: commands through the executor, and the import through the handlers, alone and with all read models
// live.
import { allInOneSettings } from '#apps/all-in-one/src/all-in-one-settings.js';
import { createAllInOne } from '#apps/all-in-one/src/all-in-one.application.js';
import { FirstImport } from '#apps/all-in-one/src/first-import.js';
import { importLedger } from '#src/import/import-ledger.js';
import { LedgerModule } from '#src/ledger/ledger.module.js';
import { order } from '#src/ledger/order/order.aggregate.js';
import { AddOrderLines, OrderLine, PlaceOrder } from '#src/ledger/order/order.commands.js';
import { AppendTurns, CommandExecutor, newCommandContext } from '@mainstem/aggregate';
import { EmbeddedEventStore } from '@mainstem/embedded';
import { systemRuntime, type EventStore } from '@mainstem/event-store';
import { readSettings } from '@mainstem/event-store/settings';
import { EVENT_STORE } from '@mainstem/nest';
import { Projector } from '@mainstem/projection';
import { NestFactory } from '@nestjs/core';
import { CommandBus } from '@nestjs/cqrs';
import { join } from 'node:path';
import { COMMAND_LINES, commandAt, hotCommandAt, type CommandPlan } from '../command-plan.js';
import { expectSame, measured, type Job, type JobContext, type Sample } from '../job.js';

const LIVE_TIMEOUT_MS = 3_600_000;

const lineOf = (index: number): OrderLine =>
  Object.assign(new OrderLine(), { sku: `SKU${index % 1_000}`, description: 'A THING', quantity: 1 + (index % 9), unitPrice: '2.55' });
const lines = Array.from({ length: COMMAND_LINES }, (_, index) => lineOf(index));

/** The command of a plan as the application's class. */
export const commandOf = ({ orderNo, isFirst }: CommandPlan): PlaceOrder | AddOrderLines =>
  isFirst
    ? Object.assign(new PlaceOrder(), { orderNo, customerId: '17850', country: 'France', lines })
    : Object.assign(new AddOrderLines(), { orderNo, lines });

export interface CommandRun {
  readonly clients: number;
  readonly count: number;
  readonly planAt?: (index: number) => CommandPlan;
  readonly isInOrder?: boolean;
  readonly measure?: typeof measured;
}

/**
 * Each of `clients` sends one command after the other, always the next of the plan; in order: appends keep that order.
 */
export const sendCommands = async (
  store: EventStore,
  { clients, count, planAt = commandAt, isInOrder = false, measure = measured }: CommandRun,
): Promise<Sample> => {
  const executor = new CommandExecutor({ store });
  const turns = new AppendTurns();
  const execute = async (plan: CommandPlan): Promise<void> => {
    if (!isInOrder) return void (await executor.execute(order, plan.orderNo, commandOf(plan)));
    const appendTurn = turns.take();
    try {
      await executor.execute(order, plan.orderNo, commandOf(plan), { ...newCommandContext(systemRuntime), appendTurn });
    } finally {
      appendTurn.release();
    }
  };
  let next = 0;
  const client = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await execute(planAt(index));
  };
  const sample = await measure(async () => {
    await Promise.all(Array.from({ length: clients }, client));
    return count;
  });
  let events = 0;
  for await (const batch of store.readAll()) events += batch.length;
  let expected = 0;
  for (let index = 0; index < count; index++) expected += COMMAND_LINES + (planAt(index).isFirst ? 1 : 0);
  expectSame('events of all commands', events, expected);
  return sample;
};

const commands =
  (run: CommandRun): Job =>
  async ({ dir }) => {
    const store = await EmbeddedEventStore.open({ dir });
    try {
      return await sendCommands(store, run);
    } finally {
      await store.close();
    }
  };

export const ONE_BY_ONE: CommandRun = { clients: 1, count: 3_000 };
export const BY_64: CommandRun = { clients: 64, count: 30_000 };

export const commandsOneByOne = commands(ONE_BY_ONE);
export const commandsBy64 = commands(BY_64);
export const commandsInOrder = commands({ ...BY_64, isInOrder: true });
export const commandsOnOneStream = commands({ ...BY_64, planAt: hotCommandAt });

/** The whole file through the handlers, as the application has them. */
export const importInto = async (store: EventStore, { dir, file, events }: JobContext, measure = measured): Promise<Sample> => {
  const app = await NestFactory.createApplicationContext(LedgerModule.forRoot({ eventStore: { store } }), { logger: ['error', 'warn'] });
  try {
    return await measure(async () => {
      const report = await importLedger({ file, commandBus: app.get(CommandBus), events: store, rejectsFile: join(dir, 'rejects.ndjson') });
      expectSame('imported events', report.added, events);
      return report.added;
    });
  } finally {
    await app.close();
  }
};

export const importAlone: Job = async (context) => {
  const store = await EmbeddedEventStore.open({ dir: context.dir });
  try {
    return await importInto(store, context);
  } finally {
    await store.close();
  }
};

/** The work of `npm start` on an empty folder: import, command side, all projections and queries in one process. */
export const importLive: Job = async ({ dir, file, events }) => {
  const app = await createAllInOne(readSettings(allInOneSettings(), ['--dir', dir, '--port', '0', '--data', file], {}));
  try {
    const projector = app.get(Projector);
    let importMs = 0;
    const sample: Sample = await measured(async () => {
      const start = performance.now();
      await app.init();
      const { state, report } = await app.get(FirstImport).ended();
      importMs = performance.now() - start;
      expectSame('state of the import', state, 'done');
      expectSame('imported events', report?.added, events);
      const head = await app.get<EventStore>(EVENT_STORE).head();
      if (head === undefined) throw new Error('nothing was imported');
      await Promise.all(projector.status().map(({ projection }) => projector.waitFor(projection, head, { timeoutMs: LIVE_TIMEOUT_MS })));
      return events;
    });
    return { ...sample, figures: { importMs } };
  } finally {
    await app.close();
  }
};
