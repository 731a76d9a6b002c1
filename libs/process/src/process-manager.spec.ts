// Process managers under repetition: each event is taken in once, each step sends one command, and outcomes and
// deadlines come once.
import { loadAggregate } from '@mainstem/aggregate';
import { InMemoryEventStore, systemRuntime, type EventStore, type Position, type RecordedEvent, type Runtime } from '@mainstem/event-store';
import { MemoryReadStore } from '@mainstem/projection/adapter';
import { Projector } from '@mainstem/projection';
import { afterEach, describe, expect, it } from 'vitest';
import { after, DeadlineClock, end, InvalidProcess, processManager, send } from './index.js';
import {
  account,
  accountEvents,
  Close,
  Credit,
  Debit,
  HOUR_MS,
  Open,
  openBank,
  RequestTransfer,
  transfer,
  transferEvents,
  transferRun,
  type Bank,
  type BankOptions,
} from './transfer.fixtures.js';

const TIMEOUT = { timeoutMs: 4_000 };
const banks: Bank[] = [];
afterEach(async () => {
  await Promise.all(banks.splice(0).map(({ projector }) => projector.stop()));
});

const opened = (options: Partial<BankOptions> = {}): Bank => openBank({ readStore: new MemoryReadStore(), ...options });
const start = (options: Partial<BankOptions> = {}): Bank => {
  const bank = opened(options);
  banks.push(bank);
  bank.projector.start();
  return bank;
};
/** Waits until nothing follows any more: all have seen the end of the log, and it has stayed. */
const settled = async ({ store, projector, hosted }: Bank): Promise<void> => {
  for (let head = await store.head(); ;) {
    for (const { projection } of hosted) await projector.waitFor(projection.name, head as Position, TIMEOUT);
    const next = await store.head();
    if (next === head) return;
    head = next;
  }
};
const allEvents = async (store: Pick<EventStore, 'readAll'>): Promise<readonly RecordedEvent[]> => {
  const events: RecordedEvent[] = [];
  for await (const page of store.readAll()) events.push(...page);
  return events;
};
const typesOf = async ({ store }: Bank, stream: string): Promise<readonly string[]> =>
  (await allEvents(store)).filter((event) => event.stream === stream).map(({ type }) => type);
const balance = async ({ store }: Bank, id: string): Promise<number> => (await loadAggregate(store, account, id)).state.balance;
const open = async ({ executor }: Bank, ...balances: readonly number[]): Promise<void> => {
  for (const [index, amount] of balances.entries()) await executor.execute(account, String(index), new Open(amount));
};
const request = ({ executor }: Bank, id: string, from: number, to: number, amount: number) =>
  executor.execute(transfer, id, new RequestTransfer(String(from), String(to), amount), {
    commandId: `request-${id}`,
    correlationId: 'conversation-1',
    metadata: { actor: 'ann' },
  });

