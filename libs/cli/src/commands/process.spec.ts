// Processes on the command line: listed, shown, sent again, cancelled; deadlines in order of time.
import { InMemoryEventStore, systemRuntime, type EventStore, type RecordedEvent } from '@mainstem/event-store';
import { Projector } from '@mainstem/projection';
import { MemoryReadStore } from '@mainstem/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  account,
  Credit,
  gift,
  HOUR_MS,
  Open,
  openBank,
  RequestTransfer,
  settled,
  transfer,
  transferRun,
  type Bank,
} from '../../../process/src/transfer.fixtures.js';
import type { OpenReadModels } from '../application.js';
import type { CliContext } from './cli-context.js';
import { listDeadlines } from './deadlines.js';
import { listParked, replayParked } from './parked.js';
import { cancelInstance, retryInstance } from './process-change.js';
import { listInstances } from './process-list.js';
import { showInstance } from './process-show.js';
import { status } from './status.js';

const NOW = Date.parse('2026-01-01T00:00:00.000Z');
const now = (): number => NOW;

let bank: Bank;
let printed: string[];
let said: string[];
let answer: boolean | undefined;
let context: CliContext;

beforeEach(async () => {
  [printed, said, answer] = [[], [], undefined];
  const runtime = { ...systemRuntime, now };
  const readStore = new MemoryReadStore();
  bank = openBank({ manager: gift, readStore, runtime, store: new InMemoryEventStore({ runtime }) });
  bank.projector.start();
  await bank.executor.execute(account, 'a', new Open(10));
  for (const [id, amount] of [
    ['t1', 30],
    ['t2', 5],
    ['t3', 1],
  ] as const)
    await bank.executor.execute(transfer, id, new RequestTransfer('a', 'b', amount));
  await settled(bank);
  const processes = [{ manager: gift, store: readStore }];
  context = contextOf({ projections: [], processes, close: async () => undefined });
});
afterEach(() => bank.projector.stop());

