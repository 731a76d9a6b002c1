// Promises of executing a command, on a store that counts its calls and fails on demand.
import {
  defineEvents,
  eventIdOf,
  InMemoryEventStore,
  streamOf,
  systemRuntime,
  type AppendOptions,
  type AppendResult,
  type EventOf,
  type NewEvent,
  type Position,
  type ReadStreamOptions,
  type RecordedEvent,
  type Revision,
  type Runtime,
  type StreamName,
} from '@mainstem/event-store';
import { IsInt, Max, Min } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { defineAggregate } from '../aggregate/aggregate.js';
import { loadAggregate } from '../aggregate/load-aggregate.js';
import { CommandRefused } from '../errors.js';
import { AppendTurns } from './append-turn.js';
import { CommandExecutor, type CommandExecutorOptions } from './command-executor.js';

class AddedData {
  @IsInt() @Max(1_000) amount!: number;
}
const counterEvents = defineEvents('counter', { Added: AddedData });

class Add {
  @IsInt() @Min(0) amount!: number;
}

class CounterFull extends CommandRefused {
  constructor() {
    super('COUNTER_FULL', 'The counter is full.');
  }
}

/** Adds one event for each unit of ten; nothing for zero; refuses to exceed 5,000. */
const counter = defineAggregate({
  category: 'counter',
  events: counterEvents,
  initialState: 0,
  evolve: (state: number, event: EventOf<typeof counterEvents>) => state + event.data.amount,
  decide: ({ amount }: Add, state) => {
    if (state + amount > 5_000) throw new CounterFull();
    const events = [];
    for (let left = amount; left > 0; left -= 10)
      events.push({ type: 'Added' as const, data: { amount: amount > 100 ? amount : Math.min(10, left) } });
    return amount > 100 ? events.slice(0, 1) : events;
  },
});

const add = (amount: number): Add => Object.assign(new Add(), { amount });
const STREAM = streamOf('counter', 'a');

class WatchedStore extends InMemoryEventStore {
  readonly reads: (Revision | undefined)[] = [];
  appends = 0;
  /** Runs before each append reaches the store, where another process may come in between. */
  beforeAppend: () => Promise<void> = async () => undefined;

  override async *readStream(stream: StreamName, options: ReadStreamOptions = {}): AsyncGenerator<readonly RecordedEvent[]> {
    this.reads.push(options.from);
    yield* super.readStream(stream, options);
  }

  override async append(stream: StreamName, events: readonly NewEvent[], options: AppendOptions): Promise<AppendResult> {
    this.appends++;
    await this.beforeAppend();
    return super.append(stream, events, options);
  }

  async all(): Promise<readonly RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    for await (const batch of this.readAll()) events.push(...batch);
    return events;
  }
}

const instant: Runtime = { ...systemRuntime, sleep: async () => undefined };
const setUp = (options: Partial<CommandExecutorOptions> = {}) => {
  const store = new WatchedStore();
  const another = (): CommandExecutor => new CommandExecutor({ store, runtime: instant, ...options });
  return { store, executor: another(), another };
};

/** Another process: appends one event at any revision, through its own executor. */
const interfere = (store: WatchedStore, commandId: string, amount: number): Promise<unknown> => {
  const before = store.beforeAppend;
  store.beforeAppend = async () => undefined;
  return new CommandExecutor({ store }).execute(counter, 'a', add(amount), { commandId }).finally(() => (store.beforeAppend = before));
};

