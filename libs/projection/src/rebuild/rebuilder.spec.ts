// A rebuild beside other processes: it resumes after any kill, promotes only what is right, and no reader sees the read
// model go back.
import { defineEvents, systemRuntime, type InMemoryEventStore, type Position, type Runtime } from '@mainstem/event-store';
import { afterEach, describe, expect, it } from 'vitest';
import { REBUILD_CRASH_POINTS, type CrashPoint, type CrashPoints } from '../generations/crash-points.js';
import type { HostedProjection } from '../definition/hosted-projection.js';
import type { ProjectionStatus } from '../run/projection-status.js';
import { Projector } from '../run/projector.js';
import { append, dump, filledStore, hurried, impatient, tallyProjection, until } from '../tally.fixtures.js';
import { GenerationBehind } from '../read-store/errors.js';
import { documentProjection } from '../definition/document-projection.js';
import { MemoryReadStore } from '../memory/memory-read-store.js';
import { cleanUp } from './clean-up.js';
import { crashAtOf } from './crash-at.js';
import { Rebuilder, type RebuildProgress } from './rebuilder.js';
import { rollBack } from './roll-back.js';

const TIMEOUT = { timeoutMs: 4_000 };
const FAST = { retryDelayMs: 1, retryDelayMaxMs: 5 };

/** Another machine with a different clock, whose time passes only while it sleeps; then `onTime` runs the others. */
const otherMachine = (skewMs: number, onTime: (elapsedMs: number) => void | Promise<void> = () => undefined): Runtime => {
  let elapsedMs = 0;
  return {
    ...systemRuntime,
    now: () => Date.now() + skewMs + elapsedMs,
    monotonic: () => elapsedMs,
    sleep: async (ms) => onTime((elapsedMs += ms)),
  };
};
const SKEWS = [0, 15_000, 3_600_000, -15_000] as const;

const running = new Set<Projector>();
afterEach(async () => {
  for (const projector of running) await projector.stop();
  running.clear();
});

const start = (reader: InMemoryEventStore, ...projections: readonly HostedProjection[]): Projector => {
  const projector = new Projector({ reader, projections, runtime: impatient });
  running.add(projector);
  projector.start();
  return projector;
};

const hostedIn = (
  store: MemoryReadStore,
  options: Parameters<typeof tallyProjection>[0] = {},
  more: Partial<HostedProjection> = {},
): HostedProjection => ({
  projection: tallyProjection(options),
  store,
  recovery: FAST,
  ...more,
});

const headOf = async (reader: InMemoryEventStore): Promise<Position> => (await reader.head()) as Position;

const statusOf = (projector: Projector): ProjectionStatus => projector.status()[0] as ProjectionStatus;

/** A read model filled by a projector that has stopped. */
const filled = async (hosted: HostedProjection, reader: InMemoryEventStore): Promise<void> => {
  const projector = start(reader, hosted);
  await projector.waitFor(hosted.projection.name, await headOf(reader), TIMEOUT);
  await projector.stop();
};

const states = async (store: MemoryReadStore): Promise<readonly string[]> =>
  (await store.generations('tally')).map(({ number, state }) => `${number} ${state}`);

const servingPosition = async (store: MemoryReadStore): Promise<bigint> =>
  (await store.generations('tally')).find(({ state }) => state === 'serving')?.checkpoint.position ?? 0n;

class Hold implements CrashPoints {
  readonly reached = Promise.withResolvers<void>();
  readonly released = Promise.withResolvers<void>();
  #passages = 0;

  constructor(
    readonly point: CrashPoint,
    readonly nth = 1,
  ) {}

