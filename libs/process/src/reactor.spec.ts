// Reactors: the effect of a command is there once for each event and step; refusals are answered or fail the event.
import { CommandExecutor, CommandRefused, defineAggregate, loadAggregate, type CommandExecutorOptions } from '@mainstem/aggregate';
import { defineEvents, InMemoryEventStore, MainstemError, streamName, type EventStore, type Position } from '@mainstem/event-store';
import { Projector, type ReadStore } from '@mainstem/projection';
import { MemoryReadStore } from '@mainstem/projection/adapter';
import { IsInt } from 'class-validator';
import { afterEach, describe, expect, it } from 'vitest';
import { hostReactor, InvalidProcess, reactor, send, type Reactor } from './index.js';
import { account, accountEvents, Close, Credit, Debit, Open, transferEvents } from './transfer.fixtures.js';

const TIMEOUT = { timeoutMs: 4_000 };
const running: Projector[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((projector) => projector.stop()));
});

/** A tenth of what is debited from an account is credited to account `bonus`. */
const bonus = (declined?: () => void): Reactor =>
  reactor({
    name: 'bonus',
    events: [accountEvents],
    startsAt: 'first-event',
    react: { Debited: ({ stream, data }) => [send('credit', account, 'bonus', new Credit(stream, Math.ceil(data.amount / 10)))] },
    ...(declined && { declined }),
  });

/** Debits are credited to account `odd` or `even`, by their amounts. */
const shares = (onDeclined?: (id: string) => void): Reactor =>
  reactor({
    name: 'shares',
    events: [accountEvents],
    startsAt: 'first-event',
    together: true,
    react: { Debited: ({ data }) => [send('share', account, data.amount % 2 === 0 ? 'even' : 'odd', new Credit('s', data.amount))] },
    ...(onDeclined && { declined: (_, { id }) => onDeclined(id) }),
  });

class PriceSet {
  @IsInt() price!: number;
}
class Refused extends CommandRefused {}
class SetPrice {
  @IsInt() price!: number;
}
const shelf = defineAggregate({
  category: 'shelf',
  events: defineEvents('shelf', { PriceSet }),
  initialState: 1,
  evolve: (_, { data }) => data.price,
  decide: ({ price }: SetPrice, state) => (price === state ? [] : [{ type: 'PriceSet' as const, data: { price } }]),
});

const amountsOf = async (store: EventStore, stream: string): Promise<readonly number[]> => {
  const amounts: number[] = [];
  for await (const events of store.readStream(streamName(stream)))
    amounts.push(...events.filter(({ type }) => type === 'Credited').map(({ data }) => (data as { amount: number }).amount));
  return amounts;
};

interface Hosted {
  readonly store: EventStore;
  readonly executor: CommandExecutor;
  readonly readStore: ReadStore;
  readonly projector: Projector;
}
const start = (
  definition: Reactor,
  store: EventStore = new InMemoryEventStore(),
  readStore: ReadStore = new MemoryReadStore(),
  executor = new CommandExecutor({ store }),
): Hosted => {
  const recovery = { retryDelayMs: 1, retryDelayMaxMs: 3, onFailure: 'park' as const };
  const projector = new Projector({ reader: store, projections: [hostReactor(definition, { executor, store: readStore, recovery })] });
  running.push(projector);
  projector.start();
  return { store, executor, readStore, projector };
};
const reached = async ({ store, projector }: Hosted, name = 'bonus'): Promise<void> =>
  projector.waitFor(name, (await store.head()) as Position, TIMEOUT);
const balance = async ({ store }: Hosted, id: string): Promise<number> => (await loadAggregate(store, account, id)).state.balance;

