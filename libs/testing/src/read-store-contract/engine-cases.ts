// The engine on the store under test: killed at any step, restarted anywhere, with any batch size, it gives the fold.
import assert from 'node:assert/strict';
import { systemRuntime, type Position, type Runtime } from '@mainstem/event-store';
import { Projector, type HostedProjection } from '@mainstem/projection';
import { Rebuilder, rollBack, type CrashPoint, type CrashPoints } from '@mainstem/projection/operate';
import { RollingDigest, type ProjectionDocument } from '@mainstem/projection/adapter';
import type { ContractCase } from '../contract-suite.js';
import type { ContractContext, DefineCase } from './contract-fixture.js';
import { contractHistory, foldPlainly, keysOf, type ContractHistory } from './contract-history.js';
import { contractEvents, contractProjection, ORDERS, TOTALS } from './contract-projection.js';

const EVENTS = 400;
const BATCH = 60;
// Long, because a commit may be several requests on a busy machine.
const TIMEOUT_MS = 120_000;
export const RECOVERY = { retryDelayMs: 1, retryDelayMaxMs: 5 };
/** A pause before the next look at a store is at most a second; what is longer is a deadline. */
const PAUSE_MAX_MS = 1_000;
/** Its pauses are a thirtieth as long, so that no case waits for the next look. Deadlines are as long as ever. */
export const IMPATIENT: Runtime = {
  ...systemRuntime,
  sleep: (ms, signal) => systemRuntime.sleep(ms > PAUSE_MAX_MS ? ms : ms / 30, signal),
};

const POINTS: readonly CrashPoint[] = ['before-open', 'after-open', 'before-load', 'after-load', 'after-fold', 'before-commit', 'after-commit'];

/** Holds the engine at the nth passage of a point, like a stopped process, until it is released. */
class Hold implements CrashPoints {
  readonly reached: Promise<void>;
  release!: () => void;
  #tell!: () => void;
  #passages = 0;
  readonly #released: Promise<void>;