describe('executing a command', () => {
  it('appends the decided events and answers with the places of the last one', async () => {
    const { store, executor } = setUp();
    await executor.execute(counter, 'b', add(1), { commandId: 'other' });
    const result = await executor.execute(counter, 'a', add(15), { commandId: 'one' });
    expect(result).toEqual({
      stream: STREAM,
      events: [
        { type: 'Added', data: { amount: 10 } },
        { type: 'Added', data: { amount: 5 } },
      ],
      nextRevision: 1n,
      position: 3n,
      isRepeat: false,
    });
    expect((await store.all()).map(({ stream, data }) => [stream, data])).toEqual([
      ['counter-b', { amount: 1 }],
      ['counter-a', { amount: 10 }],
      ['counter-a', { amount: 5 }],
    ]);
  });

  it('derives event ids from the command and fills in the metadata', async () => {
    const { store, executor } = setUp();
    await executor.execute(counter, 'a', add(15), { commandId: 'one', occurredAt: (index) => `2010-12-01T08:2${index}:00Z` });
    await executor.execute(counter, 'a', add(1), { commandId: 'two', correlationId: 'talk', causationId: 'one', occurredAt: '2011-01-01T00:00:00Z' });
    const events = await store.all();
    expect(events.map(({ id }) => id)).toEqual([eventIdOf('one', STREAM, 0), eventIdOf('one', STREAM, 1), eventIdOf('two', STREAM, 0)]);
    expect(events.map(({ metadata }) => metadata)).toEqual([
      { commandId: 'one', correlationId: 'one', causationId: 'one', occurredAt: '2010-12-01T08:20:00Z' },
      { commandId: 'one', correlationId: 'one', causationId: 'one', occurredAt: '2010-12-01T08:21:00Z' },
      { commandId: 'two', correlationId: 'talk', causationId: 'one', occurredAt: '2011-01-01T00:00:00Z' },
    ]);
  });

  it('gives a command without a context a new id', async () => {
    const { store, executor } = setUp();
    await executor.execute(counter, 'a', add(1));
    await executor.execute(counter, 'a', add(1));
    const ids = (await store.all()).map(({ metadata }) => metadata.commandId);
    expect(new Set(ids).size).toBe(2);
  });

  it('appends nothing when nothing was decided, and answers with the end of the stream', async () => {
    const { store, executor } = setUp();
    expect(await executor.execute(counter, 'a', add(0))).toEqual({
      stream: STREAM,
      events: [],
      nextRevision: undefined,
      position: undefined,
      isRepeat: false,
    });
    await executor.execute(counter, 'a', add(7));
    expect(await executor.execute(counter, 'a', add(0))).toEqual({ stream: STREAM, events: [], nextRevision: 0n, position: 1n, isRepeat: false });
    expect(store.appends).toBe(1);
  });

  it('refuses a command that breaks its rules, an id that cannot be stored, and an event that breaks its rules, and appends nothing', async () => {
    const { store, executor } = setUp();
    const cases: [Promise<unknown>, object][] = [
      [
        executor.execute(counter, 'a', add(-1)),
        { code: 'COMMAND_INVALID', violations: [{ field: 'amount', message: expect.stringContaining('not be less than 0') }] },
      ],
      [
        executor.execute(counter, 'a', Object.assign(add(1), { surprise: 1 })),
        { code: 'COMMAND_INVALID', violations: [{ field: 'surprise', message: expect.any(String) }] },
      ],
      [executor.execute(counter, 'a', null as never), { code: 'COMMAND_INVALID' }],
      [
        executor.execute(counter, 'a', add(1), { commandId: 'a\u0000b' }),
        { code: 'COMMAND_INVALID', violations: [{ field: 'commandId', message: expect.any(String) }] },
      ],
      [executor.execute(counter, 'a', add(1), { commandId: 'x'.repeat(201) }), { code: 'COMMAND_INVALID' }],
      [executor.execute(counter, '', add(1)), { code: 'EVENT_STORE_INVALID_INPUT' }],
      [executor.execute(counter, 'a', add(2_000)), { code: 'EVENT_STORE_INVALID_EVENT' }],
      [executor.execute(counter, 'a', add(6_000)), { code: 'COUNTER_FULL' }],
    ];
    for (const [execution, error] of cases) await expect(execution).rejects.toMatchObject(error);
    expect(store.appends).toBe(0);
  });
});

