// The projector: its projections run by themselves, recover by themselves, and report their state.
import { InMemoryEventStore, systemRuntime, type Incarnation, type Position, type Runtime } from '@mainstem/event-store';
import { afterEach, describe, expect, it } from 'vitest';
import { handlerProjection } from '../definition/handler-projection.js';
import { ReadStoreUnavailable } from '../read-store/errors.js';
import { MemoryReadStore } from '../memory/memory-read-store.js';
import type { MemoryTransaction } from '../memory/memory-session.js';
import { Projector, type ProjectorOptions } from './projector.js';
import type { ProjectionStatus } from './projection-status.js';
import { append, dump, filledStore, HookedReadStore, tallyEvents, tallyProjection, until } from '../tally.fixtures.js';
import { waitForPosition } from './wait-for-position.js';

const FAST = { retryDelayMs: 1, retryDelayMaxMs: 5 };
const TIMEOUT = { timeoutMs: 4_000 };

const running: Projector[] = [];
const start = (options: ProjectorOptions): Projector => {
  const projector = new Projector(options);
  running.push(projector);
  projector.start();
  return projector;
};
afterEach(async () => {
  await Promise.all(running.splice(0).map((projector) => projector.stop()));
});

const statusOf = (projector: Projector, name = 'tally'): ProjectionStatus => {
  const status = projector.status().find((one) => one.projection === name);
  if (!status) throw new TypeError(`no status of ${name}`);
  return status;
};
const headOf = async (store: InMemoryEventStore): Promise<Position> => {
  const head = await store.head();
  if (head === undefined) throw new TypeError('the store is empty');
  return head;
};
/** The expected read model: that of a run without trouble. */
const undisturbed = async (reader: InMemoryEventStore): Promise<object> => {
  const store = new MemoryReadStore();
  const projector = start({ reader, projections: [{ projection: tallyProjection(), store }] });
  await projector.waitFor('tally', await headOf(reader), TIMEOUT);
  return dump(store);
};

