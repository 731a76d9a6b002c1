// Memory holds what a replay gives: it cannot be changed, nothing else is stored, and a stream that is set back is
// noticed.
import { defineEvents, InMemoryEventStore, WrongExpectedRevision, type EventOf, type RecordedEvent } from '@mainstem/event-store';
import { Allow, IsInt, IsOptional, IsString } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { defineAggregate } from '../aggregate/aggregate.js';
import type { Circumstances } from '../aggregate/circumstances.js';
import { CommandRefused } from '../errors.js';
import { AppendTurns } from './append-turn.js';
import { CommandExecutor } from './command-executor.js';
import { utcTime } from './occurred-at.js';

class PaidData {
  @IsInt() cents!: number;
  @IsOptional() @IsString() note?: string | null | undefined;
}
class TaggedData {
  @Allow() tags!: string[];
}
const accountEvents = defineEvents('account', { Paid: PaidData, Tagged: TaggedData });

interface Pay {
  readonly cents: number;
  readonly note?: string | null | undefined;
}
interface Account {
  readonly cents: number;
  readonly notes: number;
  readonly payments: readonly { cents: number }[];
}

class TooMuch extends CommandRefused {
  constructor() {
    super('TOO_MUCH', 'That is too much.');
  }
}

const seen: Account[] = [];
const account = defineAggregate({
  category: 'account',
  events: accountEvents,
  initialState: { cents: 0, notes: 0, payments: [] } as Account,
  evolve: (state: Account, event: EventOf<typeof accountEvents>): Account =>
    event.type === 'Paid'
      ? {
          cents: state.cents + event.data.cents,
          notes: state.notes + ('note' in event.data ? String(event.data.note?.trim()).length : 0),
          payments: [...state.payments, event.data],
        }
      : state,
  decide: (pay: Pay, state: Account, _circumstances: Circumstances) => {
    seen.push(state);
    if (state.cents + pay.cents > 1_000) throw new TooMuch();
    return pay.cents === 0 ? [] : [{ type: 'Paid' as const, data: { cents: pay.cents, note: pay.note } }];
  },
});
const lastSeen = (): Account | undefined => seen.at(-1);

const eventsOf = async (store: InMemoryEventStore): Promise<readonly RecordedEvent[]> => {
  const events: RecordedEvent[] = [];
  for await (const batch of store.readAll()) events.push(...batch);
  return events;
};

/** A store whose inside can be exchanged, like a restored backup. */
const exchangeable = () => {
  const inside = { store: new InMemoryEventStore() };
  const store = {
    limits: inside.store.limits,
    append: (...given: Parameters<InMemoryEventStore['append']>) => inside.store.append(...given),
    readStream: (...given: Parameters<InMemoryEventStore['readStream']>) => inside.store.readStream(...given),
  };
  return { inside, store };
};