describe('a process manager', () => {
  it('sends what an event asks for, and what the outcome of that asks for', async () => {
    const bank = start();
    await open(bank, 100, 0);
    await request(bank, 't1', 0, 1, 30);
    await settled(bank);
    expect([await balance(bank, '0'), await balance(bank, '1')]).toEqual([70, 30]);
    expect(await typesOf(bank, 'transfer-t1')).toEqual(['Requested', 'Completed']);
    expect(await typesOf(bank, 'run-t1')).toEqual([
      'EventTakenIn',
      'CommandRequested',
      'DeadlineSet',
      'CommandAccepted',
      'CommandRequested',
      'CommandAccepted',
      'CommandRequested',
      'DeadlineCancelled',
      'ProcessEnded',
      'CommandAccepted',
    ]);
  });

  it('undoes what took effect when a later command is refused', async () => {
    const bank = start();
    await open(bank, 100, 0);
    await bank.executor.execute(account, '1', new Close());
    await request(bank, 't1', 0, 1, 30);
    await settled(bank);
    expect([await balance(bank, '0'), await balance(bank, '1')]).toEqual([100, 0]);
    const failed = (await allEvents(bank.store)).find(({ type }) => type === 'Failed');
    expect(failed?.data).toEqual({ code: 'ACCOUNT_CLOSED' });
  });

  it('keeps conversation and metadata of the event, and names the parent of each command', async () => {
    const bank = start();
    await open(bank, 100, 0);
    await request(bank, 't1', 0, 1, 30);
    await settled(bank);
    const events = await allEvents(bank.store);
    const debited = events.find(({ type }) => type === 'Debited');
    const requested = events.find(({ type }) => type === 'CommandRequested');
    expect(debited?.metadata).toMatchObject({ correlationId: 'conversation-1', causationId: requested?.id, actor: 'ann' });
    expect(debited?.metadata.commandId).toBe('run-t1:debit#1');
  });

  it('sends nothing again when its checkpoints are lost, also what was refused before', async () => {
    const bank = start();
    await open(bank, 100, 0);
    await request(bank, 't1', 0, 1, 30);
    await request(bank, 't2', 1, 0, 500);
    await settled(bank);
    await bank.projector.stop();
    await bank.executor.execute(account, '1', new Credit('gift', 1_000));
    const before = await bank.store.head();
    const again = start({ store: bank.store });
    await settled(again);
    expect(await again.store.head()).toBe(before);
    expect([await balance(again, '0'), await balance(again, '1')]).toEqual([70, 1_030]);
  });

  it('lets two hosts that both believe to be the only one do everything once', async () => {
    const store = new InMemoryEventStore();
    const hosts = [start({ store }), start({ store })];
    const [bank] = hosts as [Bank, Bank];
    await open(bank, 1_000, 1_000, 1_000);
    for (let index = 0; index < 60; index++) await request(bank, `t${index}`, index % 3, (index + 1) % 3, 1 + (index % 7));
    for (const host of hosts) await settled(host);
    for (const host of hosts) await settled(host);
    const events = await allEvents(store);
    expect(events.filter(({ type }) => type === 'Debited')).toHaveLength(60);
    expect(events.filter(({ type }) => type === 'Credited')).toHaveLength(60);
    expect(events.filter(({ type }) => type === 'Completed')).toHaveLength(60);
    const sum = (await balance(bank, '0')) + (await balance(bank, '1')) + (await balance(bank, '2'));
    expect(sum).toBe(3_000);
  });

  it('leaves an instance stuck whose refused command it does not handle, and goes on after a retry', async () => {
    const manager = processManager({
      name: 'gift',
      version: 1,
      events: [transferEvents],
      startsAt: 'first-event',
      key: ({ stream }) => stream.slice('transfer-'.length),
      initialState: null,
      sends: [{ aggregate: account, commands: [Debit] }],
      react: { Requested: (_, { data }) => [send('take', account, data.from, new Debit('gift', data.amount))] },
      outcomes: { take: { accepted: { react: () => [end()] } } },
    });
    const bank = start({ manager });
    await open(bank, 10, 0);
    await request(bank, 't1', 0, 1, 30);
    await settled(bank);
    const stuck = await loadAggregate(bank.store, manager.aggregate, 't1');
    expect(stuck.state.stuck).toMatchObject({ 'take#1': { step: 'take', code: 'ACCOUNT_OVERDRAWN', id: '0' } });
    await bank.executor.execute(account, '0', new Credit('help', 100));
    await bank.executor.execute(manager.aggregate, 't1', { kind: 'retry' });
    await settled(bank);
    expect(await balance(bank, '0')).toBe(80);
    expect((await loadAggregate(bank.store, manager.aggregate, 't1')).state).toMatchObject({ isEnded: true, stuck: {}, pending: {} });
  });

  it('tells an effect that comes after its refusal was recorded, so that it is undone', async () => {
    const bank = opened();
    const { aggregate } = transferRun;
    await open(bank, 100, 0);
    const { events } = await request(bank, 't1', 0, 1, 30);
    const inbox = new Projector({ reader: bank.store, projections: bank.hosted.slice(0, 1) });
    inbox.start();
    await inbox.waitFor('run', (await bank.store.head()) as Position, TIMEOUT);
    await inbox.stop();
    expect(events).toHaveLength(1);
    // Two hosts have sent the debit: one was refused and told so, then the other one took effect.
    await bank.executor.execute(aggregate, 't1', { kind: 'decline', request: 'debit#1', code: 'ACCOUNT_OVERDRAWN', message: 'no' });
    await bank.executor.execute(account, '0', new Debit('t1', 30), { commandId: 'run-t1:debit#1' });
    await bank.executor.execute(aggregate, 't1', { kind: 'accept', request: 'debit#1' });
    bank.projector.start();
    banks.push(bank);
    await settled(bank);
    expect([await balance(bank, '0'), await balance(bank, '1')]).toEqual([100, 0]);
    expect(await typesOf(bank, 'transfer-t1')).toEqual(['Requested', 'Failed']);
    expect(await typesOf(bank, 'run-t1')).toContain('CommandTookEffectLate');
  });

  it('leaves an instance stuck that does not handle an effect after its refusal', async () => {
    const manager = processManager({
      name: 'gift',
      version: 1,
      events: [transferEvents],
      startsAt: 'first-event',
      key: () => 'one',
      initialState: null,
      sends: [{ aggregate: account, commands: [Debit] }],
      react: { Requested: () => [send('take', account, '0', new Debit('gift', 1))] },
      outcomes: { take: { declined: { react: () => [end()] } } },
    });
    const bank = opened({ manager });
    await request(bank, 't1', 0, 1, 1);
    const inbox = new Projector({ reader: bank.store, projections: bank.hosted.slice(0, 1) });
    inbox.start();
    await inbox.waitFor('gift', (await bank.store.head()) as Position, TIMEOUT);
    await inbox.stop();
    await bank.executor.execute(manager.aggregate, 'one', { kind: 'decline', request: 'take#1', code: 'ACCOUNT_OVERDRAWN', message: 'no' });
    await bank.executor.execute(manager.aggregate, 'one', { kind: 'accept', request: 'take#1' });
    const { state } = await loadAggregate(bank.store, manager.aggregate, 'one');
    expect(state.stuck).toMatchObject({ 'take#1': { code: 'PROCESS_LATE_EFFECT' } });
  });

  it('lets instances go on by the rules of the version that started them', async () => {
    const rules = (version: number, amount: number) => ({
      version,
      initialState: amount,
      react: {
        Requested: (state: number, { data }: { readonly data: { readonly from: string } }) => [
          send('take', account, data.from, new Debit('v', state)),
        ],
      },
      outcomes: { take: { accepted: { react: (state: number) => [send('take-again', account, '0', new Debit('v', state))] } } },
    });
    const shared = {
      name: 'fee',
      events: [transferEvents],
      startsAt: 'first-event' as const,
      key: ({ stream }: { readonly stream: string }) => stream.slice('transfer-'.length),
      sends: [{ aggregate: account, commands: [Debit] }],
    };
    const before = opened({ manager: processManager({ ...shared, ...rules(1, 1) }) });
    const { store, readStore } = before;
    const [inbox] = before.hosted;
    const takesIn = new Projector({ reader: store, projections: inbox ? [inbox] : [] });
    await open(before, 1_000, 0);
    // Version 1 takes it in, and ends before anything is sent.
    takesIn.start();
    await request(before, 'old', 0, 1, 5);
    await takesIn.waitFor('fee', (await store.head()) as Position, TIMEOUT);
    await takesIn.stop();
    expect(await typesOf(before, 'fee-old')).toEqual(['EventTakenIn', 'CommandRequested']);
    const manager = processManager({ ...shared, ...rules(2, 100), formerVersions: [rules(1, 1) as never] });
    const second = start({ store, readStore, manager });
    await request(second, 'new', 0, 1, 5);
    await settled(second);
    expect(await balance(second, '0')).toBe(1_000 - 2 - 200);
  });

  it('fails an event for an instance of a version that it does not have', async () => {
    const manager = (version: number) =>
      processManager({
        name: 'fee',
        version,
        events: [transferEvents],
        startsAt: 'first-event',
        key: () => 'all',
        initialState: null,
        react: { Requested: () => [] },
      });
    const first = start({ manager: manager(1) });
    await request(first, 't1', 0, 1, 5);
    await settled(first);
    await first.projector.stop();
    const second = start({ manager: manager(2), store: first.store, readStore: first.readStore, recovery: { onFailure: 'park' } });
    await request(second, 't2', 0, 1, 5);
    await settled(second);
    expect((await second.readStore.parked('fee', 1))[0]?.error).toContain('was started by version 1');
  });

  it('takes in nothing after its end', async () => {
    const bank = start();
    await open(bank, 100, 0);
    await request(bank, 't1', 0, 1, 30);
    await settled(bank);
    await settled(bank);
    expect((await typesOf(bank, 'run-t1')).filter((type) => type === 'EventTakenIn')).toHaveLength(1);
  });
});