describe('Projector', () => {
  it('catches up from the beginning, goes live, and shows each event to a waiting reader at once', async () => {
    const reader = await filledStore(20);
    const store = new MemoryReadStore();
    const projector = start({ reader, projections: [{ projection: tallyProjection(), store }] });
    await projector.waitFor('tally', await headOf(reader), TIMEOUT);
    for (let amount = 100; amount < 110; amount++) {
      await projector.waitFor('tally', await append(reader, 'x', amount), TIMEOUT);
      expect(store.documents<{ amounts: number[] }>('tally').get('tally-x')?.amounts.at(-1)).toBe(amount);
    }
    await until(() => statusOf(projector).state === 'live');
    expect(statusOf(projector)).toMatchObject({
      projection: 'tally',
      store: 'memory',
      generation: 1,
      position: 30n,
      head: 30n,
      lagEvents: 0n,
      lagMs: 0,
      parkedKeys: 0,
      eventsApplied: 28,
      isHealthy: true,
    });
  });

  it('goes live on an empty event store', async () => {
    const projector = start({ reader: new InMemoryEventStore(), projections: [{ projection: tallyProjection(), store: new MemoryReadStore() }] });
    await until(() => statusOf(projector).state === 'live');
    expect(statusOf(projector).position).toBeUndefined();
  });

  it('resumes from the checkpoint of the former projector', async () => {
    const reader = await filledStore(20);
    const store = new HookedReadStore();
    const first = start({ reader, projections: [{ projection: tallyProjection(), store }] });
    await first.waitFor('tally', await headOf(reader), TIMEOUT);
    await first.stop();
    const second = start({ reader, projections: [{ projection: tallyProjection(), store }] });
    await append(reader, 'a', 1_000);
    await second.waitFor('tally', await headOf(reader), TIMEOUT);
    expect(statusOf(second).eventsApplied).toBe(1);
    expect(dump(store)).toEqual(await undisturbed(reader));
  });

  it('reports every change of state once', async () => {
    const reader = await filledStore(5);
    const changes: string[] = [];
    const projector = start({
      reader,
      projections: [{ projection: tallyProjection(), store: new MemoryReadStore() }],
      onChange: ({ state }) => void changes.push(state),
    });
    await until(() => statusOf(projector).state === 'live');
    await projector.stop();
    expect(changes).toEqual(['catching-up', 'live', 'stopped']);
  });

  it('stops within a bounded time even when a read store never answers', async () => {
    const reader = await filledStore(5);
    const store = new HookedReadStore();
    store.onCommit = () => new Promise<void>(() => undefined);
    const runtime: Runtime = { ...systemRuntime, sleep: (ms, signal) => systemRuntime.sleep(Math.min(ms, 20), signal) };
    const projector = new Projector({ reader, projections: [{ projection: tallyProjection(), store }], runtime });
    projector.start();
    await until(() => store.commits === 1);
    await projector.stop();
  });

  it('is not harmed by a listener that throws', async () => {
    const reader = await filledStore(5);
    const warned = new Promise((resolve) => process.once('warning', resolve));
    const onChange = (): never => {
      throw new Error('the log is full');
    };
    const projector = start({ reader, projections: [{ projection: tallyProjection(), store: new MemoryReadStore() }], onChange });
    await projector.waitFor('tally', await headOf(reader), TIMEOUT);
    expect(String(await warned)).toContain('the log is full');
  });

  it('closes its sessions when it stops', async () => {
    const reader = await filledStore(5);
    const store = new HookedReadStore();
    const projector = start({ reader, projections: [{ projection: tallyProjection(), store, recovery: FAST }] });
    await projector.waitFor('tally', await headOf(reader), TIMEOUT);
    await projector.stop();
    expect(store.openSessions).toBe(0);
  });

  it('reads the events once for all projections at the same place', async () => {
    const reader = await filledStore(100);
    let subscriptions = 0;
    const subscribe = reader.subscribe.bind(reader);
    reader.subscribe = (options) => {
      subscriptions++;
      return subscribe(options);
    };
    const stores = [new MemoryReadStore('one'), new MemoryReadStore('two'), new MemoryReadStore('three')];
    const names = ['tally', 'second', 'third'];
    const projections = stores.map((store, index) => ({ projection: tallyProjection({ name: names[index] ?? '' }), store }));
    const projector = start({ reader, projections, batchSizeMax: 7 });
    const head = await headOf(reader);
    await Promise.all(names.map((name) => projector.waitFor(name, head, TIMEOUT)));
    expect(subscriptions).toBe(1);
  });

  it('fills several read stores by one definition, each with its own checkpoint, parked events and status', async () => {
    const reader = await filledStore(50);
    const [sql, cache] = [new MemoryReadStore('sql'), new HookedReadStore('cache')];
    let isAway = true;
    cache.onCommit = async (_, commit) => {
      if (isAway) throw new ReadStoreUnavailable('cache', 'away');
      await commit();
    };
    const projection = tallyProjection();
    const projector = start({ reader, projections: [sql, cache].map((store) => ({ projection, store, recovery: FAST })) });
    const head = await headOf(reader);
    await projector.waitFor('tally', head, { ...TIMEOUT, store: 'sql' });
    await expect(projector.waitFor('tally', head, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'PROJECTION_BEHIND' });
    expect(projector.status().map(({ projection: name, store, position }) => [name, store, position])).toEqual([
      ['tally', 'sql', head],
      ['tally', 'cache', undefined],
    ]);
    isAway = false;
    await projector.waitFor('tally', head, TIMEOUT);
    expect(dump(cache)).toEqual(dump(sql));
    await expect(projector.replayParked('tally')).rejects.toThrow(/is in several read stores: sql, cache/);
    expect(await projector.replayParked('tally', { store: 'cache' })).toMatchObject({ replayed: 0 });
    await expect(projector.waitFor('tally', head, { ...TIMEOUT, store: 'search' })).rejects.toMatchObject({ code: 'PROJECTION_UNKNOWN' });
  });

  it('refuses one definition on two read stores of one name', () => {
    const projections = [new MemoryReadStore(), new MemoryReadStore()].map((store) => ({ projection: tallyProjection(), store }));
    expect(() => new Projector({ reader: new InMemoryEventStore(), projections })).toThrow('both called memory');
  });

  it('refuses a name that is hosted twice, and unknown names', async () => {
    const projection = tallyProjection();
    const store = new MemoryReadStore();
    const reader = new InMemoryEventStore();
    expect(
      () =>
        new Projector({
          reader,
          projections: [
            { projection, store },
            { projection, store },
          ],
        }),
    ).toThrow('hosted twice');
    const projector = new Projector({ reader, projections: [{ projection, store }] });
    await expect(projector.waitFor('nobody', 1n as Position, TIMEOUT)).rejects.toMatchObject({ code: 'PROJECTION_UNKNOWN' });
    await expect(projector.replayParked('nobody')).rejects.toMatchObject({ code: 'PROJECTION_UNKNOWN' });
  });
});

