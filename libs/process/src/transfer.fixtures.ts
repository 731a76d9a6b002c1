// Accounts, transfers between them, and the process that carries a transfer out, for several specs.
import { CommandExecutor, CommandRefused, defineAggregate } from '@mainstem/aggregate';
import { defineEvents, InMemoryEventStore, systemRuntime, type EventOf, type EventStore, type Runtime } from '@mainstem/event-store';
import { Projector, type ReadStore, type RecoveryPolicy } from '@mainstem/projection';
import type { Hosted } from '@mainstem/projection/reaction';
import { IsInt, IsString, Min } from 'class-validator';
import { after, end, hostProcess, type Deadline, type DeadlineClock, type Instance, processManager, send, type ProcessManager } from './index.js';

export class AmountData {
  @IsString() transfer!: string;
  @IsInt() @Min(1) amount!: number;
}
class OpenedData {
  @IsInt() balance!: number;
}
class ClosedData {}
export const accountEvents = defineEvents('account', { Opened: OpenedData, Debited: AmountData, Credited: AmountData, Closed: ClosedData });

class AccountOverdrawn extends CommandRefused {
  constructor() {
    super('ACCOUNT_OVERDRAWN', 'The account does not hold so much.');
  }
}
class AccountClosed extends CommandRefused {
  constructor() {
    super('ACCOUNT_CLOSED', 'The account is closed.');
  }
}

export class Open {
  @IsInt() balance: number;
  constructor(balance: number) {
    this.balance = balance;
  }
}
export class Debit extends AmountData {
  constructor(transfer: string, amount: number) {
    super();
    this.transfer = transfer;
    this.amount = amount;
  }
}
export class Credit extends AmountData {
  constructor(transfer: string, amount: number) {
    super();
    this.transfer = transfer;
    this.amount = amount;
  }
}
export class Close {}

interface Account {
  readonly balance: number;
  readonly isClosed: boolean;
}

export const account = defineAggregate({
  category: 'account',
  events: accountEvents,
  initialState: { balance: 0, isClosed: false } as Account,
  evolve: (state: Account, event: EventOf<typeof accountEvents>): Account => {
    switch (event.type) {
      case 'Opened':
        return { ...state, balance: event.data.balance };
      case 'Debited':
        return { ...state, balance: state.balance - event.data.amount };
      case 'Credited':
        return { ...state, balance: state.balance + event.data.amount };
      case 'Closed':
        return { ...state, isClosed: true };
    }
  },
  decide: (command: Open | Debit | Credit | Close, state): readonly EventOf<typeof accountEvents>[] => {
    if (command instanceof Open) return [{ type: 'Opened', data: { balance: command.balance } }];
    if (state.isClosed) throw new AccountClosed();
    if (command instanceof Close) return [{ type: 'Closed', data: {} }];
    const { transfer, amount } = command;
    if (command instanceof Credit) return [{ type: 'Credited', data: { transfer, amount } }];
    if (state.balance < amount) throw new AccountOverdrawn();
    return [{ type: 'Debited', data: { transfer, amount } }];
  },
});

class RequestedData {
  @IsString() from!: string;
  @IsString() to!: string;
  @IsInt() @Min(1) amount!: number;
}
class FailedData {
  @IsString() code!: string;
}
export const transferEvents = defineEvents('transfer', { Requested: RequestedData, Completed: class {}, Failed: FailedData });

export class RequestTransfer extends RequestedData {
  constructor(from: string, to: string, amount: number) {
    super();
    Object.assign(this, { from, to, amount });
  }
}
export class Complete {}
export class Fail extends FailedData {
  constructor(code: string) {
    super();
    this.code = code;
  }
}

export const transfer = defineAggregate({
  category: 'transfer',
  events: transferEvents,
  initialState: 'none' as 'none' | 'requested' | 'completed' | 'failed',
  evolve: (_: 'none' | 'requested' | 'completed' | 'failed', event: EventOf<typeof transferEvents>) =>
    ({ Requested: 'requested', Completed: 'completed', Failed: 'failed' })[event.type] as 'requested' | 'completed' | 'failed',
  decide: (command: RequestTransfer | Complete | Fail, state): readonly EventOf<typeof transferEvents>[] => {
    if (command instanceof RequestTransfer)
      return state === 'none' ? [{ type: 'Requested', data: { from: command.from, to: command.to, amount: command.amount } }] : [];
    if (state !== 'requested') return [];
    return command instanceof Fail ? [{ type: 'Failed', data: { code: command.code } }] : [{ type: 'Completed', data: {} }];
  },
});

export const HOUR_MS = 3_600_000;

// #region manager
interface Run {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly amount: number;
  readonly isDebited?: boolean;
  /** Why it fails. */
  readonly code?: string;
}
const NONE: Run = { id: '', from: '', to: '', amount: 0 };