describe('a deadline', () => {
  const clocked = (start: string): { readonly runtime: Runtime; set(time: string): void } => {
    let now = Date.parse(start);
    return { runtime: { ...systemRuntime, now: () => now }, set: (time) => void (now = Date.parse(time)) };
  };
  const waiting = processManager({
    name: 'reminder',
    version: 1,
    events: [transferEvents, accountEvents],
    startsAt: 'first-event',
    key: (event) => (event.type === 'Requested' ? event.stream.slice('transfer-'.length) : null),
    initialState: 0,
    sends: [{ aggregate: account, commands: [Credit] }],
    react: { Requested: () => [after('remind', HOUR_MS)] },
    deadlines: {
      remind: {
        evolve: (count) => count + 1,
        react: (count) => [send('credit', account, '0', new Credit('remind', count)), count < 3 ? after('remind', HOUR_MS) : end()],
      },
    },
  });

  it('is told once it has come, and not before', async () => {
    const clock = clocked('2026-01-01T00:00:00.000Z');
    const bank = start({ manager: waiting, runtime: clock.runtime });
    await open(bank, 0);
    await request(bank, 't1', 0, 1, 1);
    await settled(bank);
    clock.set('2026-01-01T00:59:59.999Z');
    await bank.clock.look();
    await settled(bank);
    expect(await balance(bank, '0')).toBe(0);
    clock.set('2026-01-01T01:00:00.000Z');
    await Promise.all([bank.clock.look(), bank.clock.look()]);
    await settled(bank);
    expect(await balance(bank, '0')).toBe(1);
    await bank.clock.look();
    await settled(bank);
    expect(await balance(bank, '0')).toBe(1);
  });

  it('comes at once after a long stop or a jump of the clock, and each once', async () => {
    const clock = clocked('2026-01-01T00:00:00.000Z');
    const bank = start({ manager: waiting, runtime: clock.runtime });
    await open(bank, 0);
    for (let index = 0; index < 20; index++) await request(bank, `t${index}`, 0, 1, 1);
    await settled(bank);
    await bank.projector.stop();
    clock.set('2027-01-01T00:00:00.000Z');
    const again = start({ manager: waiting, runtime: clock.runtime, store: bank.store, readStore: bank.readStore });
    await settled(again);
    await again.clock.look();
    await settled(again);
    expect(await balance(again, '0')).toBe(20);
    clock.set('2026-06-01T00:00:00.000Z'); // set back: nothing comes twice
    await again.clock.look();
    await settled(again);
    expect(await balance(again, '0')).toBe(20);
    for (const time of ['2027-01-01T01:00:00.000Z', '2027-01-01T02:00:00.000Z']) {
      clock.set(time);
      await again.clock.look();
      await settled(again);
    }
    expect(await balance(again, '0')).toBe(20 * (1 + 2 + 3));
  });

  it('does not come where it was cancelled', async () => {
    const clock = clocked('2026-01-01T00:00:00.000Z');
    const bank = start({ runtime: clock.runtime });
    await open(bank, 100, 0);
    await request(bank, 't1', 0, 1, 30);
    await settled(bank);
    clock.set('2026-01-02T00:00:00.000Z');
    await bank.clock.look();
    await settled(bank);
    expect(await typesOf(bank, 'transfer-t1')).toEqual(['Requested', 'Completed']);
  });

  it('that stays due is told to the health check; one that was due before it was set is not', async () => {
    const clock = clocked('2026-01-01T00:00:00.000Z');
    const bank = start({ manager: waiting, runtime: clock.runtime });
    await request(bank, 't1', 0, 1, 1);
    await settled(bank);
    // The read model stays as it is.
    await bank.projector.stop();
    const runtime = { ...clock.runtime, monotonic: () => clock.runtime.now() };
    const late = new DeadlineClock({ manager: waiting, executor: bank.executor, store: bank.readStore, runtime });
    for (const time of ['2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z', '2026-02-01T00:00:10.000Z']) {
      clock.set(time);
      await late.look();
      expect(late.troubles()).toEqual([]);
    }
    clock.set('2026-02-01T00:00:10.001Z');
    await late.look();
    expect(late.troubles()).toEqual(['the deadline remind of reminder t1 was due at 2026-01-01T01:00:00.000Z']);
  });
});