describe('waiting', () => {
  it('ends with PROJECTION_BEHIND after the timeout and with EVENT_STORE_ABORTED on the signal', async () => {
    const projector = start({ reader: new InMemoryEventStore(), projections: [{ projection: tallyProjection(), store: new MemoryReadStore() }] });
    await expect(projector.waitFor('tally', 5n as Position, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'PROJECTION_BEHIND', wanted: 5n });
    await expect(projector.waitFor('tally', 5n as Position, { timeoutMs: 4_000, signal: AbortSignal.timeout(5) })).rejects.toMatchObject({
      code: 'EVENT_STORE_ABORTED',
    });
  });

  it('ends at once for a projection that has stopped', async () => {
    const projector = start({ reader: new InMemoryEventStore(), projections: [{ projection: tallyProjection(), store: new MemoryReadStore() }] });
    const waiting = projector.waitFor('tally', 5n as Position, { timeoutMs: 600_000 });
    const refused = expect(waiting).rejects.toMatchObject({ code: 'PROJECTION_BEHIND' });
    await projector.stop();
    await refused;
    await expect(projector.waitFor('tally', 5n as Position, { timeoutMs: 600_000 })).rejects.toMatchObject({ code: 'PROJECTION_BEHIND' });
  });

  it('reports why a projection has stopped or makes no progress', async () => {
    const reader = await filledStore(5);
    const failing = tallyProjection({
      onFold: () => {
        throw new Error('a bug');
      },
    });
    const recovery = { onFailure: 'stop', attemptsMax: 1 } as const;
    const stopping = start({ reader, projections: [{ projection: failing, store: new MemoryReadStore(), recovery }] });
    const head = await headOf(reader);
    await expect(stopping.waitFor('tally', head, TIMEOUT)).rejects.toMatchObject({
      code: 'PROJECTION_BEHIND',
      reason: expect.stringContaining('a bug') as string,
    });
    await expect(stopping.waitFor('tally', head, TIMEOUT)).rejects.toThrow(/It has stopped: .*a bug/);
    const store = new MemoryReadStore();
    store.createGeneration = () => Promise.reject(new ReadStoreUnavailable('memory', 'it is away.'));
    const retrying = start({ reader, projections: [{ projection: tallyProjection(), store }] });
    await expect(retrying.waitFor('tally', head, { timeoutMs: 50 })).rejects.toThrow(/It is retrying: .*it is away/);
    await retrying.stop();
    await expect(retrying.waitFor('tally', head, TIMEOUT)).rejects.toThrow(/It has stopped: /);
  });

  it('works across processes through the checkpoints of the read store', async () => {
    const reader = await filledStore(5);
    const store = new MemoryReadStore();
    const head = await headOf(reader);
    await expect(waitForPosition(store, ['tally'], head, { timeoutMs: 10 })).rejects.toMatchObject({
      code: 'PROJECTION_BEHIND',
      projection: 'tally',
      actual: undefined,
    });
    start({
      reader,
      projections: [
        { projection: tallyProjection(), store },
        { projection: tallyProjection({ name: 'other' }), store },
      ],
    });
    expect(await waitForPosition(store, ['tally', 'other'], head, TIMEOUT)).toBe(head);
    await expect(waitForPosition(store, ['tally'], 999n as Position, { timeoutMs: 4_000, signal: AbortSignal.timeout(5) })).rejects.toMatchObject({
      code: 'EVENT_STORE_ABORTED',
    });
  });

  it('causes one look at a time, however many readers wait in other processes', async () => {
    const reader = await filledStore(5);
    const store = new MemoryReadStore();
    const head = await headOf(reader);
    const looks = { now: 0, max: 0 };
    const generations = store.generations.bind(store);
    store.generations = async (projection) => {
      looks.max = Math.max(looks.max, ++looks.now);
      await new Promise((resolve) => setTimeout(resolve, 2));
      looks.now--;
      return generations(projection);
    };
    const waiting = Array.from({ length: 50 }, () => waitForPosition(store, ['tally'], head, TIMEOUT));
    const behind = waitForPosition(store, ['tally'], 999n as Position, { timeoutMs: 30 });
    await expect(behind).rejects.toMatchObject({ code: 'PROJECTION_BEHIND' });
    expect(looks.max).toBe(1);
    start({ reader, projections: [{ projection: tallyProjection(), store }] });
    expect(new Set(await Promise.all(waiting))).toEqual(new Set([head]));
  });
});