const debit = ({ id, from, amount }: Run) => send('debit', account, from, new Debit(id, amount));
const credit = ({ id, to, amount }: Run) => send('credit', account, to, new Credit(id, amount));
const refund = ({ id, from, amount }: Run) => send('refund', account, from, new Credit(id, amount));
const complete = ({ id }: Run) => send('complete', transfer, id, new Complete());
const fail = ({ id, code = '' }: Run) => send('fail', transfer, id, new Fail(code));

/**
 * Debits one account, then credits the other. The money goes back if the credit is refused, or the debit came too late.
 */
export const transferRun = processManager({
  name: 'run',
  version: 1,
  events: [transferEvents],
  startsAt: 'first-event',
  key: (event) => event.stream.slice('transfer-'.length),
  initialState: NONE,
  sends: [
    { aggregate: account, commands: [Debit, Credit] },
    { aggregate: transfer, commands: [Complete, Fail] },
  ],
  evolve: { Requested: (_, { stream, data }) => ({ id: stream.slice('transfer-'.length), ...data }) },
  react: { Requested: (run) => [debit(run), after('too-late', HOUR_MS)] },
  outcomes: {
    debit: {
      accepted: {
        evolve: (run) => ({ ...run, isDebited: true }),
        react: (run) => [run.code === undefined ? credit(run) : refund(run)],
      },
      declined: {
        evolve: (run, { code }) => ({ code, ...run }),
        react: (run) => [fail(run), end()],
      },
      late: { react: (run) => [refund(run)] },
    },
    credit: {
      accepted: { react: (run) => [complete(run), end()] },
      declined: {
        evolve: (run, { code }) => ({ ...run, code }),
        react: (run) => [refund(run)],
      },
    },
    refund: { accepted: { react: (run) => [fail(run), end()] } },
  },
  deadlines: {
    'too-late': {
      evolve: (run) => (run.isDebited ? run : { ...run, code: 'TOO_LATE' }),
      react: (run) => (run.isDebited ? [] : [fail(run), end()]),
    },
  },
});
// #endregion

export interface Bank {
  readonly store: EventStore;
  readonly executor: Pick<CommandExecutor, 'execute'>;
  readonly readStore: ReadStore;
  readonly projector: Projector;
  readonly hosted: readonly Hosted[];
  readonly clock: DeadlineClock;
}

export interface BankOptions {
  readonly manager?: ProcessManager;
  readonly store?: EventStore;
  readonly readStore: ReadStore;
  /** Default one of its own. */
  readonly executor?: Pick<CommandExecutor, 'execute'>;
  readonly runtime?: Runtime;
  readonly recovery?: Partial<RecoveryPolicy>;
  readonly deadline?: new () => Deadline;
  readonly instance?: new () => Instance;
}

/** One process that hosts the transfers; not started. */
export const openBank = ({
  manager = transferRun,
  runtime = systemRuntime,
  store = new InMemoryEventStore({ runtime }),
  readStore,
  executor = new CommandExecutor({ store, runtime }),
  recovery: given = {},
  deadline,
  instance,
}: BankOptions): Bank => {
  const recovery = { retryDelayMs: 1, retryDelayMaxMs: 3, ...given };
  const hosted = hostProcess(manager, {
    executor,
    store: readStore,
    runtime,
    recovery,
    ...(deadline && { deadline }),
    ...(instance && { instance }),
  });
  const projector = new Projector({ reader: store, projections: hosted });
  return { store, executor, readStore, projector, hosted, clock: hosted[2]?.companion as DeadlineClock };
};

/** Waits until nothing follows any more: all have seen the end of the log, and it has stayed. */
export const settled = async ({ store, projector, hosted }: Pick<Bank, 'store' | 'projector' | 'hosted'>, timeoutMs = 4_000): Promise<void> => {
  for (let head = await store.head(); head !== undefined;) {
    for (const { projection } of hosted) await projector.waitFor(projection.name, head, { timeoutMs });
    const next = await store.head();
    if (next === head) return;
    head = next;
  }
};

/**
 * Takes the amount of a requested transfer from an account, and has no rule for a refusal: an instance gets stuck. An
 * amount of 1 is what ends it before the outcome is known.
 */
export const gift = processManager({
  name: 'gift',
  version: 1,
  events: [transferEvents],
  startsAt: 'first-event',
  key: ({ stream }) => stream.slice('transfer-'.length),
  initialState: null,
  sends: [{ aggregate: account, commands: [Debit] }],
  react: {
    Requested: (_, { stream, data }) => [
      send('take', account, data.from, new Debit(stream, data.amount)),
      ...(data.amount === 1 ? [end()] : [after('remind', HOUR_MS)]),
    ],
  },
  outcomes: { take: { accepted: { react: () => [end()] } } },
  deadlines: { remind: {} },
});