  reach(point: CrashPoint): void | Promise<void> {
    if (point !== this.point || ++this.#passages !== this.nth) return undefined;
    this.reached.resolve();
    return this.released.promise;
  }
}

describe('a rebuild', () => {
  it('fills the next generation while the old one serves, then serves it and keeps the old one', async () => {
    const reader = await filledStore(200);
    const store = new MemoryReadStore();
    const hosted = hostedIn(store);
    await filled(hosted, reader);
    const before = dump(store);
    const told: RebuildProgress[] = [];
    const rebuilder = new Rebuilder({ reader, projections: [hosted], batchSizeMax: 17, followMs: 0, onProgress: (all) => told.push(...all) });
    const { projections } = await rebuilder.run();
    expect(projections).toEqual([
      expect.objectContaining({ projection: 'tally', generation: 2, former: 1, outcome: 'promoted', isResumed: false, eventsApplied: 172 }),
    ]);
    expect(await states(store)).toEqual(['1 retired', '2 serving']);
    expect(dump(store)).toEqual(before);
    expect(told.at(-1)).toMatchObject({ phase: 'serving', generation: 2, eventsDone: 200n, eventsTotal: 200n });
    const [first, second] = await store.generations('tally');
    expect(second?.checkpoint.digest).toBe(first?.checkpoint.digest);
  });

  it('refuses projections over categories that can make one stream, before it begins', async () => {
    const store = new MemoryReadStore();
    const projections = ['order', 'order-line'].map((category) => ({
      projection: documentProjection({
        name: category,
        version: 1,
        document: class {},
        events: [defineEvents(category, { Put: class {} })],
        key: ({ stream }) => stream,
        evolve: { Put: () => ({}) },
      }),
      store,
    }));
    const rebuilder = new Rebuilder({ reader: await filledStore(1), projections });
    await expect(rebuilder.run()).rejects.toMatchObject({ code: 'EVENT_STORE_AMBIGUOUS_CATEGORY' });
    expect(await store.generations()).toEqual([]);
  });

  it('fills several read models from one read of the event store', async () => {
    const reader = await filledStore(300);
    let subscriptions = 0;
    const subscribe = reader.subscribe.bind(reader);
    reader.subscribe = (options) => (subscriptions++, subscribe(options));
    const store = new MemoryReadStore();
    const projections = ['tally', 'second', 'third'].map((name) => hostedIn(store, { name }));
    const report = await new Rebuilder({ reader, projections, batchSizeMax: 50, followMs: 0 }).run();
    expect(report.projections.map(({ outcome }) => outcome)).toEqual(['promoted', 'promoted', 'promoted']);
    expect(subscriptions).toBe(1);
  });

  it.each(
    REBUILD_CRASH_POINTS.filter((point) => point !== 'cleanup').flatMap((point) => [
      [point, 1] as const,
      ...(['fill', 'index', 'verify', 'promote'].includes(point) ? [[point, 2] as const] : []),
    ]),
  )('that died at %s (passage %i) leaves the old one serving or the new one complete, and goes on when it is started again', async (point, nth) => {
    const reader = await filledStore(200);
    const store = new MemoryReadStore();
    const hosted = hostedIn(store);
    await filled(hosted, reader);
    const before = dump(store);
    const crash = new Hold(point, nth);
    const died = new Rebuilder({ reader, projections: [hosted], batchSizeMax: 17, followMs: 0, crash });
    const ended = died.run();
    await crash.reached.promise;
    expect(dump(store)).toEqual(before);
    const isPromoted = (await states(store)).includes('2 serving');
    expect(isPromoted).toBe(point === 'promote' && nth === 2);
    const again = await new Rebuilder({ reader, projections: [hosted], batchSizeMax: 17, followMs: 0, runtime: hurried }).run();
    expect(again.projections[0]).toMatchObject({ outcome: 'promoted', generation: isPromoted ? 3 : 2, isResumed: !isPromoted });
    expect(dump(store)).toEqual(before);
    crash.released.resolve();
    await ended; // the dead one comes back, and is harmless
    expect(dump(store)).toEqual(before);
    expect((await states(store)).filter((state) => state.endsWith('serving'))).toHaveLength(1);
  });

  it.each(SKEWS)('is refused while another process is rebuilding, whose clock is %i ms behind', async (skewMs) => {
    const reader = await filledStore(50);
    const store = new MemoryReadStore();
    const hosted = hostedIn(store);
    await filled(hosted, reader);
    const crash = new Hold('verify');
    const first = new Rebuilder({ reader, projections: [hosted], crash, followMs: 0 }).run();
    await crash.reached.promise;
    // The other process commits about once a second.
    const { fingerprint, number } = (await store.generations('tally')).at(-1) ?? { fingerprint: '', number: 0 };
    const session = await store.open({ ...hosted.projection, fingerprint }, number);
    const position = session.checkpoint.position;
    const beating = setInterval(() => {
      void session.commit({ changes: [], checkpoint: { from: position, to: position, digest: session.checkpoint.digest } });
    }, 50);
    try {
      const runtime = { ...systemRuntime, now: () => Date.now() + skewMs };
      await expect(new Rebuilder({ reader, projections: [hosted], runtime }).run()).rejects.toMatchObject({ code: 'REBUILD_RUNNING', generation: 2 });
    } finally {
      clearInterval(beating);
    }
    crash.released.resolve();
    await first;
  });

  it('lets only one of two promote that begin at the same moment', async () => {
    const reader = await filledStore(100);
    const store = new MemoryReadStore();
    const hosted = hostedIn(store);
    await filled(hosted, reader);
    const rebuild = (): Promise<unknown> => new Rebuilder({ reader, projections: [hosted], followMs: 0 }).run();
    const outcomes = await Promise.allSettled([rebuild(), rebuild()]);
    expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
    expect((await states(store)).filter((state) => state.endsWith('serving'))).toHaveLength(1);
    expect((await states(store)).length).toBeLessThanOrEqual(2);
  });

  it('leaves a generation to go on with when it is interrupted', async () => {
    const reader = await filledStore(200);
    const store = new MemoryReadStore();
    const hosted = hostedIn(store);
    await filled(hosted, reader);
    const stop = new AbortController();
    const crash: CrashPoints = { reach: (point) => (point === 'fill' ? stop.abort() : undefined) };
    const { projections } = await new Rebuilder({ reader, projections: [hosted], batchSizeMax: 17, crash }).run(stop.signal);
    expect(projections[0]).toMatchObject({ outcome: 'interrupted' });
    expect(await states(store)).toEqual(['1 serving', '2 filling']);
    const again = await new Rebuilder({ reader, projections: [hosted], followMs: 0, runtime: hurried }).run();
    expect(again.projections[0]).toMatchObject({ outcome: 'promoted', generation: 2, isResumed: true });
    expect(again.projections[0]?.eventsApplied).toBeLessThan(172);
  });

  it('promotes nothing that lacks an event, and deletes it', async () => {
    const reader = await filledStore(100);
    const store = new MemoryReadStore();
    const hosted = hostedIn(store);
    await filled(hosted, reader);
    const subscribe = reader.subscribe.bind(reader);
    reader.subscribe = async function* (options) {
      for await (const batch of subscribe(options)) yield { ...batch, events: batch.events.filter(({ position }) => position !== 41n) };
    };
    const { projections } = await new Rebuilder({ reader, projections: [hosted] }).run();
    expect(projections[0]).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('REBUILD_NOT_VERIFIED') as string });
    expect(await states(store)).toEqual(['1 serving']);
  });