describe('reading the stream', () => {
  it('happens once for many commands', async () => {
    const { store, executor } = setUp();
    for (let index = 0; index < 5; index++) await executor.execute(counter, 'a', add(1));
    expect(store.reads).toEqual([undefined]);
  });

  it('happens again for a stream that was dropped from the cache', async () => {
    const { store, executor } = setUp({ cache: { streamsMax: 1 } });
    for (const id of ['a', 'b', 'a']) await executor.execute(counter, id, add(1));
    expect(store.reads).toHaveLength(3);
    const { state } = await loadAggregate(store, counter, 'a');
    expect(state).toBe(2);
  });

  it('does not happen again for a stream with more command ids than the cache keeps, and no id is forgotten', async () => {
    const { store, executor } = setUp({ cache: { commandIdsMax: 30 } });
    for (let index = 0; index < 60; index++) await executor.execute(counter, 'a', add(1), { commandId: `c${index}` });
    // One stream keeps a tenth of 30; a filter knows the others.
    expect(store.reads.length).toBeLessThan(5);
    for (const index of [0, 30, 56, 59]) {
      const repeat = await executor.execute(counter, 'a', add(1), { commandId: `c${index}` });
      expect(repeat).toMatchObject({ isRepeat: true, nextRevision: BigInt(index) });
    }
    expect(store.appends).toBe(60);
  });
});

describe('a conflict', () => {
  it('reads only the missing events and decides again', async () => {
    const { store, executor } = setUp();
    await executor.execute(counter, 'a', add(30), { commandId: 'first' });
    let interferences = 0;
    store.beforeAppend = async () => {
      if (interferences++ === 0) await interfere(store, 'foreign', 5);
    };
    store.reads.length = 0;
    const result = await executor.execute(counter, 'a', add(1), { commandId: 'second' });
    expect(result).toMatchObject({ nextRevision: 4n, position: 5n, isRepeat: false });
    // The other process read the whole stream. The last folded event is read again, to prove the stream is the same.
    expect(store.reads).toEqual([undefined, 2n]);
    expect((await loadAggregate(store, counter, 'a')).state).toBe(36);
  });

  it('is given up after the last attempt, with nothing appended', async () => {
    const { store, executor } = setUp({ attemptsMax: 3 });
    let interferences = 0;
    store.beforeAppend = async () => void (await interfere(store, `foreign-${interferences++}`, 1));
    await expect(executor.execute(counter, 'a', add(50), { commandId: 'mine' })).rejects.toMatchObject({
      code: 'AGGREGATE_CONFLICT_UNRESOLVED',
      stream: STREAM,
      attempts: 3,
      cause: { code: 'EVENT_STORE_WRONG_EXPECTED_REVISION' },
    });
    expect((await loadAggregate(store, counter, 'a')).state).toBe(3);
  });

  it('waits longer and longer at random, within bounds', async () => {
    const delays: number[] = [];
    const runtime: Runtime = { ...systemRuntime, random: () => 0.5, sleep: async (ms) => void delays.push(ms) };
    const { store, executor } = setUp({ runtime, attemptsMax: 6, retryDelayMs: 10, retryDelayMaxMs: 60 });
    let interferences = 0;
    store.beforeAppend = async () => void (await interfere(store, `foreign-${interferences++}`, 1));
    await expect(executor.execute(counter, 'a', add(1))).rejects.toMatchObject({ code: 'AGGREGATE_CONFLICT_UNRESOLVED' });
    expect(delays).toEqual([5, 10, 20, 30, 30]);
  });

  it('does not happen between commands of one process', async () => {
    const { store, executor } = setUp({ attemptsMax: 1 });
    await Promise.all(Array.from({ length: 200 }, (_, index) => executor.execute(counter, 'a', add(1), { commandId: `c${index}` })));
    expect((await loadAggregate(store, counter, 'a')).state).toBe(200);
    expect(await store.head()).toBe(200n);
    // Commands that wait together share an append.
    expect(store.appends).toBeLessThanOrEqual(200);
  });

  it('never shares an append beyond the limits of the store', async () => {
    const store = new WatchedStore({ limits: { appendEventsMax: 10 } });
    const executor = new CommandExecutor({ store });
    await Promise.all(Array.from({ length: 40 }, (_, index) => executor.execute(counter, 'a', add(30), { commandId: `c${index}` })));
    expect(await store.head()).toBe(120n);
    // The first one goes alone, the others by threes. A refused append that is repeated call by call would count more.
    expect(store.appends).toBe(14);
  });

  it('keeps the turn of a command that is too large for the store', async () => {
    const store = new WatchedStore({ limits: { eventBytesMax: 200, appendBytesMax: 200 } });
    const executor = new CommandExecutor({ store });
    const turns = new AppendTurns();
    const turn = turns.take();
    let isReleased = false;
    const appendTurn = { ready: turn.ready, release: () => void (isReleased = true) };
    await expect(executor.execute(counter, 'a', add(100), { commandId: 'one', appendTurn })).rejects.toMatchObject({
      code: 'EVENT_STORE_EVENT_TOO_LARGE',
    });
    // Its caller may send it differently, and later commands must wait for that.
    expect(isReleased).toBe(false);
  });
});