describe('a reactor', () => {
  it('sends a command for each event, once, also when its checkpoint is lost', async () => {
    const hosted = start(bonus());
    await hosted.executor.execute(account, '1', new Open(1_000));
    for (let index = 0; index < 40; index++) await hosted.executor.execute(account, '1', new Debit('t', 10));
    await reached(hosted);
    expect(await balance(hosted, 'bonus')).toBe(40);
    await hosted.projector.stop();
    const again = start(bonus(), hosted.store);
    await reached(again);
    expect(await balance(again, 'bonus')).toBe(40);
  });

  it('parks an event whose command is refused, and sends it again after a replay', async () => {
    const hosted = start(bonus());
    await hosted.executor.execute(account, '1', new Open(1_000));
    await hosted.executor.execute(account, 'bonus', new Open(0));
    await hosted.executor.execute(account, 'bonus', new Close());
    await hosted.executor.execute(account, '1', new Debit('t', 10));
    await reached(hosted);
    expect((await hosted.readStore.parked('bonus', 1))[0]?.error).toContain('The account is closed.');
    expect(await hosted.projector.replayParked('bonus')).toEqual({ replayed: 0, stillParked: 1 });
  });

  it('tells a refusal where it is wanted, and goes on', async () => {
    const refusals: string[] = [];
    const definition = reactor({
      name: 'bonus',
      events: [accountEvents],
      startsAt: 'first-event',
      react: {
        Debited: ({ data }) => [send('take', account, 'bonus', new Debit('fee', data.amount)), send('give', account, 'bonus', new Credit('fee', 1))],
      },
      declined: ({ code }, { step, id }, event) => void refusals.push(`${code} ${step} ${id} ${event.type}`),
    });
    const hosted = start(definition);
    await hosted.executor.execute(account, '1', new Open(1_000));
    await hosted.executor.execute(account, '1', new Debit('t', 10));
    await reached(hosted);
    expect(refusals).toEqual(['ACCOUNT_OVERDRAWN take bonus Debited']);
    expect(await hosted.readStore.parked('bonus', 1)).toEqual([]);
    expect(await balance(hosted, 'bonus')).toBe(1);
  });

  it('answers events of one type name by the registry of their category', async () => {
    const parcelEvents = defineEvents('parcel', { Opened: class {} });
    const definition = reactor({
      name: 'openings',
      events: [accountEvents, parcelEvents],
      startsAt: 'first-event',
      react: (on) => [
        on(accountEvents, { Opened: ({ data }) => [send('count', account, 'accounts', new Credit('c', data.balance))] }),
        on(parcelEvents, { Opened: () => [send('count', account, 'parcels', new Credit('c', 1))] }),
      ],
    });
    const hosted = start(definition);
    await hosted.executor.execute(account, '1', new Open(7));
    const id = '00000000-0000-4000-8000-000000000001' as never;
    await hosted.store.append('parcel-1' as never, [{ id, type: 'Opened', data: {}, metadata: {} }], { expectedRevision: 'any' });
    await reached(hosted, 'openings');
    expect([await balance(hosted, 'accounts'), await balance(hosted, 'parcels')]).toEqual([7, 1]);
  });

  it('sends the commands of events that are due together to each aggregate in one append, in order', async () => {
    const store = new InMemoryEventStore();
    const executor = new CommandExecutor({ store });
    await executor.execute(account, '1', new Open(1_000));
    for (let index = 0; index < 20; index++) await executor.execute(account, '1', new Debit('t', index + 1));
    const appends: string[] = [];
    const told: CommandExecutorOptions['store'] = {
      readStream: (...given) => store.readStream(...given),
      append: async (...given) => {
        appends.push(given[0]);
        return store.append(...given);
      },
    };
    const hosted = start(shares(), store, new MemoryReadStore(), new CommandExecutor({ store: told }));
    await reached(hosted, 'shares');
    expect(appends.toSorted()).toEqual(['account-even', 'account-odd']);
    expect(await amountsOf(store, 'account-odd')).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
    await hosted.projector.stop();
    await reached(start(shares(), store), 'shares');
    expect(await amountsOf(store, 'account-odd')).toHaveLength(10);
  });

  it('answers events one by one when one of them fails that were due together', async () => {
    const declined: string[] = [];
    const store = new InMemoryEventStore();
    const executor = new CommandExecutor({ store });
    await executor.execute(account, '1', new Open(1_000));
    await executor.execute(account, 'odd', new Open(0));
    await executor.execute(account, 'odd', new Close());
    for (let index = 0; index < 6; index++) await executor.execute(account, '1', new Debit('t', index + 1));
    const hosted = start(
      shares((id) => declined.push(id)),
      store,
    );
    await reached(hosted, 'shares');
    expect(declined).toEqual(['odd', 'odd', 'odd']);
    expect(await amountsOf(store, 'account-even')).toEqual([2, 4, 6]);
    expect(await hosted.readStore.parked('shares', 1)).toEqual([]);
  });

  it.each([
    ['a refusal of a later one', true, new Refused('NO', 'no')],
    ['trouble of a later one', true, new MainstemError('AGGREGATE_OVERLOADED', 'busy')],
    ['trouble of a later one', false, new MainstemError('AGGREGATE_OVERLOADED', 'busy')],
  ])('decides a command without effect once, also after %s (together: %s)', async (_, together, error) => {
    const store = new InMemoryEventStore();
    const executor = new CommandExecutor({ store });
    const failures = [error];
    const failing = (aggregate: object): void => {
      const failure = aggregate === account ? failures.pop() : undefined;
      if (failure) throw failure;
    };
    const told = {
      execute: async (...given: Parameters<typeof executor.execute>) => (failing(given[0]), executor.execute(...given)),
      executeAll: async (...given: Parameters<typeof executor.executeAll>) => (failing(given[0]), executor.executeAll(...given)),
    } as unknown as CommandExecutor;
    const definition = reactor({
      name: 'prices',
      events: [accountEvents],
      startsAt: 'first-event',
      together,
      react: {
        Debited: ({ data: { amount } }) => [
          send('price', shelf, 's', Object.assign(new SetPrice(), { price: amount })),
          ...(amount === 2 ? [send('credit', account, 'c', new Credit('x', 1))] : []),
        ],
      },
    });
    await executor.execute(account, '1', new Open(1_000));
    for (const amount of [1, 2]) await executor.execute(account, '1', new Debit('t', amount));
    const hosted = start(definition, store, new MemoryReadStore(), told);
    await reached(hosted, 'prices');
    expect(failures).toEqual([]);
    expect((await loadAggregate(store, shelf, 's')).state).toBe(2);
    expect(await balance(hosted, 'c')).toBe(1);
  });

  it('may wait for what never changes before it says what follows', async () => {
    const definition = reactor({
      name: 'bonus',
      events: [accountEvents],
      startsAt: 'first-event',
      react: { Opened: async ({ data }) => Promise.resolve([send('credit', account, 'bonus', new Credit('b', data.balance))]) },
    });
    const hosted = start(definition);
    await hosted.executor.execute(account, '1', new Open(7));
    await reached(hosted);
    expect(await balance(hosted, 'bonus')).toBe(7);
  });

  it('refuses a declaration that cannot work', () => {
    const options = { name: 'bonus', events: [transferEvents], startsAt: 'now' as const, react: {} };
    expect(() => reactor(options)).toThrow(InvalidProcess);
    expect(() => reactor({ ...options, react: { Sung: () => [] } as never })).toThrow('Sung');
    expect(() => reactor({ ...options, name: 'No Name' })).toThrow('lower-case');
  });
});