describe('a state in memory', () => {
  it('is folded from the stored events, not from the decided ones', async () => {
    const store = new InMemoryEventStore();
    const executor = new CommandExecutor({ store });
    await executor.execute(account, 'a', { cents: 1, note: undefined });
    await executor.execute(account, 'a', { cents: 1 });
    const inMemory = lastSeen();
    await new CommandExecutor({ store }).execute(account, 'a', { cents: 0 });
    expect(inMemory).toMatchObject({ cents: 1, notes: 0 });
    expect(lastSeen()).toMatchObject({ cents: 2, notes: 0 });
  });

  it('cannot be changed through a state, an event, an answer or the initial state', async () => {
    const executor = new CommandExecutor({ store: new InMemoryEventStore() });
    const answer = await executor.execute(account, 'a', { cents: 5 });
    await executor.execute(account, 'a', { cents: 5 });
    const state = lastSeen() as unknown as { cents: number; payments: { cents: number }[] };
    expect(() => (state.cents = 900)).toThrow(TypeError);
    expect(() => (state.payments[0] = { cents: 900 })).toThrow(TypeError);
    expect(() => ((state.payments[0] as { cents: number }).cents = 900)).toThrow(TypeError);
    expect(() => ((account.initialState as { cents: number }).cents = 900)).toThrow(TypeError);
    // Answers are copies: their receivers may change them.
    for (const event of answer.events) (event.data as { cents: number }).cents = 900;
    await executor.execute(account, 'a', { cents: 0 });
    expect(lastSeen()?.cents).toBe(10);
    await executor.execute(account, 'b', { cents: 0 });
    expect(lastSeen()?.cents).toBe(0);
  });

  it('belongs to its aggregate, even if two fold the same streams', async () => {
    const executor = new CommandExecutor({ store: new InMemoryEventStore() });
    const states: unknown[] = [];
    const counting = defineAggregate({
      category: 'account',
      events: accountEvents,
      initialState: 'none',
      evolve: (state: string) => `${state}+1`,
      decide: (_: object, state: string) => {
        states.push(state);
        return [];
      },
    });
    await executor.execute(account, 'a', { cents: 5 });
    await executor.execute(counting, 'a', {});
    await executor.execute(account, 'a', { cents: 5 });
    await executor.execute(counting, 'a', {});
    expect(states.at(-1)).toBe('none+1+1');
    expect(lastSeen()?.cents).toBe(5);
  });

  it.each([
    ['with fewer events', 1],
    ['with more events', 7],
    ['without any', 0],
  ])('is dropped when the store was set back to another history, %s', async (_, count) => {
    const { inside, store } = exchangeable();
    const executor = new CommandExecutor({ store });
    for (let index = 0; index < 3; index++) await executor.execute(account, 'a', { cents: 100 });
    inside.store = new InMemoryEventStore();
    for (let index = 0; index < count; index++) await new CommandExecutor({ store }).execute(account, 'a', { cents: 1 });
    await expect(executor.execute(account, 'a', { cents: 2 })).resolves.toMatchObject({ nextRevision: BigInt(count) });
    expect(lastSeen()?.cents).toBe(count);
    await expect(executor.execute(account, 'a', { cents: 0 })).resolves.toMatchObject({ nextRevision: BigInt(count) });
    expect(lastSeen()?.cents).toBe(count + 2);
  });

  it('is dropped when the store is another incarnation, of the same length', async () => {
    const stores = [new InMemoryEventStore(), new InMemoryEventStore()];
    let now = stores[0] as InMemoryEventStore;
    const store = {
      limits: now.limits,
      append: (...given: Parameters<InMemoryEventStore['append']>) => now.append(...given),
      readStream: (...given: Parameters<InMemoryEventStore['readStream']>) => now.readStream(...given),
      get incarnation() {
        return now.incarnation;
      },
    };
    const executor = new CommandExecutor({ store });
    await executor.execute(account, 'a', { cents: 100 });
    now = stores[1] as InMemoryEventStore;
    await new CommandExecutor({ store }).execute(account, 'a', { cents: 1 });
    await executor.execute(account, 'a', { cents: 2 });
    expect(lastSeen()?.cents).toBe(1);
  });
});

describe('an event that evolve cannot take', () => {
  it('is refused with a code and not stored; the next command works', async () => {
    const store = new InMemoryEventStore();
    const picky = defineAggregate({
      category: 'account',
      events: accountEvents,
      initialState: '',
      evolve: (_: string, event: EventOf<typeof accountEvents>) => (event.type === 'Paid' ? (event.data.note as string).trim() : ''),
      decide: (pay: Pay) => [{ type: 'Paid' as const, data: { cents: pay.cents, note: pay.note } }],
    });
    const executor = new CommandExecutor({ store });
    await executor.execute(picky, 'a', { cents: 1, note: 'x' });
    await expect(executor.execute(picky, 'a', { cents: 1, note: null })).rejects.toMatchObject({ code: 'AGGREGATE_EVENT_NOT_FOLDABLE' });
    await expect(executor.execute(picky, 'a', { cents: 1, note: 'y' })).resolves.toMatchObject({ nextRevision: 1n });
    expect(await store.head()).toBe(2n);
  });
});