  it('lets no failure of one projection block another', async () => {
    const reader = await filledStore(100);
    const store = new MemoryReadStore();
    const fails = (): never => {
      throw new RangeError('never');
    };
    const projections = [hostedIn(store, { name: 'broken', onFold: fails }), hostedIn(store)];
    const report = await new Rebuilder({ reader, projections, followMs: 0 }).run();
    expect(report.projections.map(({ projection, outcome }) => `${projection} ${outcome}`)).toEqual(['broken failed', 'tally promoted']);
    expect(report.projections[0]?.reason).toContain('PROJECTION_FAILED');
  });

  it('parks what the recovery policy parks', async () => {
    const reader = await filledStore(30);
    const store = new MemoryReadStore();
    const onFold = ({ position }: { readonly position: bigint }): void => {
      if (position === 9n) throw new RangeError('nine');
    };
    const hosted = hostedIn(store, { onFold }, { recovery: { ...FAST, onFailure: 'park', attemptsMax: 1 } });
    await filled(hosted, reader);
    const before = dump(store);
    const report = await new Rebuilder({ reader, projections: [hosted], followMs: 0 }).run();
    expect(report.projections[0]).toMatchObject({ outcome: 'promoted', parkedKeys: 1 });
    expect(dump(store)).toEqual(before);
    expect((await store.parked('tally', 100)).map(({ position }) => position)[0]).toBe(9n);
  });

  it('makes the first generation of a projection that never ran', async () => {
    const reader = await filledStore(30);
    const store = new MemoryReadStore();
    await new Rebuilder({ reader, projections: [hostedIn(store)], followMs: 0 }).run();
    expect(await states(store)).toEqual(['1 serving']);
  });
});

