// What a snapshot counts for, when one is taken, and that commands neither fail nor wait for it.
import {
  defineEvents,
  InMemoryEventStore,
  InMemorySnapshotStore,
  MainstemError,
  systemRuntime,
  type Incarnation,
  type RecordedEvent,
  type Runtime,
  type SnapshotKey,
  type SnapshotStore,
  type StoredSnapshot,
  type StreamName,
} from '@mainstem/event-store';
import { IsInt } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { defineAggregate } from '../aggregate/aggregate.js';
import type { SnapshotRule } from '../aggregate/snapshot-rule.js';
import { CommandExecutor, type CommandExecutorOptions } from '../command/command-executor.js';
import type { SnapshotTold } from './snapshots.js';

class AddedData {
  @IsInt() by!: number;
}
interface Sum {
  readonly count: number;
  readonly sum: number;
}
const EMPTY: Sum = { count: 0, sum: 0 };
const evolve = ({ count, sum }: Sum, { data }: { readonly data: AddedData }): Sum => ({ count: count + 1, sum: sum + data.by });
const decide = ({ by }: { readonly by: number }) => (by === 0 ? [] : [{ type: 'Added' as const, data: { by } }]);
const events = defineEvents('sum', { Added: AddedData });
const sumWith = (snapshot?: SnapshotRule<Sum>) =>
  defineAggregate({ ...{ category: 'sum', events, initialState: EMPTY, evolve, decide }, ...(snapshot && { snapshot }) });
const sum = sumWith({ every: 5 });
type AnySum = typeof sum;

class CountingLog extends InMemoryEventStore {
  events = 0;
  override async *readStream(...given: Parameters<InMemoryEventStore['readStream']>): AsyncGenerator<readonly RecordedEvent[]> {
    for await (const batch of super.readStream(...given)) {
      this.events += batch.length;
      yield batch;
    }
  }
}

/** Resolves with each snapshot that is saved, and shows what was written. */
class WatchedSnapshots extends InMemorySnapshotStore {
  readonly saves: StoredSnapshot[] = [];
  loads = 0;
  override load(key: SnapshotKey): Promise<StoredSnapshot | undefined> {
    this.loads++;
    return super.load(key);
  }
  override async save(key: SnapshotKey, snapshot: StoredSnapshot): Promise<void> {
    await super.save(key, snapshot);
    this.saves.push(snapshot);
  }
}

/** One log with its snapshots; each executor is a process of its own. */
class Scene {
  readonly told: SnapshotTold[] = [];
  constructor(
    readonly log = new CountingLog(),
    readonly snapshots: SnapshotStore = new WatchedSnapshots(),
    readonly options: Partial<CommandExecutorOptions> = {},
  ) {}

  executor(): CommandExecutor {
    const onSnapshot = (told: SnapshotTold): void => void this.told.push(told);
    return new CommandExecutor({ store: this.log, snapshots: this.snapshots, onSnapshot, ...this.options });
  }

  /** Sends commands one after the other, until the snapshot that they lead to is there. */
  async send(count: number, { aggregate = sum as AnySum, executor = this.executor(), from = 0, id = 'a' } = {}): Promise<CommandExecutor> {
    for (let index = from; index < from + count; index++) {
      await executor.execute(aggregate, id, { by: 1 }, { commandId: `c${index}` });
      await settled();
    }
    return executor;
  }

  outcomes(): readonly string[] {
    return this.told.map(({ outcome, reason }) => (reason === undefined ? outcome : `${outcome}: ${reason}`));
  }

  /** What a fresh process reads for its first command, and how it began. */
  async begin(aggregate: AnySum = sum): Promise<{ readonly read: number; readonly outcomes: readonly string[] }> {
    this.told.length = 0;
    this.log.events = 0;
    const answer = await this.executor().execute(aggregate, 'a', { by: 0 });
    expect(answer.events).toEqual([]);
    const { events: read } = this.log;
    const outcomes = this.outcomes();
    await settled();
    return { read, outcomes };
  }
}

/** Taking a snapshot ends within a few turns of the event loop: the stores of these tests do no I/O. */
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
};