describe('a declaration', () => {
  const options = {
    name: 'run',
    version: 1,
    events: [transferEvents],
    startsAt: 'now' as const,
    key: () => 'one',
    initialState: null,
    react: { Requested: () => [] },
  };
  it.each([
    ['a name that is none', { name: 'Run!' }, 'lower-case words'],
    ['a version that is none', { version: 0 }, 'version'],
    ['no event', { react: {} }, 'takes no event'],
    ['an event that is not declared', { react: { Sent: () => [] } }, 'Sent'],
    ['a step that is none', { outcomes: { 'Take It': {} } }, 'Take It'],
    ['a command named twice', { sends: [{ aggregate: account, commands: [Debit, Debit] }] }, 'twice'],
    ['one version twice', { formerVersions: [{ version: 1, initialState: null }] }, 'version of their own'],
  ])('with %s is refused', (_, change, words) => {
    expect(() => processManager({ ...options, ...change } as never)).toThrow(InvalidProcess);
    expect(() => processManager({ ...options, ...change } as never)).toThrow(words);
  });

  it('takes one type name of two categories by functions per registry', () => {
    expect(() => processManager({ ...options, events: [transferEvents, transferEvents] as never })).toThrow('(on) =>');
  });
});

describe('an action that cannot be', () => {
  it.each([
    ['a command that sends does not name', () => [send('open', account, '1', new Open(1))], 'sends does not name'],
    [
      'two commands of one step',
      () => [send('a', account, '1', new Debit('x', 1)), send('a', account, '1', new Debit('x', 2))],
      'asks twice for step a',
    ],
    ['an id that is none', () => [send('a', account, '', new Debit('x', 1))], 'must not be empty'],
    ['a deadline in the past of all calendars', () => [after('late', -1)], 'whole number of milliseconds'],
    ['something after the end', () => [end(), after('late', 1)], 'after end()'],
    ['no action', () => [{ kind: 'sing' }], 'no action'],
  ])('%s fails the event with its reason, and records nothing', async (_, react, words) => {
    const manager = processManager({
      name: 'odd',
      version: 1,
      events: [transferEvents],
      startsAt: 'first-event',
      key: () => 'one',
      initialState: null,
      sends: [{ aggregate: account, commands: [Debit] }],
      react: { Requested: react as never },
      deadlines: { late: {} },
    });
    const bank = start({ manager, recovery: { onFailure: 'park' } });
    await request(bank, 't1', 0, 1, 1);
    await settled(bank);
    const [parked] = await bank.readStore.parked('odd', 10);
    expect(parked?.error).toContain(words);
    expect(await typesOf(bank, 'odd-one')).toEqual([]);
  });
});