  constructor(
    readonly point: CrashPoint,
    readonly nth: number,
  ) {
    this.reached = new Promise((resolve) => (this.#tell = resolve));
    this.#released = new Promise((resolve) => (this.release = resolve));
  }

  reach(point: CrashPoint): void | Promise<void> {
    if (point !== this.point || ++this.#passages !== this.nth) return undefined;
    this.#tell();
    return this.#released;
  }
}

/** Fails the engine at the nth passage of a point. */
class Fault implements CrashPoints {
  #passages = 0;

  constructor(
    readonly point: CrashPoint,
    readonly nth: number,
  ) {}

  reach(point: CrashPoint): void {
    if (point === this.point && ++this.#passages === this.nth) throw new Error(`fault at ${point}`);
  }
}

interface RunOptions {
  readonly batchSizeMax?: number;
  readonly crash?: CrashPoints;
  readonly version?: number;
  readonly rebuild?: HostedProjection['rebuild'];
  readonly runtime?: Runtime;
}

export const projectorOf = (
  { store, documents }: ContractContext,
  history: ContractHistory,
  { batchSizeMax = BATCH, crash, version = 1, rebuild = 'manual', runtime = systemRuntime }: RunOptions = {},
): Projector =>
  new Projector({
    reader: history.store,
    projections: [{ projection: contractProjection(documents, version), store, recovery: RECOVERY, rebuild }],
    batchSizeMax,
    cacheBytesMax: 20_000, // so small that documents are loaded again
    runtime,
    ...(crash && { crash }),
  });

const headOf = (history: ContractHistory): Position => {
  const last = history.events.at(-1);
  assert.ok(last);
  return last.position;
};

export const runToHead = async (context: ContractContext, history: ContractHistory, options: RunOptions = {}): Promise<void> => {
  const projector = projectorOf(context, history, options);
  projector.start();
  try {
    if (options.rebuild === 'auto') await untilLive(projector); // until then the old generation answers waiting readers
    await projector.waitFor(ORDERS, headOf(history), { timeoutMs: TIMEOUT_MS });
  } catch (error) {
    throw new Error(
      `${String(error)} ${projector
        .status()
        .map((status) => status.reason ?? status.state)
        .join()}`,
      { cause: error },
    );
  } finally {
    await projector.stop();
  }
};

const untilLive = async (projector: Projector): Promise<void> => {
  const deadline = systemRuntime.monotonic() + TIMEOUT_MS;
  while (!projector.status().every(({ state }) => state === 'live')) {
    assert.ok(systemRuntime.monotonic() < deadline, 'the projection did not go live');
    await systemRuntime.sleep(1);
  }
};

const withoutState = (document: ProjectionDocument): object => {
  const { $state: _, ...rest } = document as { $state?: unknown };
  return rest;
};

/** Folds the wanted events one by one. */
const digestOf = ({ events }: ContractHistory): string => {
  const digest = new RollingDigest();
  for (const { type, position, id } of events) if (contractEvents.has(type)) digest.add(position, id);
  return digest.toString();
};

/** The serving generation's content: as the engine and as queries see it. */
export const assertIsFold = async ({ store, documents, readDocument }: ContractContext, history: ContractHistory, version = 1): Promise<string> => {
  const expected = foldPlainly(history.events, version);
  const keys = keysOf(history.events);
  const serving = (await store.generations(ORDERS)).find(({ state }) => state === 'serving');
  assert.ok(serving);
  assert.equal(serving.checkpoint.position, headOf(history));
  const session = await store.open(contractProjection(documents, version), serving.number);
  assert.deepEqual(new Map(await session.load(ORDERS, keys.orders)), expected.orders);
  const totals = [...(await session.load(TOTALS, keys.totals))].map(([key, document]) => [key, withoutState(document)] as const);
  assert.deepEqual(new Map(totals), expected.totals);
  for (const key of keys.totals) assert.deepEqual(await readDocument(TOTALS, key), expected.totals.get(key));
  for (const key of keys.orders.slice(0, 5)) assert.deepEqual(await readDocument(ORDERS, key), expected.orders.get(key));
  await session.close();
  return serving.checkpoint.digest;
};

export const engineCases = (define: DefineCase): readonly ContractCase[] => [
  define('holds the fold of all events', async (context) => {
    const history = await contractHistory(EVENTS);
    await runToHead(context, history);
    await assertIsFold(context, history);
  }),

  ...POINTS.flatMap((point) =>
    [1, 2].map((nth) =>
      define(`resumes after a process stopped at ${point} (passage ${nth}), and fences it off when it comes back`, async (context) => {
        const history = await contractHistory(EVENTS);
        const hold = new Hold(point, nth);
        const stopped = projectorOf(context, history, { crash: hold });
        stopped.start();
        // A point that a start passes only once is not reached again: then nothing is held.
        await Promise.race([hold.reached, stopped.waitFor(ORDERS, headOf(history), { timeoutMs: TIMEOUT_MS })]);
        await runToHead(context, history);
        hold.release();
        await stopped.stop();
        await assertIsFold(context, history);
      }),
    ),
  ),

  ...POINTS.map((point) =>
    define(`recovers by itself from a failure at ${point}`, async (context) => {
      const history = await contractHistory(EVENTS);
      await runToHead(context, history, { crash: new Fault(point, 1) });
      await assertIsFold(context, history);
    }),
  ),

  define('resumes from every checkpoint', async (context) => {
    const history = await contractHistory(EVENTS);
    for (let batch = 1; batch * BATCH < EVENTS; batch++) {
      const hold = new Hold('after-commit', 1);
      const projector = projectorOf(context, history, { crash: hold });
      projector.start();
      await hold.reached;
      const stopping = projector.stop();
      hold.release();
      await stopping;
    }
    await runToHead(context, history);
    await assertIsFold(context, history);
  }),

  ...[1, 7, 500].map((batchSizeMax) =>
    define(`gives the same documents and the same digest in batches of ${batchSizeMax}`, async (context) => {
      const history = await contractHistory(EVENTS);
      await runToHead(context, history, { batchSizeMax });
      const digest = await assertIsFold(context, history);
      assert.equal(digest, digestOf(history));
    }),
  ),

  define('gives the fold when two projectors run at the same time', async (context) => {
    const history = await contractHistory(EVENTS);
    await Promise.all([runToHead(context, history, { batchSizeMax: 20 }), runToHead(context, history, { batchSizeMax: 30 })]);
    await assertIsFold(context, history);
  }),

  define('fills a generation for a changed projection while the old one serves, then promotes it', async (context) => {
    const history = await contractHistory(EVENTS);
    await runToHead(context, history);
    const [key] = [...foldPlainly(history.events).orders.keys()];
    assert.ok(key !== undefined);
    const hold = new Hold('before-promote', 1);
    const rebuilding = projectorOf(context, history, { version: 2, rebuild: 'auto', crash: hold });
    rebuilding.start();
    await hold.reached;
    assert.deepEqual(await context.readDocument(ORDERS, key), foldPlainly(history.events, 1).orders.get(key));
    hold.release();
    await untilLive(rebuilding);
    assert.deepEqual(await context.readDocument(ORDERS, key), foldPlainly(history.events, 2).orders.get(key));
    await rebuilding.stop();
    await assertIsFold(context, history, 2);
  }),

  ...(['before-commit', 'after-commit', 'before-promote', 'after-promote'] as const).map((point) =>
    define(`resumes a rebuild that was stopped at ${point}, and brings the retired generation back when the change is undone`, async (context) => {
      const history = await contractHistory(EVENTS);
      await runToHead(context, history);
      const hold = new Hold(point, 1);
      const stopped = projectorOf(context, history, { version: 2, rebuild: 'auto', crash: hold });
      stopped.start();
      await hold.reached;
      await runToHead(context, history, { version: 2, rebuild: 'auto' });
      hold.release();
      await stopped.stop();
      await assertIsFold(context, history, 2);
      await runToHead(context, history, { version: 1, rebuild: 'auto' });
      await assertIsFold(context, history, 1);
      assert.equal((await context.store.generations(ORDERS)).length, 2);
    }),
  ),

  define('rebuilds beside a running projector, which takes over the new generation; and rolls back', async (context) => {
    const history = await contractHistory(EVENTS);
    const projector = projectorOf(context, history, { runtime: IMPATIENT });
    projector.start();
    try {
      await projector.waitFor(ORDERS, headOf(history), { timeoutMs: TIMEOUT_MS });
      const hosted = { projection: contractProjection(context.documents), store: context.store, recovery: RECOVERY };
      const options = { reader: history.store, batchSizeMax: BATCH, cacheBytesMax: 20_000, followMs: TIMEOUT_MS };
      const { projections } = await new Rebuilder({ ...options, projections: [hosted] }).run();
      assert.deepEqual(
        projections.map(({ outcome, generation, isTakenOver, reason }) => [outcome, generation, isTakenOver, reason]),
        [['promoted', 2, true, undefined]],
      );
      const { outcome, generation, isTakenOver } = await rollBack({ ...options, hosted });
      assert.deepEqual([outcome, generation, isTakenOver], ['promoted', 1, true]);
    } finally {
      await projector.stop();
    }
    assert.equal(await assertIsFold(context, history), digestOf(history));
  }),

  ...(['begin', 'fill', 'index', 'catch-up', 'verify', 'promote'] as const).map((point) =>
    define(`goes on with a rebuild that failed at ${point}`, async (context) => {
      const history = await contractHistory(EVENTS);
      await runToHead(context, history);
      const hosted = { projection: contractProjection(context.documents), store: context.store, recovery: RECOVERY };
      const options = { reader: history.store, projections: [hosted], batchSizeMax: BATCH, followMs: 0 };
      const stop = new AbortController();
      const crash: CrashPoints = {
        reach: (reached) => {
          if (reached !== point) return;
          stop.abort();
          throw new Error(`fault at ${point}`);
        },
      };
      await new Rebuilder({ ...options, crash }).run(stop.signal).catch(() => undefined);
      // Ten simulated seconds pass, so it soon sees that the first one is dead.
      const runtime: Runtime = {
        ...systemRuntime,
        monotonic: () => systemRuntime.monotonic() * 10,
        sleep: (ms, signal) => systemRuntime.sleep(ms / 10, signal),
      };
      const { projections } = await new Rebuilder({ ...options, runtime }).run();
      assert.deepEqual(
        projections.map(({ outcome, generation, isResumed, reason }) => [outcome, generation, isResumed, reason]),
        [['promoted', 2, true, undefined]],
      );
      assert.equal(await assertIsFold(context, history), digestOf(history));
    }),
  ),
];