const key = (log: InMemoryEventStore): SnapshotKey => ({ incarnation: log.incarnation, stream: 'sum-a' as StreamName });

describe('a snapshot', () => {
  it('is taken with each so many events, and spares a fresh process the events before it', async () => {
    const scene = new Scene();
    const executor = await scene.send(4);
    expect(scene.outcomes()).toEqual([]);
    await scene.send(8, { executor, from: 4 });
    expect(scene.outcomes()).toEqual(['taken', 'taken']);
    // The event that it stands on, and two after it.
    expect(await scene.begin()).toEqual({ read: 3, outcomes: ['used'] });
    await scene.send(3, { from: 12 });
    expect(scene.outcomes()).toContain('taken');
  });

  it('is taken of a stream that is long already, with its first load', async () => {
    const scene = new Scene();
    await scene.send(20, { aggregate: sumWith() });
    expect(await scene.begin()).toEqual({ read: 20, outcomes: [] });
    expect(await scene.begin()).toEqual({ read: 1, outcomes: ['used'] });
  });

  it('is taken after a load that took long', async () => {
    let ms = 0;
    const runtime: Runtime = { ...systemRuntime, monotonic: () => (ms += 30) };
    const slow = sumWith({ afterLoadMs: 20 });
    const quick = sumWith({ afterLoadMs: 1_000_000 });
    const scene = new Scene(undefined, undefined, { runtime });
    await scene.send(3, { aggregate: quick });
    expect(await scene.begin(quick)).toMatchObject({ outcomes: [] });
    await scene.begin(slow);
    expect(scene.outcomes()).toEqual(['taken']);
  });

  it('is neither looked for nor taken for an aggregate that does not declare it', async () => {
    const snapshots = new WatchedSnapshots();
    const scene = new Scene(new CountingLog(), snapshots);
    await scene.send(20, { aggregate: sumWith() });
    expect([snapshots.loads, snapshots.saves]).toEqual([0, []]);
  });

  it('is not the reason for another answer to a command that is sent again', async () => {
    const scene = new Scene();
    await scene.send(12);
    const fresh = scene.executor();
    for (let index = 0; index < 12; index++) {
      const answer = await fresh.execute(sum, 'a', { by: 1 }, { commandId: `c${index}` });
      expect(answer).toMatchObject({ isRepeat: true, nextRevision: BigInt(index), position: BigInt(index + 1) });
    }
  });
});