describe('a running projector', () => {
  it('takes a rebuilt generation over within a second, and no reader sees a position go back meanwhile', async () => {
    const reader = await filledStore(100);
    const store = new MemoryReadStore();
    const hosted = hostedIn(store);
    const projector = start(reader, hosted);
    await projector.waitFor('tally', await headOf(reader), TIMEOUT);
    let isOver = false;
    let amount = 1_000;
    const shown: bigint[] = [];
    const writing = (async () => {
      while (!isOver) {
        const position = await append(reader, 'abc'.charAt(amount % 3), amount++);
        await projector.waitFor('tally', position, TIMEOUT);
        // A reader that saw a position must find it later.
        expect(await servingPosition(store)).toBeGreaterThanOrEqual(position);
        await systemRuntime.sleep(2); // 500 commands a second are enough
      }
    })();
    const watching = (async () => {
      while (!isOver) {
        shown.push(await servingPosition(store));
        await systemRuntime.sleep(1);
      }
    })();
    for (let round = 0; round < 3; round++) {
      const { projections } = await new Rebuilder({ reader, projections: [hosted], batchSizeMax: 20 }).run();
      expect(projections[0]).toMatchObject({ outcome: 'promoted', isTakenOver: true });
    }
    isOver = true;
    await Promise.all([writing, watching]);
    expect(statusOf(projector)).toMatchObject({ generation: 4, isHealthy: true });
    expect(shown).toEqual([...shown].sort((left, right) => (left < right ? -1 : left > right ? 1 : 0)));
    const plain = new MemoryReadStore();
    await filled(hostedIn(plain), reader);
    expect(dump(store)).toEqual(dump(plain));
  });

  it('notices a promotion while there is nothing to do', async () => {
    const reader = await filledStore(20);
    const store = new MemoryReadStore();
    const hosted = hostedIn(store);
    const projector = start(reader, hosted);
    await until(() => statusOf(projector).state === 'live');
    const { projections } = await new Rebuilder({ reader, projections: [hosted] }).run();
    expect(projections[0]?.isTakenOver).toBe(true);
    await until(() => statusOf(projector).state === 'live' && statusOf(projector).generation === 2);
  });

  it('shows a rebuild beside it with its progress, and reports when it was abandoned', async () => {
    const reader = await filledStore(200);
    const store = new MemoryReadStore();
    const hosted = hostedIn(store);
    const projector = start(reader, hosted);
    await until(() => statusOf(projector).state === 'live');
    const crash = new Hold('index');
    const rebuilding = new Rebuilder({ reader, projections: [hosted], crash }).run();
    await crash.reached.promise;
    await until(() => statusOf(projector).rebuild?.eventsDone === 200n);
    expect(statusOf(projector).rebuild).toMatchObject({ state: 'rebuilding', generation: 2, eventsTotal: 200n });
    expect(statusOf(projector).state).toBe('live');
    crash.released.resolve();
    await rebuilding;
    await until(() => statusOf(projector).rebuild === undefined);
  });

  it('goes on with a changed definition once it was rebuilt', async () => {
    const reader = await filledStore(50);
    const store = new MemoryReadStore();
    await filled(hostedIn(store), reader);
    const changed = hostedIn(store, { version: 2 });
    const projector = start(reader, changed);
    await until(() => statusOf(projector).state === 'stopped');
    expect(statusOf(projector)).toMatchObject({ isHealthy: false, reason: expect.stringContaining('PROJECTION_CHANGED') as string });
    const { projections } = await new Rebuilder({ reader, projections: [changed] }).run();
    expect(projections[0]).toMatchObject({ outcome: 'promoted', isTakenOver: true });
    await until(() => statusOf(projector).state === 'live');
    expect(statusOf(projector)).toMatchObject({ generation: 2, isHealthy: true });
  });

  it('asks the store to fence the old writer off once a promotion has come too late twice', async () => {
    const reader = await filledStore(30);
    const store = new MemoryReadStore();
    const hosted = hostedIn(store);
    await filled(hosted, reader);
    const asked: (boolean | undefined)[] = [];
    const promote = store.promote.bind(store);
    store.promote = async (projection, generation, options) => {
      asked.push(options?.fencesWriter);
      const [actual, expected] = [await headOf(reader), await append(reader, 'a', asked.length)];
      if (asked.length <= 3) throw new GenerationBehind(projection, generation, actual, expected);
      await promote(projection, generation, options);
    };
    const { projections } = await new Rebuilder({ reader, projections: [hosted], followMs: 0 }).run();
    expect(projections[0]).toMatchObject({ outcome: 'promoted', generation: 2 });
    expect(asked).toEqual([false, false, true, true]);
  });

  it('is promoted at once when it is level with the old one, although there are later events already', async () => {
    const reader = await filledStore(50);
    const store = new MemoryReadStore();
    const hosted = hostedIn(store);
    await filled(hosted, reader);
    const promotedAt: (bigint | undefined)[] = [];
    const promote = store.promote.bind(store);
    store.promote = async (projection, generation, options) => {
      const actual = (await store.generations(projection)).find(({ number }) => number === generation)?.checkpoint.position;
      promotedAt.push(actual);
      if (promotedAt.length > 1) return promote(projection, generation, options);
      // The old one's writer was faster by three events, and more follow that it has not read.
      const expected = [];
      for (let amount = 1; amount <= 40; amount++) expected.push(await append(reader, 'a', amount));
      throw new GenerationBehind(projection, generation, actual, expected[2]);
    };
    const { projections } = await new Rebuilder({ reader, projections: [hosted], batchSizeMax: 1, followMs: 0 }).run();
    expect(projections[0]).toMatchObject({ outcome: 'promoted', generation: 2 });
    expect(promotedAt).toEqual([50n, 53n]);
  });

  it('does not promote against another deployment with automatic rebuilds', async () => {
    const reader = await filledStore(50);
    const store = new MemoryReadStore();
    const old = start(reader, hostedIn(store, {}, { rebuild: 'auto' }));
    await until(() => statusOf(old).state === 'live');
    const next = start(reader, hostedIn(store, { version: 2 }, { rebuild: 'auto' }));
    await until(() => statusOf(next).state === 'live');
    await until(() => statusOf(old).state === 'stopped');
    expect(statusOf(old).reason).toContain('PROJECTION_CHANGED');
    // Both have looked again since.
    let looks = 0;
    const generations = store.generations.bind(store);
    store.generations = (projection) => (projection ?? looks++, generations(projection));
    await until(() => looks >= 6);
    expect(await states(store)).toEqual(['1 retired', '2 serving']);
    expect(statusOf(next).state).toBe('live');
  });
});

