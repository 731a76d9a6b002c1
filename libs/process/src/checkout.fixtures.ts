// Orders whose card is charged and whose customer gets a mail, for several specs.
import { CommandExecutor, defineAggregate } from '@mainstem/aggregate';
import { defineEvents, InMemoryEventStore, systemRuntime, type EventOf, type EventStore, type Position, type Runtime } from '@mainstem/event-store';
import { Projector, type ReadStore } from '@mainstem/projection';
import type { Hosted } from '@mainstem/projection/reaction';
import { IsEmail, IsInt, IsString, Min } from 'class-validator';
import {
  effect,
  end,
  hostProcess,
  perform,
  processManager,
  resultOf,
  send,
  type Deadline,
  type EffectRunner,
  type Instance,
  type PendingEffect,
  type Performer,
  type ProcessManager,
} from './index.js';

class PlacedData {
  @IsEmail() email!: string;
  @IsInt() @Min(1) amount!: number;
}
class ConfirmedData {
  @IsString() payment!: string;
}
class RejectedData {
  @IsString() code!: string;
}
export const orderEvents = defineEvents('order', { Placed: PlacedData, Confirmed: ConfirmedData, Rejected: RejectedData });

export class Place extends PlacedData {
  constructor(email: string, amount: number) {
    super();
    Object.assign(this, { email, amount });
  }
}
export class Confirm extends ConfirmedData {
  constructor(payment: string) {
    super();
    this.payment = payment;
  }
}
export class Reject extends RejectedData {
  constructor(code: string) {
    super();
    this.code = code;
  }
}

export const order = defineAggregate({
  category: 'order',
  events: orderEvents,
  initialState: 'none' as 'none' | EventOf<typeof orderEvents>['type'],
  evolve: (_: 'none' | EventOf<typeof orderEvents>['type'], event: EventOf<typeof orderEvents>) => event.type,
  decide: (command: Place | Confirm | Reject, state): readonly EventOf<typeof orderEvents>[] => {
    if (command instanceof Place) return state === 'none' ? [{ type: 'Placed', data: { email: command.email, amount: command.amount } }] : [];
    if (state !== 'Placed') return [];
    return command instanceof Confirm
      ? [{ type: 'Confirmed', data: { payment: command.payment } }]
      : [{ type: 'Rejected', data: { code: command.code } }];
  },
});

// #region effects
class ChargeData {
  @IsString() order!: string;
  @IsInt() @Min(1) amount!: number;
}
class Receipt {
  payment!: string;
}
class MailData {
  @IsEmail() to!: string;
  @IsString() text!: string;
}
export const chargeCard = effect({ name: 'charge-card', data: ChargeData, result: Receipt });
export const sendMail = effect({ name: 'send-mail', data: MailData, timeoutMs: 10_000 });
// #endregion

// #region checkout
interface Checkout {
  readonly id: string;
  readonly email: string;
  readonly amount: number;
  readonly payment?: string;
}
const NONE: Checkout = { id: '', email: '', amount: 0 };

const charge = ({ id, amount }: Checkout) => perform('charge', chargeCard, { order: id, amount });
const mail = ({ id, email }: Checkout, text: string) => perform('mail', sendMail, { to: email, text: `Order ${id}: ${text}` });

/** Charges the card, confirms the order, and tells the customer. */
export const checkout = processManager({
  name: 'checkout',
  version: 1,
  events: [orderEvents],
  startsAt: 'first-event',
  key: (event) => event.stream.slice('order-'.length),
  initialState: NONE,
  sends: [{ aggregate: order, commands: [Confirm, Reject] }],
  performs: [chargeCard, sendMail],
  evolve: { Placed: (_, { stream, data }) => ({ id: stream.slice('order-'.length), ...data }) },
  react: { Placed: (run) => [charge(run)] },
  outcomes: {
    charge: {
      succeeded: {
        evolve: (run, outcome) => ({ ...run, payment: resultOf(chargeCard, outcome).payment }),
        react: (run) => [send('confirm', order, run.id, new Confirm(run.payment ?? '')), mail(run, 'thank you'), end()],
      },
      failed: { react: (run, { code }) => [send('reject', order, run.id, new Reject(code)), mail(run, 'not paid'), end()] },
    },
  },
});
// #endregion

export interface Shop {
  readonly store: EventStore;
  readonly executor: Pick<CommandExecutor, 'execute'>;
  readonly readStore: ReadStore;
  readonly projector: Projector;
  readonly hosted: readonly Hosted[];
  readonly runner: EffectRunner;
}

export interface ShopOptions {
  readonly manager?: ProcessManager;
  readonly store?: EventStore;
  readonly readStore: ReadStore;
  /** Default one of its own. */
  readonly executor?: Pick<CommandExecutor, 'execute'>;
  readonly runtime?: Runtime;
  readonly performers: readonly Performer[];
  readonly deadline?: new () => Deadline;
  readonly instance?: new () => Instance;
  readonly document?: new () => PendingEffect;
}

/** One process that hosts the checkouts; not started. */
export const openShop = ({
  manager = checkout,
  runtime = systemRuntime,
  store = new InMemoryEventStore({ runtime }),
  readStore,
  executor = new CommandExecutor({ store, runtime }),
  performers,
  deadline,
  instance,
  document,
}: ShopOptions): Shop => {
  const recovery = { retryDelayMs: 1, retryDelayMaxMs: 3 };
  const effects = { reader: store, performers, ...(document && { document }) };
  const entities = { ...(deadline && { deadline }), ...(instance && { instance }) };
  const hosted = hostProcess(manager, { executor, store: readStore, runtime, recovery, effects, ...entities });
  const projector = new Projector({ reader: store, projections: hosted, runtime });
  return { store, executor, readStore, projector, hosted, runner: hosted.at(-1)?.companion as EffectRunner };
};

const TIMEOUT = { timeoutMs: 60_000 };

/** Waits until nothing follows at this time: all have seen the end of the log, and no attempt is due. */
export const settled = async ({ store, projector, hosted, runner }: Pick<Shop, 'store' | 'projector' | 'hosted' | 'runner'>): Promise<void> => {
  for (let head = await store.head(); ;) {
    for (const { projection } of hosted) await projector.waitFor(projection.name, head as Position, TIMEOUT);
    await runner.look();
    await runner.idle();
    const next = await store.head();
    if (next === head) return;
    head = next;
  }
};
