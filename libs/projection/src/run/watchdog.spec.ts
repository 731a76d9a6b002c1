// Background work never falls silent unnoticed: what hangs is reported by name within ten seconds, unlike a long
// rebuild.
import { InMemoryEventStore, systemRuntime, type EventReader, type Runtime } from '@mainstem/event-store';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { ReadStoreUnavailable } from '../read-store/errors.js';
import type { Generation } from '../read-store/checkpoint.js';
import { Projector, type ProjectorOptions } from './projector.js';
import type { ProjectionStatus } from './projection-status.js';
import type { ReadStore } from '../read-store/read-store.js';
import { append, filledStore, HookedReadStore, tallyProjection } from '../tally.fixtures.js';

/** The promise: red within this time. */
const RED_WITHIN_MS = 10_000;
const STEP_MS = 250;
const never = <Result>(): Promise<Result> => new Promise(() => undefined);

/** Time passes in steps when the test says so; the effects of one step come to rest before the next. */
class StepRuntime implements Runtime {
  #nowMs = 0;
  readonly #sleepers = new Set<{ readonly dueMs: number; readonly wake: () => void }>();
  readonly random = systemRuntime.random;
  readonly uuid = systemRuntime.uuid;
  now = (): number => Date.UTC(2020, 0, 1) + this.#nowMs;
  monotonic = (): number => this.#nowMs;

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = { dueMs: this.#nowMs + ms, wake: () => (this.#sleepers.delete(sleeper), resolve()) };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', sleeper.wake, { once: true });
    });
  }

  async advance(ms: number): Promise<void> {
    await atRest();
    for (let leftMs = ms; leftMs > 0; leftMs -= STEP_MS) {
      this.#nowMs += Math.min(STEP_MS, leftMs);
      for (const { dueMs, wake } of [...this.#sleepers]) if (dueMs <= this.#nowMs) wake();
      await atRest();
    }
  }
}

/** Enough turns for a batch to be read, folded and committed in memory. */
const atRest = async (): Promise<void> => {
  for (let turns = 0; turns < 20; turns++) await turn();
};

const running: Projector[] = [];
afterEach(async () => {
  // Work that hangs does not stop either; it holds only memory.
  for (const projector of running.splice(0)) void projector.stop();
  await turn();
});

const start = (options: Pick<ProjectorOptions, 'reader' | 'projections' | 'runtime'>): Projector => {
  const projector = new Projector(options);
  running.push(projector);
  projector.start();
  return projector;
};

interface Health {
  readonly isGood: boolean;
  readonly reasons: readonly string[];
}
const healthOf = (projector: Projector): Health => {
  const statuses = projector.status();
  const reasons = [...statuses.flatMap(({ reason }) => reason ?? []), ...projector.troubles()];
  return { isGood: statuses.every(({ isHealthy }) => isHealthy) && projector.troubles().length === 0, reasons };
};
const statusOf = (projector: Projector): ProjectionStatus => projector.status()[0] as ProjectionStatus;

interface Scene {
  readonly runtime: StepRuntime;
  readonly events: InMemoryEventStore;
  readonly store: HookedReadStore;
  readonly projector: Projector;
}
/** A live projection without work. `reader` may stand in front of the event store. */
const live = async (readerOf: (events: InMemoryEventStore) => EventReader = (events) => events): Promise<Scene> => {
  const runtime = new StepRuntime();
  const events = await filledStore(5);
  const store = new HookedReadStore();
  const projector = start({ reader: readerOf(events), projections: [{ projection: tallyProjection(), store }], runtime });
  await runtime.advance(2_000);
  expect(statusOf(projector)).toMatchObject({ state: 'live', isHealthy: true });
  return { runtime, events, store, projector };
};
/** A reader whose methods can be replaced during use. */
const wrapped = (events: InMemoryEventStore, change: Partial<EventReader>): EventReader => ({
  incarnation: events.incarnation,
  hasDensePositions: events.hasDensePositions,
  readStream: (stream, options) => events.readStream(stream, options),
  readAll: (options) => events.readAll(options),
  subscribe: (options) => events.subscribe(options),
  head: () => events.head(),
  idAt: (position) => events.idAt(position),
  ...change,
});

describe('a projector at rest', () => {
  it('stays healthy for as long as nothing happens', async () => {
    const { runtime, projector } = await live();
    await runtime.advance(60_000);
    expect(healthOf(projector)).toEqual({ isGood: true, reasons: [] });
  });

  it('stays healthy while a read store reports that it makes indexes, for as long as a promotion may take', async () => {
    const runtime = new StepRuntime();
    const store: ReadStore = new HookedReadStore();
    store.open = (_, __, ___, { onLongStep } = {}) => {
      onLongStep?.();
      return never();
    };
    const projector = start({ reader: new InMemoryEventStore(), projections: [{ projection: tallyProjection(), store }], runtime });
    await runtime.advance(60_000);
    expect(healthOf(projector)).toEqual({ isGood: true, reasons: [] });
  });

  it('does not mistake the first event after a long rest for a stall', async () => {
    const { runtime, events, projector, store } = await live();
    await runtime.advance(60_000);
    let proceed = (): void => undefined;
    store.onCommit = (_, commit) => new Promise<void>((resolve) => (proceed = resolve)).then(commit);
    await append(events, 'a', 1);
    await runtime.advance(2_000);
    expect(statusOf(projector)).toMatchObject({ isHealthy: true, lagEvents: 1n });
    proceed();
    await runtime.advance(1_000);
    expect(statusOf(projector)).toMatchObject({ isHealthy: true, lagEvents: 0n });
  });
});

describe('within ten seconds health is red, with the reason, when', () => {
  it('a read store never answers a commit', async () => {
    const { runtime, events, store, projector } = await live();
    store.onCommit = () => never();
    await append(events, 'a', 1);
    await runtime.advance(RED_WITHIN_MS);
    expect(healthOf(projector)).toEqual({
      isGood: false,
      reasons: [expect.stringMatching(/^PROJECTION_STALLED: writing a batch has not come to an end/)],
    });
  });

  it('a read store never opens a generation', async () => {
    const runtime = new StepRuntime();
    const store = new HookedReadStore();
    store.open = () => never();
    const projector = start({ reader: new InMemoryEventStore(), projections: [{ projection: tallyProjection(), store }], runtime });
    await runtime.advance(RED_WITHIN_MS);
    expect(healthOf(projector)).toEqual({ isGood: false, reasons: [expect.stringMatching(/^PROJECTION_STALLED: opening a generation/)] });
  });

  it('a read store no longer reports what serves, although there is nothing to write', async () => {
    const { runtime, store, projector } = await live();
    store.generations = () => never();
    await runtime.advance(RED_WITHIN_MS);
    expect(healthOf(projector)).toEqual({ isGood: false, reasons: [expect.stringContaining('the watch of read store memory is silent')] });
  });

  it('a read store is away, although there is nothing to write; and health is green again when it is back', async () => {
    const { runtime, store, projector } = await live();
    const generations = store.generations.bind(store);
    store.generations = (): Promise<readonly Generation[]> => Promise.reject(new ReadStoreUnavailable('memory', 'connection refused'));
    await runtime.advance(RED_WITHIN_MS);
    expect(healthOf(projector)).toEqual({ isGood: false, reasons: [expect.stringMatching(/^READ_STORE_UNAVAILABLE: .*/)] });
    expect(statusOf(projector).state).toBe('live');
    store.generations = generations;
    await runtime.advance(1_000);
    expect(healthOf(projector)).toEqual({ isGood: true, reasons: [] });
  });

  it('the event store no longer reports its end', async () => {
    let head: EventReader['head'] = () => Promise.resolve(undefined);
    const { runtime, projector } = await live((events) => {
      head = () => events.head();
      return wrapped(events, { head: () => head() });
    });
    head = () => never();
    await runtime.advance(RED_WITHIN_MS);
    expect(healthOf(projector)).toEqual({ isGood: false, reasons: [expect.stringContaining('the watch of the end of the event store is silent')] });
  });

  it('the event store never answers the first read', async () => {
    const runtime = new StepRuntime();
    const subscribe: EventReader['subscribe'] = () => ({ [Symbol.asyncIterator]: () => ({ next: () => never() }) });
    const reader = wrapped(await filledStore(5), { subscribe });
    const projector = start({ reader, projections: [{ projection: tallyProjection(), store: new HookedReadStore() }], runtime });
    await runtime.advance(RED_WITHIN_MS);
    expect(healthOf(projector)).toMatchObject({
      isGood: false,
      reasons: [expect.stringMatching(/^PROJECTION_STALLED: no progress/), expect.stringContaining('the subscription is silent')],
    });
  });

  it('a live subscription dies silently', async () => {
    let isDead = false;
    const { runtime, events, projector } = await live((store) =>
      wrapped(store, {
        subscribe: async function* (options) {
          for await (const batch of store.subscribe(options)) {
            if (isDead) await never();
            yield batch;
          }
        },
      }),
    );
    isDead = true;
    await append(events, 'a', 1);
    await runtime.advance(RED_WITHIN_MS);
    expect(healthOf(projector)).toEqual({ isGood: false, reasons: [expect.stringMatching(/^PROJECTION_STALLED: no progress for \d+ s/)] });
  });

  it('an event cannot be folded', async () => {
    const runtime = new StepRuntime();
    const onFold = (): never => {
      throw new Error('no such country');
    };
    const projector = start({
      reader: await filledStore(5),
      projections: [{ projection: tallyProjection({ onFold }), store: new HookedReadStore() }],
      runtime,
    });
    await runtime.advance(RED_WITHIN_MS);
    expect(statusOf(projector).state).toBe('stopped');
    expect(healthOf(projector)).toEqual({ isGood: false, reasons: [expect.stringContaining('no such country')] });
  });
});

describe('a projection that fills a new generation', () => {
  it('does not count as stuck while it makes indexes for longer than that, though events arrive', async () => {
    const { runtime, events, store, projector } = await live();
    await projector.stop();
    const changed = start({
      reader: events,
      projections: [{ projection: tallyProjection({ version: 2 }), store, rebuild: 'auto' }],
      runtime,
    });
    const open = store.open.bind(store);
    let indexed = (): void => undefined;
    store.open = async (projection, generation) => {
      const session = await open(projection, generation);
      const finishBulk = session.finishBulk.bind(session);
      session.finishBulk = () => new Promise<void>((resolve) => (indexed = resolve)).then(finishBulk);
      return session;
    };
    await runtime.advance(1_000);
    await append(events, 'a', 1);
    await runtime.advance(60_000);
    expect(statusOf(changed)).toMatchObject({ state: 'rebuilding', isHealthy: true });
    indexed();
    await runtime.advance(5_000);
    expect(statusOf(changed)).toMatchObject({ state: 'live', isHealthy: true, generation: 2 });
  });
});