describe('a rollback', () => {
  it('brings the retired generation up to date first, then serves it', async () => {
    const reader = await filledStore(50);
    const store = new MemoryReadStore();
    const hosted = hostedIn(store);
    await filled(hosted, reader);
    await new Rebuilder({ reader, projections: [hosted], followMs: 0 }).run();
    const projector = start(reader, hosted);
    const position = await append(reader, 'a', 77);
    await projector.waitFor('tally', position, TIMEOUT);
    const shown = dump(store);
    expect(await rollBack({ reader, hosted })).toMatchObject({ generation: 1, former: 2, outcome: 'promoted', isTakenOver: true });
    expect(await states(store)).toEqual(['1 serving', '2 retired']);
    expect(dump(store)).toEqual(shown);
    await projector.waitFor('tally', await append(reader, 'b', 78), TIMEOUT);
    expect(statusOf(projector).generation).toBe(1);
  });

  it('reports how far a generation of another definition is behind, and goes back only if it is forced', async () => {
    const reader = await filledStore(50);
    const store = new MemoryReadStore();
    await filled(hostedIn(store), reader);
    const changed = hostedIn(store, { version: 2 });
    await new Rebuilder({ reader, projections: [changed], followMs: 0 }).run();
    const projector = start(reader, changed);
    for (let amount = 0; amount < 3; amount++) await projector.waitFor('tally', await append(reader, 'a', amount), TIMEOUT);
    const refused = rollBack({ reader, hosted: changed });
    await expect(refused).rejects.toMatchObject({
      code: 'ROLLBACK_BEHIND',
      generation: 1,
      message: expect.stringContaining('events behind') as string,
    });
    expect(await rollBack({ reader, hosted: changed, isForced: true })).toMatchObject({ generation: 1, outcome: 'promoted' });
    expect(await states(store)).toEqual(['1 serving', '2 retired']);
    // The newer definition's program must not write the old generation; once its own serves again, it goes on.
    await until(() => statusOf(projector).state === 'stopped');
    expect(statusOf(projector).reason).toContain('PROJECTION_CHANGED');
    expect(await rollBack({ reader, hosted: changed, to: 2 })).toMatchObject({ generation: 2, outcome: 'promoted' });
    await until(() => statusOf(projector).state === 'live');
  });

  it('needs something to go back to', async () => {
    const reader = await filledStore(5);
    const store = new MemoryReadStore();
    const hosted = hostedIn(store);
    await filled(hosted, reader);
    await expect(rollBack({ reader, hosted })).rejects.toMatchObject({ code: 'ROLLBACK_NO_GENERATION' });
    await expect(rollBack({ reader, hosted, to: 7 })).rejects.toMatchObject({ code: 'ROLLBACK_NO_GENERATION' });
  });
});