describe('foreign events', () => {
  it('move the position at once and the checkpoint only now and then, but at once when a reader waits', async () => {
    const reader = await filledStore(3);
    const store = new HookedReadStore();
    const projector = start({ reader, projections: [{ projection: tallyProjection(), store }] });
    await projector.waitFor('tally', await headOf(reader), TIMEOUT);
    const before = store.commits;
    const startedAt = performance.now();
    for (let index = 0; index < 50; index++) {
      const position = await append(reader, 'z', 0, 'Foreign');
      await until(() => statusOf(projector).position === position);
    }
    // Once in 50 ms, and earlier due ones.
    expect(store.commits - before).toBeLessThan((performance.now() - startedAt) / 50 + 3);
    const last = await append(reader, 'z', 0, 'Foreign');
    await projector.waitFor('tally', last, TIMEOUT);
    expect((await store.generations('tally'))[0]?.checkpoint.position).toBe(last);
  });

  it('reach the checkpoint of a projection without waiting readers', async () => {
    const reader = await filledStore(3);
    const store = new MemoryReadStore();
    start({ reader, projections: [{ projection: tallyProjection(), store }] });
    await until(async () => (await store.generations('tally'))[0]?.checkpoint.position === 3n);
    for (let index = 0; index < 10; index++) await append(reader, 'z', 0, 'Foreign');
    expect(await waitForPosition(store, ['tally'], await headOf(reader), TIMEOUT)).toBe(13n);
  });

  it('reach the checkpoint also after a commit between them', async () => {
    const reader = await filledStore(3);
    const store = new MemoryReadStore();
    start({ reader, projections: [{ projection: tallyProjection(), store }] });
    for (let round = 0; round < 12; round++) {
      await append(reader, 'z', 0, 'Foreign');
      await systemRuntime.sleep(5 * round);
      await append(reader, 'a', 1);
      await append(reader, 'z', 0, 'Foreign');
      const head = await headOf(reader);
      expect(await waitForPosition(store, ['tally'], head, { timeoutMs: 1_000 })).toBe(head);
    }
  });
});