describe('a snapshot is ignored and replaced', () => {
  const expectReplaced = async (scene: Scene, reason: string, { aggregate = sum, read = 10 } = {}): Promise<void> => {
    expect(await scene.begin(aggregate)).toEqual({ read, outcomes: [`ignored: ${reason}`] });
    expect(await scene.begin(aggregate)).toEqual({ read: 1, outcomes: ['used'] });
  };

  it.each<[string, AnySum]>([
    ['evolve', { ...sum, evolve: ({ count, sum: before }, { data }) => ({ count: count + 2, sum: before + data.by }) }],
    ['the initial state', { ...sum, initialState: { count: 0, sum: 1 } }],
    [
      'a schema version and its upcaster',
      { ...sum, events: defineEvents('sum', { Added: { data: AddedData, version: 2, upcasters: { 1: (data) => data } } }) },
    ],
    ['the events', { ...sum, events: defineEvents('sum', { Added: AddedData, Removed: AddedData }) as never }],
    ['a rule of unique', { ...sum, unique: [{ name: 'x', of: () => undefined }] }],
    ['its version', sumWith({ every: 5, version: 2 })],
    [
      'encode and decode',
      sumWith({
        every: 5,
        encode: ({ count, sum: s }) => [count, s],
        decode: (json) => ({ count: (json as number[])[0] ?? 0, sum: (json as number[])[1] ?? 0 }),
      }),
    ],
  ])('after a change of %s', async (_, changed) => {
    const scene = new Scene();
    await scene.send(10);
    await expectReplaced(scene, 'other code has taken it', { aggregate: changed });
  });

  it.each<[string, (by: number) => unknown]>([
    ['a map', (by) => new Map([['first', by]])],
    ['a date', (by) => ({ at: [new Date(by)] })],
    ['a set of a list', (by) => [new Set([{ by }])]],
  ])('after a change in an initial state with %s, which no later state has', async (_, from) => {
    const begun = (by: number) => ({ ...sum, initialState: { ...EMPTY, from: from(by) } });
    const scene = new Scene();
    await scene.send(10, { aggregate: begun(1) });
    expect(await scene.begin(begun(1))).toMatchObject({ outcomes: ['used'] });
    await expectReplaced(scene, 'other code has taken it', { aggregate: begun(2) });
  });

  it('if any bit of it is another one', async () => {
    const scene = new Scene(new CountingLog(), new WatchedSnapshots(), { cache: { commandIdsMax: 30 } });
    await scene.send(10);
    const { saves } = scene.snapshots as WatchedSnapshots;
    const saved = saves.at(-1) as StoredSnapshot;
    expect(saved.parts).toHaveLength(1);
    for (let at = 0; at < saved.head.length; at += 29) {
      const head = Uint8Array.from(saved.head);
      head[at] = (head[at] ?? 0) ^ (1 << (at % 8));
      await scene.snapshots.save(key(scene.log), { ...saved, head });
      expect((await scene.begin()).outcomes, `byte ${at} of the head`).toEqual(['ignored: it is damaged']);
    }
    for (const at of [0, 7_777, 16_383]) {
      // A store keeps a part under its id: the next snapshot must not get the damaged one.
      await scene.snapshots.remove();
      const parts = saved.parts.map(({ id, bytes }) => ({ id, bytes: Uint8Array.from(bytes, (byte, index) => (index === at ? byte ^ 1 : byte)) }));
      await scene.snapshots.save(key(scene.log), { ...saved, parts });
      await expectReplaced(scene, 'a part of it is damaged, or missing');
    }
    await scene.snapshots.remove();
    await scene.snapshots.save(key(scene.log), { ...saved, parts: [] });
    await expectReplaced(scene, 'a part of it is damaged, or missing');
    for (const head of [new Uint8Array(), new Uint8Array(3), saved.head.slice(0, 100)]) {
      await scene.snapshots.save(key(scene.log), { ...saved, head });
      await expectReplaced(scene, 'it is damaged');
    }
  });

  it('if it is of another stream, or of another log', async () => {
    const scene = new Scene();
    await scene.send(10);
    await scene.send(10, { id: 'b' });
    const ofOther = (await scene.snapshots.load({ ...key(scene.log), stream: 'sum-b' as StreamName })) as StoredSnapshot;
    await scene.snapshots.save(key(scene.log), ofOther);
    await expectReplaced(scene, 'it is of another stream');
    const other = new Scene();
    await other.send(10);
    await scene.snapshots.save(key(scene.log), (await other.snapshots.load(key(other.log))) as StoredSnapshot);
    await expectReplaced(scene, 'it is of another stream');
  });

  it('if the log was set back, also to where the same event came to the same place again', async () => {
    let nowMs = 1_000;
    const INCARNATION = '0b0f6a3e-6f0f-4c5e-9a51-3f6a2f1f7a10' as Incarnation;
    const runtime: Runtime = { ...systemRuntime, now: () => nowMs, uuid: () => INCARNATION };
    const before = new Scene(new CountingLog({ runtime }));
    await before.send(10);
    nowMs = 2_000;
    const after = new Scene(new CountingLog({ runtime }), before.snapshots);
    const executor = new CommandExecutor({ store: after.log });
    // Another history, with the last command of before: its event has the same id, revision and position.
    for (let index = 0; index < 9; index++) await executor.execute(sum, 'a', { by: 7 }, { commandId: `other${index}` });
    await executor.execute(sum, 'a', { by: 1 }, { commandId: 'c9' });
    // One look at the event, and then all of them.
    await expectReplaced(after, 'the stream does not have its event', { read: 11 });
    expect(await after.executor().execute(sum, 'a', { by: 1 }, { commandId: 'c0' })).toMatchObject({ isRepeat: false });
  });
});