describe('many commands in one append', () => {
  it('are decided one after the other, each with its own id and answer', async () => {
    const store = new InMemoryEventStore();
    const executor = new CommandExecutor({ store });
    const results = await executor.executeAll(account, 'a', [{ cents: 1 }, { cents: 0 }, { cents: 2 }], { commandId: 'all' });
    expect(results).toMatchObject([
      { nextRevision: 0n, position: 1n, isRepeat: false, events: [{ type: 'Paid', data: { cents: 1 } }] },
      { events: [] },
      { nextRevision: 1n, position: 2n, isRepeat: false, events: [{ type: 'Paid', data: { cents: 2 } }] },
    ]);
    expect((await eventsOf(store)).map(({ metadata }) => metadata.commandId)).toEqual(['all:0', 'all:2']);
    const again = await executor.executeAll(account, 'a', [{ cents: 1 }, { cents: 0 }, { cents: 2 }], { commandId: 'all' });
    expect(again).toMatchObject([{ isRepeat: true, nextRevision: 0n }, { events: [] }, { isRepeat: true, nextRevision: 1n }]);
    expect(await store.head()).toBe(2n);
  });

  it('take effect together or not at all', async () => {
    const store = new InMemoryEventStore();
    const executor = new CommandExecutor({ store });
    const ids = [{ commandId: 'x' }, { commandId: 'y' }];
    await expect(executor.executeAll(account, 'a', [{ cents: 600 }, { cents: 600 }], ids)).rejects.toMatchObject({ code: 'TOO_MUCH' });
    expect(await store.head()).toBeUndefined();
    await expect(executor.executeAll(account, 'a', [{ cents: 600 }], ids)).rejects.toMatchObject({ code: 'EVENT_STORE_INVALID_INPUT' });
    await expect(executor.executeAll(account, 'a', [], ids)).rejects.toMatchObject({ code: 'EVENT_STORE_INVALID_INPUT' });
  });
});

describe('the input of a caller', () => {
  const odd = [
    ['no id', { metadata: { actor: 'x' } }],
    ['null', null],
    ['an empty id', { commandId: '' }],
    ['a number as its id', { commandId: 7 }],
    ['an AbortController in place of its signal', { commandId: 'a', signal: new AbortController() }],
    ['turns in place of a turn', { commandId: 'a', appendTurn: new AppendTurns() }],
    ['an occurredAt that fails', { commandId: 'a', occurredAt: () => JSON.parse('{') as string }],
  ] as const;

  it.each(odd)('is refused as %s, by execute and executeAll, and leaves nothing behind', async (_, given) => {
    const store = new InMemoryEventStore();
    let nowMs = 0;
    const runtime = { now: () => 0, monotonic: () => nowMs, sleep: async () => undefined, random: () => 0, uuid: () => 'id' };
    const executor = new CommandExecutor({ store, runtime });
    const context = given as unknown as { commandId: string };
    await expect(executor.execute(account, 'a', { cents: 1 }, context)).rejects.toMatchObject({ code: 'COMMAND_INVALID' });
    await expect(executor.executeAll(account, 'a', [{ cents: 1 }], context)).rejects.toMatchObject({ code: 'COMMAND_INVALID' });
    await expect(executor.executeAll(account, 'a', [{ cents: 1 }], [context])).rejects.toMatchObject({ code: 'COMMAND_INVALID' });
    nowMs = 20_000;
    expect(executor.troubles()).toEqual([]);
    expect(await store.head()).toBeUndefined();
  });

  it('is stored as it was checked, whatever the caller changes afterwards', async () => {
    const store = new InMemoryEventStore();
    const context = { commandId: 'one', metadata: { actor: 'ann' } };
    const waiting = new CommandExecutor({ store }).execute(account, 'a', { cents: 1 }, context);
    context.commandId = 'two\n';
    context.metadata.actor = 'eve';
    await waiting;
    expect((await eventsOf(store)).map(({ metadata }) => metadata)).toMatchObject([{ commandId: 'one', actor: 'ann' }]);
  });

  it('may be the longest id for many commands, with the same result each time', async () => {
    const store = new InMemoryEventStore();
    const commandId = 'k'.repeat(200);
    const executor = new CommandExecutor({ store });
    const answers = async () => executor.executeAll(account, 'a', [{ cents: 1 }, { cents: 2 }], { commandId });
    expect(await answers()).toMatchObject([{ isRepeat: false }, { isRepeat: false }]);
    expect(await answers()).toMatchObject([{ isRepeat: true }, { isRepeat: true }]);
  });

  it('ends many commands by the signal of any of them', async () => {
    const store = new InMemoryEventStore();
    store.append = () => new Promise(() => undefined);
    const abort = new AbortController();
    const contexts = [{ commandId: 'x' }, { commandId: 'y', signal: abort.signal }];
    const waiting = new CommandExecutor({ store }).executeAll(account, 'a', [{ cents: 1 }, { cents: 1 }], contexts);
    const ended = expect(waiting).rejects.toMatchObject({ code: 'EVENT_STORE_ABORTED' });
    abort.abort();
    await ended;
  });

  it('is refused if two commands of one call have different turns', async () => {
    const turns = new AppendTurns();
    const contexts = ['x', 'y'].map((commandId) => ({ commandId, appendTurn: turns.take() }));
    const executor = new CommandExecutor({ store: new InMemoryEventStore() });
    await expect(executor.executeAll(account, 'a', [{ cents: 1 }, { cents: 1 }], contexts)).rejects.toMatchObject({
      code: 'EVENT_STORE_INVALID_INPUT',
    });
  });
});