describe('a cleanup', () => {
  it('deletes what neither serves nor is being filled', async () => {
    const reader = await filledStore(50);
    const store = new MemoryReadStore();
    const hosted = hostedIn(store);
    await filled(hosted, reader);
    await new Rebuilder({ reader, projections: [hosted], followMs: 0 }).run();
    await store.createGeneration(hosted.projection, reader.incarnation, { isBulk: true });
    const before = dump(store);
    const cleaned = await cleanUp({ projections: [hosted], runtime: otherMachine(0) });
    expect(cleaned.map(({ generation, state, isDropped }) => `${generation} ${state} ${isDropped}`)).toEqual(['1 retired true', '3 filling true']);
    expect(await states(store)).toEqual(['2 serving']);
    expect(dump(store)).toEqual(before);
  });

  /** Generation 2, which another process fills: `beat` is one commit of that process. */
  const beingFilled = async (state: 'filling' | 'side') => {
    const reader = await filledStore(50);
    const store = new MemoryReadStore();
    const hosted = hostedIn(store);
    await filled(hosted, reader);
    const { number } = await store.createGeneration(hosted.projection, reader.incarnation, state === 'side' ? { isSide: true } : { isBulk: true });
    const session = await store.open(hosted.projection, number);
    const { position, digest } = session.checkpoint;
    // A later time than at the last commit, as a clock in milliseconds shows it.
    const beat = async (): Promise<void> => {
      const { updatedAt } = (await store.generations('tally')).at(-1) ?? { updatedAt: '' };
      while (new Date().toISOString() === updatedAt) await systemRuntime.sleep(1);
      await session.commit({ changes: [], checkpoint: { from: position, to: position, digest } });
    };
    return { store, hosted, session, beat };
  };

  it.each((['filling', 'side'] as const).flatMap((state) => SKEWS.map((skewMs) => [state, skewMs] as const)))(
    'leaves alone what another process is filling (%s), whose clock is %i ms behind',
    async (state, skewMs) => {
      const { store, hosted, beat } = await beingFilled(state);
      // One batch of the other process takes nine seconds.
      const runtime = otherMachine(skewMs, (elapsedMs) => (elapsedMs === 9_000 ? beat() : undefined));
      expect(await cleanUp({ projections: [hosted], runtime })).toEqual([
        { projection: 'tally', store: 'memory', generation: 2, state, isDropped: false },
      ]);
      expect(await states(store)).toEqual(['1 serving', `2 ${state}`]);
    },
  );

  it.each(SKEWS)('deletes what stands still, although the clock of its writer is %i ms behind', async (skewMs) => {
    const { store, hosted } = await beingFilled('filling');
    await cleanUp({ projections: [hosted], runtime: otherMachine(skewMs) });
    expect(await states(store)).toEqual(['1 serving']);
  });

  it('leaves alone what was promoted during the watch', async () => {
    const { store, hosted, session } = await beingFilled('filling');
    const runtime = otherMachine(0, async (elapsedMs) => {
      if (elapsedMs !== 5_000) return;
      await session.finishBulk();
      await store.promote('tally', 2, { isForced: true });
    });
    expect(await cleanUp({ projections: [hosted], runtime })).toEqual([]);
    expect(await states(store)).toEqual(['1 retired', '2 serving']);
  });

  it('deletes nothing if it is ended during the watch', async () => {
    const { store, hosted } = await beingFilled('filling');
    const stop = new AbortController();
    expect(await cleanUp({ projections: [hosted], runtime: otherMachine(0, () => stop.abort()), signal: stop.signal })).toEqual([]);
    expect(await states(store)).toEqual(['1 serving', '2 filling']);
  });
});

describe('MAINSTEM_CRASH_AT', () => {
  it('names one passage of one point', () => {
    expect(crashAtOf({})).toBeUndefined();
    expect(crashAtOf({ MAINSTEM_CRASH_AT: 'fill:3' })).toBeDefined();
    for (const setting of ['nowhere', 'fill:0', 'fill:x']) expect(() => crashAtOf({ MAINSTEM_CRASH_AT: setting })).toThrow(RangeError);
  });
});
