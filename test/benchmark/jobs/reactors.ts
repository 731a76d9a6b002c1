// A reactor that sends one command for each event, on the embedded stores: from the first event to the last effect.
import { CommandExecutor, defineAggregate } from '@mainstem/aggregate';
import { EmbeddedCacheStore, EmbeddedEventStore } from '@mainstem/embedded';
import { defineEvents, eventIdOf, streamName, type Position } from '@mainstem/event-store';
import { hostReactor, reactor, send } from '@mainstem/process';
import { Projector } from '@mainstem/projection';
import { IsInt, IsString } from 'class-validator';
import { expectSame, measured, type Job } from '../job.js';
import { REACTOR_EVENTS, reactorEventAt } from '../reactor-plan.js';

const APPENDS_AT_ONCE = 64;
const TIMEOUT_MS = 120_000;

class PaidData {
  @IsString() order!: string;
  @IsInt() cents!: number;
}
const paymentEvents = defineEvents('payment', { Paid: PaidData });
const orderEvents = defineEvents('order', { MarkedAsPaid: PaidData });

class MarkAsPaid extends PaidData {
  constructor(order: string, cents: number) {
    super();
    Object.assign(this, { order, cents });
  }
}

const order = defineAggregate({
  category: 'order',
  events: orderEvents,
  initialState: { isPaid: false },
  evolve: (_: { readonly isPaid: boolean }) => ({ isPaid: true }),
  decide: ({ order: of, cents }: MarkAsPaid, { isPaid }) => (isPaid ? [] : [{ type: 'MarkedAsPaid' as const, data: { order: of, cents } }]),
});

const marking = reactor({
  name: 'marking',
  events: [paymentEvents],
  startsAt: 'first-event',
  react: { Paid: ({ data }) => [send('mark', order, data.order, new MarkAsPaid(data.order, data.cents))] },
});

export const reactions: Job = async ({ dir }) => {
  const store = await EmbeddedEventStore.open({ dir });
  const readStore = await EmbeddedCacheStore.open({ dir });
  try {
    let next = 0;
    const append = async (): Promise<void> => {
      for (let index = next++; index < REACTOR_EVENTS; index = next++) {
        const { payment, data } = reactorEventAt(index);
        const stream = streamName(`payment-${payment}`);
        await store.append(stream, [{ id: eventIdOf('bench', stream, 0), type: 'Paid', data, metadata: {} }], { expectedRevision: 'no-stream' });
      }
    };
    await Promise.all(Array.from({ length: APPENDS_AT_ONCE }, append));
    const executor = new CommandExecutor({ store });
    const projector = new Projector({ reader: store, projections: [hostReactor(marking, { executor, store: readStore })] });
    const last = (await store.head()) as Position;
    const sample = await measured(async () => {
      projector.start();
      await projector.waitFor('marking', last, { timeoutMs: TIMEOUT_MS });
      return REACTOR_EVENTS;
    });
    await projector.stop();
    expectSame('events of all payments and effects', Number(await store.head()), 2 * REACTOR_EVENTS);
    return sample;
  } finally {
    await Promise.all([store.close(), readStore.close()]);
  }
};