describe('a snapshot of a state', () => {
  const stated = <State>(initialState: State, next: (count: number) => State, snapshot: Partial<SnapshotRule<State>> = {}) =>
    defineAggregate({
      ...{ category: 'sum', events, initialState, snapshot: { every: 1, ...snapshot } },
      evolve: (_: State, { data }: { readonly data: AddedData }) => next(data.by),
      decide: ({ by }: { readonly by: number }) => (by === 0 ? [] : [{ type: 'Added' as const, data: { by } }]),
    });
  class Money {
    constructor(readonly cents: number) {}
  }
  const refusalsOf = async (aggregate: unknown): Promise<readonly SnapshotTold[]> => {
    const scene = new Scene();
    const executor = await scene.send(4, { aggregate: aggregate as AnySum });
    await scene.send(4, { executor, aggregate: aggregate as AnySum, id: 'b' });
    expect(await scene.snapshots.remove()).toBe(0);
    return scene.told;
  };

  it.each<[string, unknown]>([
    ['a map', stated<ReadonlyMap<string, number>>(new Map(), (count) => new Map([['a', count]]))],
    ['a date', stated({ at: new Date(0) }, (count) => ({ at: new Date(count) }))],
    ['an instance of a class', stated<Money | null>(null, (count) => new Money(count))],
    ['an undefined member', stated<{ readonly a: number | undefined }>({ a: 0 }, () => ({ a: undefined }))],
    ['−0', stated<{ readonly a: number }>({ a: 0 }, () => ({ a: -0 }))],
    ['a bigint', stated<bigint>(0n, (count) => BigInt(count))],
    ['NaN', stated(0, () => NaN)],
    [
      'an encode that loses something',
      stated<ReadonlySet<string>>(new Set(), (count) => new Set(['a', String(count)]), {
        encode: (set) => [...set].slice(1),
        decode: (json) => new Set(json as string[]),
      }),
    ],
    [
      'a map whose decode changes its order',
      stated<ReadonlyMap<string, number>>(new Map(), (count) => new Map(['10', '9'].map((name) => [name, count])), {
        encode: (map) => Object.fromEntries(map),
        decode: (json) => new Map(Object.entries(json as Record<string, number>)),
      }),
    ],
    [
      'members whose decode changes their order, in a set of a list',
      stated<readonly ReadonlySet<object>[]>([], (b) => [new Set([{ b, a: 1 }])], {
        encode: (sets) => sets.map((set) => [...set].map((object) => Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)))),
        decode: (json) => (json as [string, number][][][]).map((set) => new Set(set.map((entries) => Object.fromEntries(entries)))),
      }),
    ],
    [
      'an encode that fails',
      stated(0, (count) => count, {
        encode: () => {
          throw new Error('no');
        },
        decode: () => 0,
      }),
    ],
  ])('with %s is refused once, with a reason', async (_, aggregate) => {
    const told = await refusalsOf(aggregate);
    expect(told).toMatchObject([{ outcome: 'refused', isFirst: true, error: { code: 'AGGREGATE_STATE_NOT_STORABLE', category: 'sum' } }]);
  });

  it('that is too large is refused, and told as the first one of its category once', async () => {
    const told = await refusalsOf(stated<readonly string[]>([], () => ['x'.repeat(1_100_000)]));
    expect(told.length).toBeGreaterThan(1);
    expect(told.filter(({ isFirst }) => isFirst)).toMatchObject([{ error: { code: 'AGGREGATE_STATE_TOO_LARGE', lengthMax: 1_048_576 } }]);
  });

  it('that is too large is written again only when its stream is twice as long: that blocks the process', async () => {
    const scene = new Scene();
    await scene.send(40, { aggregate: stated<readonly string[]>([], () => ['x'.repeat(1_100_000)]) as unknown as AnySum });
    // At 1, 2, 4, 8, 16 and 32 events.
    expect(scene.outcomes()).toEqual(Array.from({ length: 6 }, () => 'refused'));
  });

  it('comes back from its own encode as it was', async () => {
    const scene = new Scene();
    const seen: unknown[] = [];
    const mapped = stated<ReadonlyMap<string, Date>>(new Map(), (count) => new Map([['a', new Date(count)]]), {
      encode: (map) => [...map].map(([name, date]) => [name, date.getTime()]),
      decode: (json) => new Map((json as [string, number][]).map(([name, ms]) => [name, new Date(ms)])),
    });
    const watched = {
      ...mapped,
      decide: (command: { readonly by: number }, state: ReadonlyMap<string, Date>) => (seen.push(state), mapped.decide(command, state)),
    };
    await scene.send(3, { aggregate: watched as unknown as AnySum });
    expect(await scene.begin(watched as unknown as AnySum)).toMatchObject({ read: 1, outcomes: ['used'] });
    expect(seen.at(-1)).toEqual(new Map([['a', new Date(1)]]));
    expect(() => (seen.at(-1) as Map<string, Date>).set('b', new Date())).toThrow('never changed');
  });
});