describe('outages', () => {
  it('of the read store are retried until it is back, and reported meanwhile', async () => {
    const reader = await filledStore(20);
    const store = new HookedReadStore();
    let isDown = true;
    store.onCommit = async (_, commit) => {
      if (isDown) throw new ReadStoreUnavailable('memory', 'connection refused');
      await commit();
    };
    const projector = start({ reader, projections: [{ projection: tallyProjection(), store, recovery: FAST }] });
    await until(() => store.commits > 5);
    expect(statusOf(projector)).toMatchObject({
      state: 'retrying',
      isHealthy: false,
      reason: 'READ_STORE_UNAVAILABLE: Read store memory: connection refused',
    });
    isDown = false;
    await projector.waitFor('tally', await headOf(reader), TIMEOUT);
    await until(() => statusOf(projector).state === 'live');
    expect(statusOf(projector).isHealthy).toBe(true);
    expect(statusOf(projector).reason).toBeUndefined();
    expect(dump(store)).toEqual(await undisturbed(reader));
  });

  it('that swallow the answer of a commit lead to no second effect', async () => {
    const reader = await filledStore(60);
    const store = new HookedReadStore();
    store.onCommit = async (_, commit) => {
      await commit();
      if (store.commits % 2 === 1) throw new ReadStoreUnavailable('memory', 'the answer was lost');
    };
    const projector = start({ reader, projections: [{ projection: tallyProjection(), store, recovery: FAST }], batchSizeMax: 7 });
    await projector.waitFor('tally', await headOf(reader), TIMEOUT);
    expect(dump(store)).toEqual(await undisturbed(reader));
  });

  it('of the event store are retried, too', async () => {
    const inner = await filledStore(20);
    let isDown = true;
    const reader = new Proxy(inner, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (name === 'subscribe' && isDown) {
          return async function* () {
            yield* [];
            throw new Error('the event store is gone');
          };
        }
        return typeof member === 'function' ? (member.bind(target) as unknown) : member;
      },
    });
    const store = new MemoryReadStore();
    const projector = start({ reader, projections: [{ projection: tallyProjection(), store, recovery: FAST }] });
    await until(() => statusOf(projector).state === 'retrying');
    expect(statusOf(projector).reason).toContain('the event store is gone');
    isDown = false;
    await projector.waitFor('tally', await headOf(inner), TIMEOUT);
    expect(dump(store)).toEqual(await undisturbed(inner));
  });

  it('of one projection do not block another', async () => {
    const reader = await filledStore(40);
    const [broken, slow, sound] = [new HookedReadStore(), new HookedReadStore(), new MemoryReadStore()];
    broken.onCommit = () => Promise.reject(new ReadStoreUnavailable('memory', 'down'));
    let release = (): void => undefined;
    slow.onCommit = (_, commit) => new Promise<void>((resolve) => (release = resolve)).then(commit);
    const projector = start({
      reader,
      projections: [
        { projection: tallyProjection({ name: 'broken' }), store: broken, recovery: FAST },
        { projection: tallyProjection({ name: 'slow' }), store: slow },
        { projection: tallyProjection(), store: sound },
      ],
      batchSizeMax: 3,
    });
    await projector.waitFor('tally', await headOf(reader), TIMEOUT);
    await projector.waitFor('tally', await append(reader, 'a', 1_000), TIMEOUT);
    expect(dump(sound)).toEqual(await undisturbed(reader));
    expect(slow.documents('slow').size).toBe(0);
    slow.onCommit = (_, commit) => commit();
    release();
    await projector.waitFor('slow', await headOf(reader), TIMEOUT);
    expect(statusOf(projector, 'broken').state).toBe('retrying');
  });
});

describe('a rival', () => {
  it('fences off the former projector, which reports that and comes back later without harm', async () => {
    const reader = await filledStore(10);
    const store = new HookedReadStore();
    const projection = tallyProjection();
    const runtime: Runtime = { ...systemRuntime, random: () => 0.02 };
    const first = start({ reader, projections: [{ projection, store, recovery: FAST }], runtime });
    await first.waitFor('tally', await headOf(reader), TIMEOUT);
    const rival = start({ reader, projections: [{ projection, store, recovery: FAST }], runtime });
    await until(() => statusOf(rival).state === 'live');
    const position = await append(reader, 'a', 500);
    await rival.waitFor('tally', position, TIMEOUT);
    await until(() => statusOf(first).state === 'retrying');
    expect(statusOf(first).reason).toContain('READ_STORE_CHECKPOINT_MOVED');
    await first.waitFor('tally', position, TIMEOUT);
    expect(dump(store)).toEqual(await undisturbed(reader));
  });
});