describe('an evolve that answers later', () => {
  it('is refused, and nothing is stored', async () => {
    const later = defineAggregate({
      category: 'account',
      events: accountEvents,
      initialState: {},
      evolve: async (state: object) => Promise.resolve(state),
      decide: () => [{ type: 'Paid' as const, data: { cents: 1 } }],
    });
    const store = new InMemoryEventStore();
    await expect(new CommandExecutor({ store }).execute(later, 'a', {})).rejects.toMatchObject({ code: 'AGGREGATE_INVALID_DEFINITION' });
    expect(await store.head()).toBeUndefined();
  });
});

describe('a state without a recent proof', () => {
  it('is brought up to date before use, unless the store knows that no other process has changed anything', async () => {
    let nowMs = 0;
    const runtime = { now: () => 0, monotonic: () => nowMs, sleep: async () => undefined, random: () => 0, uuid: () => 'id' };
    let changes: number | undefined = 1;
    let reads = 0;
    const memory = new InMemoryEventStore();
    const store = {
      append: memory.append.bind(memory),
      limits: memory.limits,
      changesByOthers: () => changes,
      readStream: (...given: Parameters<InMemoryEventStore['readStream']>) => {
        reads++;
        return memory.readStream(...given);
      },
    };
    const executor = new CommandExecutor({ store, runtime });
    const pay = async (commandId: string): Promise<number> => {
      const before = reads;
      nowMs += 1_000;
      await executor.execute(account, 'a', { cents: 1 }, { commandId });
      return reads - before;
    };
    expect(await pay('first')).toBe(1);
    expect([await pay('second'), await pay('third')]).toEqual([0, 0]);
    // Another process, or an edit of the file: earlier reads are checked again, once.
    changes = 2;
    expect([await pay('fourth'), await pay('fifth')]).toEqual([1, 0]);
    changes = undefined;
    expect([await pay('sixth'), await pay('seventh')]).toEqual([1, 1]);
    expect(lastSeen()).toMatchObject({ cents: 6 });
  });
});