describe('a snapshot store that does not work', () => {
  /** Time passes as the test says; a wait ends when its time has come. */
  class Clock implements Runtime {
    ms = 0;
    readonly #waits: { readonly due: number; readonly wake: () => void }[] = [];
    readonly now = (): number => this.ms;
    readonly monotonic = (): number => this.ms;
    readonly random = (): number => 0.5;
    readonly uuid = systemRuntime.uuid;
    sleep(ms: number, signal?: AbortSignal): Promise<void> {
      return new Promise((resolve) => {
        signal?.addEventListener('abort', () => resolve());
        this.#waits.push({ due: this.ms + ms, wake: resolve });
      });
    }
    async pass(ms: number): Promise<void> {
      await settled();
      this.ms += ms;
      for (const { due, wake } of this.#waits) if (due <= this.ms) wake();
      await settled();
    }
  }
  const failure = new MainstemError('SNAPSHOT_STORE_BUSY', 'busy');
  const broken = (methods: Partial<SnapshotStore>): SnapshotStore => Object.assign(new WatchedSnapshots(), methods);

  it('is told and left alone for a while, and no command fails', async () => {
    const runtime = new Clock();
    let calls = 0;
    const fail = (): Promise<never> => (calls++, Promise.reject(failure));
    const scene = new Scene(new CountingLog(), broken({ load: fail, save: fail }), { runtime });
    const executor = await scene.send(12);
    expect(scene.told).toMatchObject([{ outcome: 'failed', error: failure, isFirst: true }]);
    expect(calls).toBe(1);
    await runtime.pass(10_001);
    await scene.send(1, { executor, from: 12 });
    expect(calls).toBe(2);
    expect(scene.told).toMatchObject([{ isFirst: true }, { outcome: 'failed', isFirst: false }]);
  });

  it('that throws instead of rejecting fails no command either', async () => {
    const runtime = new Clock();
    const fail = (): never => {
      throw failure;
    };
    const snapshots = broken({ save: fail, remove: fail });
    const scene = new Scene(new CountingLog(), snapshots, { runtime });
    await scene.send(6);
    await runtime.pass(10_001);
    const damaged: StoredSnapshot = { head: new Uint8Array(10), parts: [] };
    Object.assign(snapshots, { load: () => Promise.resolve(damaged) });
    await scene.send(1, { from: 6 });
    Object.assign(snapshots, { load: fail });
    await scene.send(1, { from: 7 });
    expect(scene.outcomes()).toEqual(['failed', 'ignored: it is damaged', 'failed', 'failed']);
    expect(await scene.log.head()).toBe(8n);
  });

  it('delays a command by a quarter of a second at most, and the next ones not at all', async () => {
    const runtime = new Clock();
    const scene = new Scene(new CountingLog(), broken({ load: () => new Promise(() => undefined) }), { runtime });
    const executor = scene.executor();
    const answer = executor.execute(sum, 'a', { by: 1 });
    await runtime.pass(249);
    expect(scene.log.events + Number((await scene.log.head()) ?? 0n)).toBe(0);
    await runtime.pass(1);
    await answer;
    await executor.execute(sum, 'b', { by: 1 });
    expect(scene.told).toMatchObject([{ outcome: 'failed', error: { code: 'SNAPSHOT_STORE_LATE', operation: 'load', waitedMs: 250 } }]);
  });

  it('that saves slowly has one save a stream and four in all, and no command waits', async () => {
    const runtime = new Clock();
    const saving: string[] = [];
    const save = (of: SnapshotKey): Promise<void> => (saving.push(of.stream), new Promise(() => undefined));
    const scene = new Scene(new CountingLog(), broken({ save }), { runtime });
    const executor = scene.executor();
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) await scene.send(6, { executor, id });
    expect(saving).toEqual(['sum-a', 'sum-b', 'sum-c', 'sum-d']);
    await runtime.pass(10_000);
    expect(scene.told).toMatchObject(Array.from({ length: 4 }, () => ({ outcome: 'failed', error: { code: 'SNAPSHOT_STORE_LATE' } })));
  });
});