describe('a start', () => {
  const filled = async (): Promise<{ reader: InMemoryEventStore; store: MemoryReadStore }> => {
    const reader = await filledStore(10);
    const store = new MemoryReadStore();
    const projector = start({ reader, projections: [{ projection: tallyProjection(), store }] });
    await projector.waitFor('tally', await headOf(reader), TIMEOUT);
    await projector.stop();
    return { reader, store };
  };

  it('stops at a changed projection unless it may rebuild', async () => {
    const { reader, store } = await filled();
    const projector = start({ reader, projections: [{ projection: tallyProjection({ version: 2 }), store }] });
    await until(() => statusOf(projector).state === 'stopped');
    expect(statusOf(projector)).toMatchObject({ isHealthy: false, reason: expect.stringContaining('PROJECTION_CHANGED') as string });
  });

  it('fills a new generation of a changed projection, then serves it', async () => {
    const { reader, store } = await filled();
    const projector = start({ reader, projections: [{ projection: tallyProjection({ version: 2 }), store, rebuild: 'auto' }] });
    await projector.waitFor('tally', await headOf(reader), TIMEOUT);
    await until(() => statusOf(projector).state === 'live');
    expect(statusOf(projector).generation).toBe(2);
    expect((await store.generations('tally')).map(({ state, version }) => [state, version])).toEqual([
      ['retired', 1],
      ['serving', 2],
    ]);
    await projector.stop();
    const back = start({ reader, projections: [{ projection: tallyProjection(), store, rebuild: 'auto' }] });
    await back.waitFor('tally', await append(reader, 'a', 77), TIMEOUT);
    expect(statusOf(back).generation).toBe(1);
    expect(dump(store)).toEqual(await undisturbed(reader));
  });

  it('gives waiting readers the position of the old generation, as long as it serves', async () => {
    const { reader, store } = await filled();
    const before = await headOf(reader);
    const promote = store.promote.bind(store);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    store.promote = (projection, number) => held.then(() => promote(projection, number));
    const projector = start({ reader, projections: [{ projection: tallyProjection({ version: 2 }), store, rebuild: 'auto' }] });
    const later = await append(reader, 'a', 99);
    await until(() => statusOf(projector).position === later);
    await projector.waitFor('tally', before, TIMEOUT);
    await expect(projector.waitFor('tally', later, { timeoutMs: 10 })).rejects.toMatchObject({ code: 'PROJECTION_BEHIND', actual: before });
    expect(statusOf(projector).state).toBe('rebuilding');
    release();
    await projector.waitFor('tally', later, TIMEOUT);
  });

  it('stops at a read model that was filled from another event store', async () => {
    const { store } = await filled();
    const projector = start({ reader: await filledStore(10), projections: [{ projection: tallyProjection(), store, rebuild: 'auto' }] });
    await until(() => statusOf(projector).state === 'stopped');
    expect(statusOf(projector).reason).toContain('PROJECTION_FOREIGN_EVENT_STORE');
  });

  it('stops at a checkpoint beyond the end of the event store', async () => {
    const { reader, store } = await filled();
    const restored = new InMemoryEventStore({
      runtime: { ...systemRuntime, uuid: () => reader.incarnation },
    });
    await append(restored, 'a', 1);
    expect<Incarnation>(restored.incarnation).toBe(reader.incarnation);
    const projector = start({ reader: restored, projections: [{ projection: tallyProjection(), store }] });
    await until(() => statusOf(projector).state === 'stopped');
    expect(statusOf(projector).reason).toMatch(/PROJECTION_CHECKPOINT_AHEAD: .* position 10, but the event store ends at 1/);
  });

  it('goes on with a read store that is not there yet', async () => {
    const reader = await filledStore(5);
    const store = new MemoryReadStore();
    let tries = 0;
    const generations = store.generations.bind(store);
    store.generations = (projection) => (++tries < 4 ? Promise.reject(new ReadStoreUnavailable('memory', 'starting')) : generations(projection));
    const projector = start({ reader, projections: [{ projection: tallyProjection(), store, recovery: FAST }] });
    await projector.waitFor('tally', await headOf(reader), TIMEOUT);
  });
});