describe('a wait', () => {
  it('ends at once by the signal, for a lane, a turn and an append; later commands go on', async () => {
    const store = new InMemoryEventStore();
    const append = store.append.bind(store);
    store.append = () => new Promise(() => undefined);
    const executor = new CommandExecutor({ store });
    const aborts = [new AbortController(), new AbortController(), new AbortController()];
    const held = new AppendTurns();
    held.take();
    const waits = [
      executor.execute(account, 'a', { cents: 1 }, { commandId: 'append', signal: (aborts[0] as AbortController).signal }),
      executor.execute(account, 'a', { cents: 1 }, { commandId: 'lane', signal: (aborts[1] as AbortController).signal }),
      executor.execute(account, 'a', { cents: 1 }, { commandId: 'turn', signal: (aborts[2] as AbortController).signal, appendTurn: held.take() }),
    ];
    const ended = Promise.allSettled(waits);
    for (const abort of aborts) abort.abort();
    for (const outcome of await ended) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'EVENT_STORE_ABORTED' } });
    store.append = append;
    await expect(executor.execute(account, 'a', { cents: 1 })).resolves.toMatchObject({ nextRevision: 0n });
  });

  it('without a signal has a time limit, and is reported as a trouble before', async () => {
    let nowMs = 0;
    const { runtime } = { runtime: { now: () => 0, monotonic: () => nowMs, sleep: async () => undefined, random: () => 0, uuid: () => 'id' } };
    const store = new InMemoryEventStore();
    store.append = () => new Promise(() => undefined);
    const executor = new CommandExecutor({ store, runtime, waitMaxMs: 30_000 });
    const waiting = executor.execute(account, 'a', { cents: 1 }, { commandId: 'one' });
    const ended = expect(waiting).rejects.toMatchObject({ code: 'COMMAND_TIMED_OUT', waitedFor: 'its append' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(executor.troubles()).toEqual([]);
    nowMs = 10_000;
    expect(executor.troubles()).toEqual(['a command on stream account-a has waited for its append for 10 s']);
    nowMs = 30_000;
    await ended;
    expect(executor.troubles()).toEqual([]);
  });

  it.each(['attemptsMax', 'retryDelayMs', 'retryDelayMaxMs', 'waitingMax', 'waitMaxMs'])('refuses the invalid limit %s', (name) => {
    for (const limit of [Number.NaN, 0, -1, 1.5, Number.POSITIVE_INFINITY, '3' as unknown as number])
      expect(() => new CommandExecutor({ store: new InMemoryEventStore(), [name]: limit })).toThrow(
        expect.objectContaining({ code: 'EVENT_STORE_INVALID_INPUT', field: name }),
      );
  });

  it('of a conflict ends after the attempts', async () => {
    const store = {
      readStream: new InMemoryEventStore().readStream.bind(new InMemoryEventStore()),
      limits: new InMemoryEventStore().limits,
      append: async () => Promise.reject(new WrongExpectedRevision('account-a', '0', 1n)),
    };
    const executor = new CommandExecutor({ store, attemptsMax: 2, retryDelayMs: 1, retryDelayMaxMs: 1 });
    await expect(executor.execute(account, 'a', { cents: 1 })).rejects.toMatchObject({ code: 'AGGREGATE_CONFLICT_UNRESOLVED', attempts: 2 });
  });
});

describe('a context', () => {
  it('passes metadata to decide and to the stored events, and records the clock if it was read', async () => {
    const store = new InMemoryEventStore();
    const runtime = { now: () => Date.UTC(2026, 0, 2), monotonic: () => 0, sleep: async () => undefined, random: () => 0, uuid: () => 'id' };
    const looked: Circumstances[] = [];
    const timed = defineAggregate({
      category: 'account',
      events: accountEvents,
      initialState: 0,
      evolve: (state: number) => state + 1,
      decide: (_: object, state: number, { now, metadata }) => {
        looked.push({ now, metadata });
        return [{ type: 'Paid' as const, data: { cents: state } }];
      },
    });
    const metadata = { actor: 'ann', tenant: 'north', tags: ['a'] };
    await new CommandExecutor({ store, runtime }).execute(timed, 'a', {}, { commandId: 'c', metadata });
    expect(looked).toEqual([{ now: '2026-01-02T00:00:00.000Z', metadata }]);
    const [event] = await eventsOf(store);
    expect(event?.metadata).toEqual({ ...metadata, commandId: 'c', correlationId: 'c', causationId: 'c', decidedAt: '2026-01-02T00:00:00.000Z' });
  });

  it.each([[{ commandId: 'mine' }], [{ $system: 1 }], [{ size: 1n }], [[]], ['text'], [null]])('refuses metadata %o', async (metadata) => {
    const executor = new CommandExecutor({ store: new InMemoryEventStore() });
    const context = { commandId: 'c', metadata: metadata as never };
    await expect(executor.execute(account, 'a', { cents: 1 }, context)).rejects.toMatchObject({ code: 'COMMAND_INVALID' });
  });

  it('refuses the same id with another fingerprint; without one it is a repeat', async () => {
    const executor = new CommandExecutor({ store: new InMemoryEventStore() });
    await executor.execute(account, 'a', { cents: 1 }, { commandId: 'c', fingerprint: 'one' });
    await expect(executor.execute(account, 'a', { cents: 1 }, { commandId: 'c', fingerprint: 'one' })).resolves.toMatchObject({ isRepeat: true });
    await expect(executor.execute(account, 'a', { cents: 2 }, { commandId: 'c', fingerprint: 'two' })).rejects.toMatchObject({
      code: 'COMMAND_ID_REUSED',
    });
    await expect(executor.execute(account, 'a', { cents: 2 }, { commandId: 'c' })).resolves.toMatchObject({ isRepeat: true });
    await expect(executor.execute(account, 'b', { cents: 2 }, { commandId: 'c', fingerprint: 'two' })).resolves.toMatchObject({ isRepeat: false });
  });

  it.each([undefined, null, Number.NaN, 7, {}, ['a', 'b'], true, ''])('refuses the id %o of an aggregate', async (id) => {
    const store = new InMemoryEventStore();
    await expect(new CommandExecutor({ store }).execute(account, id as string, { cents: 1 })).rejects.toMatchObject({
      code: 'EVENT_STORE_INVALID_INPUT',
    });
    expect(await store.head()).toBeUndefined();
  });

  it.each([
    ['2011-12-31T23:30:00Z', '2011-12-31T23:30:00Z'],
    ['2011-12-31T23:30:00.123456789Z', '2011-12-31T23:30:00.123456789Z'],
    ['2011-12-31T23:30:00-05:00', '2012-01-01T04:30:00Z'],
    ['2012-02-29T00:15:00.5+01:00', '2012-02-28T23:15:00.5Z'],
    ['2012-01-01T00:00:00+23:59', '2011-12-31T00:01:00Z'],
    ['2012-01-01T09:26+01:00', '2012-01-01T08:26:00Z'],
  ])('has the time %s stored as %s', (given, stored) => expect(utcTime(given)).toBe(stored));

  it.each([
    '2011-12-31T23:30:00',
    'yesterday',
    '',
    '2011-02-30T00:00:00Z',
    '2011-01-01T24:00:00Z',
    '31/12/2011',
    1_325_376_000_000,
    {},
    '2011-01-01T00:00:00+99:00',
    '2011-01-01T00:00:00+24:00',
    '9999-12-31T23:59:00-01:00',
    '0000-01-01T00:00:00+01:00',
  ])('refuses the time %o', (given) => expect(() => utcTime(given)).toThrow(expect.objectContaining({ code: 'COMMAND_INVALID' })));
});