describe('a long stream', () => {
  it('knows every command of before after a restart, and writes its full parts once', async () => {
    const scene = new Scene(new CountingLog(), new WatchedSnapshots());
    const long = sumWith({ every: 1_000 });
    const COUNT = 14_250;
    let executor = scene.executor();
    for (let index = 0; index < COUNT; index += 250) {
      if (index % 3_000 === 0) executor = scene.executor();
      const contexts = Array.from({ length: 250 }, (_, at) => ({ commandId: `c${index + at}` }));
      await executor.executeAll(
        long,
        'a',
        contexts.map(() => ({ by: 1 })),
        contexts,
      );
      await settled();
    }
    const { saves } = scene.snapshots as WatchedSnapshots;
    expect(saves.length).toBeGreaterThan(10);
    const written = new Map<string, number>();
    for (const { head, parts } of saves) {
      expect(head.length).toBeLessThan(200_000);
      for (const { id, bytes } of parts) {
        written.set(id, (written.get(id) ?? 0) + 1);
        expect(bytes.length).toBeLessThanOrEqual(262_144);
      }
    }
    // Of 4,096 and 8,192 ids; the one with room is another one each time.
    expect(saves.at(-1)?.parts).toHaveLength(3);
    expect(saves.at(-1)?.parts.filter(({ id }) => (written.get(id) ?? 0) > 1)).toHaveLength(2);
    const fresh = scene.executor();
    for (const index of [0, 1, 4_095, 4_096, 12_287, 12_288, 12_999, COUNT - 1]) {
      const answer = await fresh.execute(long, 'a', { by: 1 }, { commandId: `c${index}` });
      expect(answer).toMatchObject({ isRepeat: true, nextRevision: BigInt(index) });
    }
    expect(await scene.log.head()).toBe(BigInt(COUNT));
  }, 60_000);
});

describe('a definition', () => {
  const bound = evolve.bind(undefined);
  it.each<[string, Partial<AnySum>]>([
    ['every', { snapshot: {} }],
    ['every', { snapshot: { every: 0 } }],
    ['every', { snapshot: { every: 1.5 } }],
    ['afterLoadMs', { snapshot: { afterLoadMs: -1 } }],
    ['version', { snapshot: { every: 1, version: '2' as unknown as number } }],
    ['encode and decode', { snapshot: { every: 1, encode: () => 0 } }],
    ['evolve is bound or native', { snapshot: { every: 1 }, evolve: bound }],
    ['normalise of x is bound or native', { snapshot: { every: 1 }, unique: [{ name: 'x', of: () => 'x', normalise: String }] }],
  ])('is refused with a reason: %s', (reason, changed) => {
    const code = { code: 'AGGREGATE_INVALID_DEFINITION', message: expect.stringContaining(reason) as string };
    expect(() => defineAggregate({ ...sum, ...changed } as never)).toThrow(expect.objectContaining(code));
  });

  it('may be bound without snapshots', () => {
    expect(() => defineAggregate({ ...{ category: 'sum', events, initialState: EMPTY, decide }, evolve: bound })).not.toThrow();
  });
});