/** Stays open, whatever closes it. */
const kept = (store: EventStore): EventStore =>
  new Proxy(store, {
    get: (target, name) => {
      if (name === 'close') return async () => undefined;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });

const contextOf = (readModels: OpenReadModels, isWritable = true): CliContext => ({
  application: {
    name: 'bank',
    aggregates: [account, transfer],
    openEvents: async () => kept(bank.store),
    openReadModels: async () => readModels,
    ...(isWritable && { openEventStore: async () => kept(bank.store) }),
  },
  settings: { env: {} },
  terminal: {
    isInteractive: false,
    errorStream: process.stderr,
    print: async (line) => void printed.push(line),
    say: (line) => void said.push(line),
    confirm: async (question) => {
      said.push(question);
      return answer ?? false;
    },
  },
  signal: new AbortController().signal,
});

const eventsOf = async (type: string): Promise<readonly RecordedEvent[]> => {
  const events: RecordedEvent[] = [];
  for await (const page of bank.store.readAll({ filter: { types: [type] } })) events.push(...page);
  return events;
};

describe('process list', () => {
  it('shows those that are stuck, with the refusal, and those that go on', async () => {
    await bank.executor.execute(transfer, 't4', new RequestTransfer('a', 'b', 2));
    expect(await listInstances(context, 'gift', {})).toBe(0);
    expect(printed.join('\n')).toMatch(/^stuck +t1 +2026-01-01T00:00:00\.000Z +take#1 +ACCOUNT_OVERDRAWN: The account/m);
    expect(printed.join('\n')).not.toMatch(/t2|t3/);
  });

  it('shows chosen states, as JSON too, and says where it stops', async () => {
    await listInstances(context, 'gift', { state: ['ended'], limit: '1', json: true });
    expect(printed.map((line) => JSON.parse(line) as object)).toEqual([
      { process: 'gift', key: 't2', state: 'ended', since: '2026-01-01T00:00:00.000Z', stuck: '', reason: '' },
    ]);
    expect(said).toEqual(['There is more: the first 1 are shown (--limit).']);
    await listInstances(context, 'gift', { state: ['cancelled'] });
    expect(printed.at(-1)).toBe('gift: no instance is cancelled.');
  });

  it('refuses a process or a state that is not there, with the nearest name', async () => {
    await expect(listInstances(context, 'gift-', {})).rejects.toThrow('Did you mean gift?');
    await expect(listInstances(context, 'gift', { state: ['stck'] })).rejects.toThrow('Did you mean stuck?');
    const without = contextOf({ projections: [], close: async () => undefined });
    await expect(listInstances(without, 'gift', {})).rejects.toMatchObject({ code: 'CLI_NO_PROCESSES' });
  });
});

describe('process show', () => {
  it('tells what is open, why it is stuck, and what it was told last', async () => {
    await showInstance(context, 'gift', 't1', {});
    const text = printed.join('\n');
    expect(text).toContain('gift t1: stuck');
    expect(text).toContain('stream gift-t1, version 1, since 2026-01-01T00:00:00.000Z');
    expect(text).toMatch(/take#1 +Debit +account-a +2026-01-01T00:00:00.000Z +ACCOUNT_OVERDRAWN/);
    expect(text).toMatch(/2026-01-01T01:00:00.000Z +remind#2/);
    expect(text).toMatch(/EventTakenIn +transfer-t1@0 Requested/);
    printed.length = 0;
    await showInstance(context, 'gift', 't2', { json: true });
    expect(JSON.parse(printed.join('\n'))).toMatchObject({ state: 'ended', requests: [], stuck: [], deadlines: [] });
  });

  it('names the key that was meant', async () => {
    await expect(showInstance(context, 'gift', 't11', {})).rejects.toMatchObject({ code: 'CLI_UNKNOWN_INSTANCE', key: 't11' });
    await expect(showInstance(context, 'gift', 't11', {})).rejects.toThrow(/Did you mean t\d\?/);
    await expect(showInstance(context, 'gift', 'something', {})).rejects.toThrow('mainstem process list gift lists them.');
  });
});

describe('process retry', () => {
  it('sends what is stuck again, so that the process goes on', async () => {
    await bank.executor.execute(account, 'a', new Credit('help', 100));
    expect(await retryInstance(context, 'gift', 't1')).toBe(0);
    expect(printed).toEqual(['gift t1: 1 command asked for again; a host of the process does the rest.']);
    await settled(bank);
    await listInstances(context, 'gift', { state: ['ended'], json: true });
    expect(printed.join('\n')).toContain('"key":"t1"');
    await expect(retryInstance(context, 'gift', 't1')).rejects.toMatchObject({ code: 'CLI_INSTANCE_NOT_READY' });
  });

  it('refuses an instance that is not there, and an application that cannot be told anything', async () => {
    await expect(retryInstance(context, 'gift', 't9')).rejects.toMatchObject({ code: 'CLI_UNKNOWN_INSTANCE' });
    const processes = [{ manager: gift, store: bank.readStore }];
    const reading = contextOf({ projections: [], processes, close: async () => undefined }, false);
    await expect(retryInstance(reading, 'gift', 't1')).rejects.toMatchObject({ code: 'CLI_NO_EVENT_STORE' });
  });
});

describe('process cancel', () => {
  const reason = 'paid in cash';

  it('asks, shows what is open, and ends the instance with its reason', async () => {
    expect(await cancelInstance(context, 'gift', 't1', { reason })).toBe(1);
    expect(said).toEqual(['Cancel gift t1 for good?', 'Nothing was changed.']);
    expect(await eventsOf('ProcessEnded')).toHaveLength(2);
    answer = true;
    expect(await cancelInstance(context, 'gift', 't1', { reason })).toBe(0);
    expect(printed.join('\n')).toMatch(/take#1 +Debit/);
    expect((await eventsOf('ProcessEnded')).at(-1)?.data).toEqual({ reason });
    await settled(bank);
    await listInstances(context, 'gift', { state: ['cancelled'] });
    expect(printed.at(-1)).toMatch(/^cancelled +t1 .* paid in cash$/);
    printed.length = 0;
    await showInstance(context, 'gift', 't1', {});
    expect(printed[0]).toBe('gift t1: cancelled (paid in cash)');
  });

  it('needs --yes without a terminal, and refuses an empty reason and an instance that has ended', async () => {
    const { confirm: _, ...terminal } = context.terminal;
    const unattended = { ...context, terminal };
    await expect(cancelInstance(unattended, 'gift', 't1', { reason })).rejects.toMatchObject({ code: 'CLI_INVALID_ARGUMENT', argument: '--yes' });
    expect(await cancelInstance(unattended, 'gift', 't1', { reason, yes: true })).toBe(0);
    await expect(cancelInstance(context, 'gift', 't1', { reason, yes: true })).rejects.toMatchObject({ code: 'CLI_INSTANCE_NOT_READY' });
    await expect(cancelInstance(context, 'gift', 't2', { reason, yes: true })).rejects.toThrow('it has ended');
    await expect(cancelInstance(context, 'gift', 't1', { reason: ' ', yes: true })).rejects.toMatchObject({ argument: '--reason' });
  });
});

describe('deadlines', () => {
  it('are shown in order of time, of one process and of all', async () => {
    const other = openBank({ manager: transferRun, store: bank.store, readStore: bank.readStore, runtime: { ...systemRuntime, now } });
    await bank.executor.execute(account, 'b', new Open(0));
    const waiting = other.hosted.filter(({ projection }) => projection.name !== 'run-outbox');
    const projector = new Projector({ reader: bank.store, projections: waiting });
    projector.start();
    try {
      await settled({ store: bank.store, projector, hosted: waiting });
      const both = contextOf({
        projections: [],
        processes: [gift, transferRun].map((manager) => ({ manager, store: bank.readStore })),
        close: async () => undefined,
      });
      expect(await listDeadlines(both, undefined, { now, json: true })).toBe(0);
      const found = printed.map((line) => JSON.parse(line) as { readonly process: string; readonly key: string; readonly at: string });
      expect(found.map(({ process: of, key }) => `${of} ${key}`).toSorted()).toEqual(['gift t1', 'run t1', 'run t2', 'run t3']);
      expect(found.map(({ at }) => at).toSorted()).toEqual(found.map(({ at }) => at));
      printed.length = 0;
      await listDeadlines(both, 'gift', { now });
      expect(printed.at(-1)).toMatch(/^2026-01-01T01:00:00.000Z +in 1 h 0 min +gift +t1 +remind$/);
    } finally {
      await projector.stop();
    }
  });

  it('that are overdue are shown alone, and counted by status with what is stuck', async () => {
    await listDeadlines(context, undefined, { now, overdue: true });
    expect(printed).toEqual(['No deadline is overdue.']);
    const later = (): number => NOW + 2 * HOUR_MS;
    await listDeadlines(context, undefined, { now: later, overdue: true });
    expect(printed.at(-1)).toMatch(/1 h 0 min ago/);
    printed.length = 0;
    await status(context, { now: later });
    expect(printed).toContain('gift: 1 instance is stuck. mainstem process list gift');
    expect(printed).toContain('gift: 1 deadline is overdue. mainstem deadlines gift --overdue');
    expect(printed.join('\n')).toMatch(/gift-outbox +memory/);
    expect(printed.join('\n')).not.toContain('Left behind');
  });
});

it('parked lists and replays the events of a process, with the event store of the application', async () => {
  const { position } = await bank.executor.execute(account, 'a', new Credit('help', 100));
  await bank.projector.waitFor('gift-outbox', position as never, { timeoutMs: 4_000 });
  await listParked(context, 'gift-outbox', {});
  expect(printed).toEqual(['gift-outbox: nothing is parked.']);
  expect(await replayParked(context, 'gift-outbox', {})).toBe(0);
});