describe('a stale cache', () => {
  it('never refuses what the stream now allows', async () => {
    const { store, executor } = setUp();
    await executor.execute(counter, 'a', add(1_000));
    for (let index = 0; index < 4; index++) await executor.execute(counter, 'a', add(999));
    // Another process lowers the counter without the cache.
    await store.append(STREAM, [{ id: eventIdOf('lower', STREAM, 0), type: 'Added', data: { amount: -900 }, metadata: {} }], {
      expectedRevision: 4n as Revision,
    });
    await expect(executor.execute(counter, 'a', add(500))).resolves.toMatchObject({ nextRevision: 6n });
  });

  it('never answers with an old position', async () => {
    const { store, executor } = setUp();
    await executor.execute(counter, 'a', add(1));
    await interfere(store, 'foreign', 1);
    await expect(executor.execute(counter, 'a', add(0))).resolves.toMatchObject({ nextRevision: 1n, position: 2n });
  });
});

describe('the same command id', () => {
  const first = {
    stream: STREAM,
    events: [
      { type: 'Added', data: { amount: 10 } },
      { type: 'Added', data: { amount: 2 } },
    ],
    nextRevision: 1n,
    position: 2n,
  };

  it('gives the first result and no new event, also with other content', async () => {
    const { store, executor } = setUp();
    await executor.execute(counter, 'a', add(12), { commandId: 'one' });
    await executor.execute(counter, 'a', add(1), { commandId: 'two' });
    expect(await executor.execute(counter, 'a', add(99), { commandId: 'one' })).toEqual({ ...first, isRepeat: true });
    expect(store.appends).toBe(2);
  });

  it('gives it to concurrent commands', async () => {
    const { store, executor } = setUp();
    const results = await Promise.all(Array.from({ length: 50 }, () => executor.execute(counter, 'a', add(12), { commandId: 'one' })));
    for (const result of results) expect(result).toMatchObject(first);
    expect(results.filter(({ isRepeat }) => !isRepeat)).toHaveLength(1);
    expect(store.appends).toBe(1);
  });

  it('gives it after a restart', async () => {
    const { store, executor, another } = setUp();
    await executor.execute(counter, 'a', add(12), { commandId: 'one' });
    await executor.execute(counter, 'a', add(1), { commandId: 'two' });
    expect(await another().execute(counter, 'a', add(12), { commandId: 'one' })).toEqual({ ...first, isRepeat: true });
    expect(store.appends).toBe(2);
  });

  it('gives it to processes that execute it at the same time', async () => {
    const { store, another } = setUp();
    const results = await Promise.all(Array.from({ length: 8 }, () => another().execute(counter, 'a', add(12), { commandId: 'one' })));
    for (const result of results) expect(result).toMatchObject(first);
    expect(await store.head()).toBe(2n);
  });

  it('gives it after the reply to the append was lost', async () => {
    const { store, executor } = setUp();
    const append = store.append.bind(store);
    store.append = async (...call) => {
      await append(...call);
      throw new Error('connection lost');
    };
    await expect(executor.execute(counter, 'a', add(12), { commandId: 'one' })).rejects.toThrow('connection lost');
    store.append = append;
    expect(await executor.execute(counter, 'a', add(12), { commandId: 'one' })).toEqual({ ...first, isRepeat: true });
    expect(await store.head()).toBe(2n);
  });

  it('counts for one stream: another stream has its own', async () => {
    const { executor } = setUp();
    await executor.execute(counter, 'a', add(1), { commandId: 'one' });
    await expect(executor.execute(counter, 'b', add(1), { commandId: 'one' })).resolves.toMatchObject({ isRepeat: false });
  });
});