describe('a state that cannot be frozen', () => {
  interface Tally {
    readonly counts: Uint8Array | undefined;
  }
  const tally = defineAggregate({
    category: 'account',
    events: accountEvents,
    initialState: { counts: undefined } as Tally,
    evolve: ({ counts }: Tally, event: EventOf<typeof accountEvents>): Tally =>
      event.type === 'Paid' ? { counts: Uint8Array.of((counts?.[0] ?? 0) + event.data.cents) } : { counts },
    decide: (pay: Pay, { counts }: Tally) => {
      const before = counts?.[0] ?? 0;
      // A careless rule changes the state that it was given.
      if (counts) counts[0] = 99;
      return [{ type: 'Paid' as const, data: { cents: before + pay.cents } }];
    },
  });

  it('is folded anew for each command, so that a rule that changes it has no effect', async () => {
    const store = new InMemoryEventStore();
    const executor = new CommandExecutor({ store });
    for (const cents of [1, 1, 1]) await executor.execute(tally, 'T', { cents } as Pay);
    const payments: number[] = [];
    for await (const batch of store.readAll()) for (const { data } of batch) payments.push((data as PaidData).cents);
    // Each payment is the sum of those before it, plus one.
    expect(payments).toEqual([1, 2, 4]);
  });

  it('is refused as an initial state: the change of one rule would affect all streams', () => {
    const define = (): unknown => defineAggregate({ ...tally, events: accountEvents, initialState: { counts: new Uint8Array(1) } as Tally });
    expect(define).toThrow(expect.objectContaining({ code: 'AGGREGATE_INVALID_DEFINITION' }) as Error);
  });
});

describe('a store without `limits`', () => {
  it('judges the size of appends itself', async () => {
    const inner = new InMemoryEventStore({ limits: { eventBytesMax: 4_194_304 } });
    const store = { append: inner.append.bind(inner), readStream: inner.readStream.bind(inner) };
    const executor = new CommandExecutor({ store });
    await executor.execute(account, 'old', { cents: 1, note: 'n'.repeat(2_097_152) });
    expect((await executor.execute(account, 'old', { cents: 2 })).nextRevision).toBe(1n);
  });
});