describe('a handler projection', () => {
  class Row {}
  const handler = (onApply: (amount: number) => void = () => undefined) =>
    handlerProjection({
      name: 'sums',
      version: 1,
      tables: { 'sum-rows': Row },
      events: [tallyEvents],
      types: ['Added'],
      apply: async (transaction: MemoryTransaction, events) => {
        for (const { stream, data } of events) {
          onApply((data as { amount: number }).amount);
          const row = (await transaction.find<{ sum: number }>('sum-rows', [stream])).get(stream);
          await transaction.upsert('sum-rows', new Map([[stream, { sum: (row?.sum ?? 0) + (data as { amount: number }).amount }]]));
        }
      },
    });
  const sums = (store: MemoryReadStore): object => Object.fromEntries(store.documents('sum-rows'));

  it('writes through the transaction of its read store', async () => {
    const reader = await filledStore(12);
    const store = new MemoryReadStore();
    const projector = start({ reader, projections: [{ projection: handler(), store }], batchSizeMax: 5 });
    await projector.waitFor('sums', await headOf(reader), TIMEOUT);
    const amounts = Array.from({ length: 12 }, (_, index) => index + 1).filter((amount) => amount % 7 !== 0);
    const sumOf = (rest: number): number => amounts.filter((amount) => amount % 3 === rest).reduce((total, amount) => total + amount, 0);
    expect(sums(store)).toEqual({ 'tally-a': { sum: sumOf(0) }, 'tally-b': { sum: sumOf(1) }, 'tally-c': { sum: sumOf(2) } });
  });

  it.each([1, 4, 6, 12])('stops before the event that fails, with all before it applied (amount %i of 12)', async (bad) => {
    const reader = await filledStore(12);
    const store = new MemoryReadStore();
    const projection = handler((amount) => {
      if (amount === bad) throw new Error('bad amount');
    });
    const projector = start({ reader, projections: [{ projection, store, recovery: FAST }], batchSizeMax: 6 });
    await until(() => statusOf(projector, 'sums').state === 'stopped');
    expect(statusOf(projector, 'sums').reason).toContain(`at position ${bad} `);
    const total = Object.values(sums(store) as Record<string, { sum: number }>).reduce((all, { sum }) => all + sum, 0);
    expect(total).toBe(Array.from({ length: bad - 1 }, (_, index) => index + 1).reduce((all, amount) => all + (amount % 7 === 0 ? 0 : amount), 0));
  });

  it('parks by stream, and leaves no trace after a replay', async () => {
    const reader = await filledStore(30);
    let isBroken = true;
    const store = new MemoryReadStore();
    const projection = handler((amount) => {
      if (isBroken && amount === 9) throw new Error('bad amount');
    });
    const projector = start({ reader, projections: [{ projection, store, recovery: { ...FAST, onFailure: 'park' } }], batchSizeMax: 8 });
    await projector.waitFor('sums', await headOf(reader), TIMEOUT);
    expect(statusOf(projector, 'sums').parkedKeys).toBe(1);
    isBroken = false;
    const { stillParked } = await projector.replayParked('sums');
    expect(stillParked).toBe(0);
    const sound = new MemoryReadStore();
    const other = start({ reader, projections: [{ projection: handler(), store: sound }] });
    await other.waitFor('sums', await headOf(reader), TIMEOUT);
    expect(sums(store)).toEqual(sums(sound));
  });

  it('is refused on a read store without transactions', () => {
    const store = Object.assign(new MemoryReadStore(), { hasTransactions: false });
    expect(() => new Projector({ reader: new InMemoryEventStore(), projections: [{ projection: handler(), store }] })).toThrow(
      'needs a read store with transactions',
    );
  });
});