describe('turns', () => {
  it('make events follow the order of the turns, whatever takes long, also after a refused command', async () => {
    const { store, executor } = setUp();
    const turns = new AppendTurns();
    const execute = async (id: string, amount: number): Promise<void> => {
      const appendTurn = turns.take();
      // The later ones are ready to append first.
      for (let ticks = 50 - Number(id); ticks > 0; ticks--) await Promise.resolve();
      await executor.execute(counter, id, add(amount), { commandId: id, appendTurn }).catch(() => undefined);
      appendTurn.release();
    };
    await Promise.all(Array.from({ length: 50 }, (_, index) => execute(String(index), index % 10 === 3 ? 6_000 : 1)));
    const ids = (await store.all()).map(({ stream }) => Number(stream.slice('counter-'.length)));
    expect(ids).toEqual(Array.from({ length: 50 }, (_, index) => index).filter((index) => index % 10 !== 3));
  });

  it('are not overtaken when one is released early', async () => {
    const turns = new AppendTurns();
    const [first, second, third] = [turns.take(), turns.take(), turns.take()];
    const ready: string[] = [];
    void second.ready.then(() => ready.push('second'));
    void third.ready.then(() => ready.push('third'));
    second.release();
    await new Promise((resolve) => setImmediate(resolve));
    expect(ready).toEqual([]);
    first.release();
    await third.ready;
    expect(ready).toEqual(['second', 'third']);
  });
});

describe('bounds', () => {
  it('refuse commands beyond the limit of waiting ones', async () => {
    const { executor } = setUp({ waitingMax: 3 });
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => executor.execute(counter, 'a', add(1))));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected']);
    expect(outcomes[4]).toMatchObject({ reason: { code: 'AGGREGATE_OVERLOADED' } });
    await expect(executor.execute(counter, 'a', add(1))).resolves.toMatchObject({ nextRevision: 4n });
  });

  it('let a signal end the wait', async () => {
    const { store, executor } = setUp();
    let letGo = (): void => undefined;
    store.beforeAppend = () => new Promise((resolve) => (letGo = resolve));
    const running = executor.execute(counter, 'a', add(1));
    const abort = new AbortController();
    const waiting = executor.execute(counter, 'a', add(1), { commandId: 'two', signal: abort.signal });
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'EVENT_STORE_ABORTED' });
    letGo();
    await expect(running).resolves.toMatchObject({ position: 1n as Position });
  });
});

describe('defining and loading', () => {
  it('refuses a category that differs from that of the events', () => {
    expect(() => defineAggregate({ ...counter, category: 'other', events: counterEvents })).toThrow(
      expect.objectContaining({ code: 'AGGREGATE_INVALID_DEFINITION' }),
    );
  });

  it('loads the state and passes on the events', async () => {
    const { store, executor } = setUp();
    await executor.execute(counter, 'a', add(25));
    const amounts: unknown[] = [];
    const loaded = await loadAggregate(store, counter, 'a', { onEvents: (events) => void amounts.push(...events.map(({ data }) => data)) });
    expect(loaded).toEqual({ stream: STREAM, state: 25, revision: 2n, position: 3n });
    expect(amounts).toEqual([{ amount: 10 }, { amount: 10 }, { amount: 5 }]);
    expect(await loadAggregate(store, counter, 'none')).toMatchObject({ state: 0, revision: undefined });
  });
});
