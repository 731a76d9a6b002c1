// Contract of partitioned projections: parts are written independently and are the fold together. Stores may refuse.
import assert from 'node:assert/strict';
import { isMainstemError, systemRuntime, type EventMark, type Position } from '@mainstem/event-store';
import { Projector, type DocumentProjection, type HostedProjection } from '@mainstem/projection';
import { Rebuilder, verifyProjection } from '@mainstem/projection/operate';
import { partitionOf, type ReadStoreSession } from '@mainstem/projection/adapter';
import type { ContractCase } from '../contract-suite.js';
import { aBatch, anOrder, aParkedEvent, at, INCARNATION, loadOne, rejectsWith, type ContractContext, type DefineCase } from './contract-fixture.js';
import { contractEventId, contractHistory, foldPlainly, keysOf, type ContractHistory } from './contract-history.js';
import { ORDERS, splitProjection } from './contract-projection.js';

const EVENTS = 400;
const PARTS = 4;
const TIMEOUT_MS = 120_000;
const LEASE_MS = 1_000;

const hostedOn = ({ store, documents }: ContractContext, partitions: number): HostedProjection => ({
  projection: splitProjection(documents, partitions),
  store,
  recovery: { retryDelayMs: 1, retryDelayMaxMs: 5 },
  rebuild: 'auto',
});

/** A case for stores with partitions; on other stores it shows that the engine refuses before anything is written. */
const splitting = (define: DefineCase, name: string, run: (context: ContractContext) => Promise<void>): ContractCase =>
  define(name, async (context) => {
    if (context.store.hasPartitions) return run(context);
    const { store: reader } = await contractHistory(1);
    const refusal = assertRefused(() => new Projector({ reader, projections: [hostedOn(context, PARTS)] }));
    await rejectsWith(refusal, new Rebuilder({ reader, projections: [hostedOn(context, PARTS)] }).run());
    assert.deepEqual(await context.store.generations(), []);
  });

const assertRefused = (work: () => unknown): 'PROJECTION_NOT_PARTITIONABLE' => {
  assert.throws(work, (error) => isMainstemError(error, 'PROJECTION_NOT_PARTITIONABLE'));
  return 'PROJECTION_NOT_PARTITIONABLE';
};

interface Split {
  readonly projection: DocumentProjection;
  readonly number: number;
  readonly sessions: readonly ReadStoreSession[];
}

const openAll = async ({ store, documents }: ContractContext): Promise<Split> => {
  const projection = splitProjection(documents, PARTS);
  const { number } = await store.createGeneration(projection, INCARNATION);
  const sessions: ReadStoreSession[] = [];
  for (let partition = 0; partition < PARTS; partition++) sessions.push(await store.open(projection, number, partition));
  return { projection, number, sessions };
};

const headOf = async ({ store }: ContractHistory): Promise<Position> => {
  const head = await store.head();
  assert.ok(head !== undefined);
  return head;
};

const assertIsFold = async (context: ContractContext, history: ContractHistory, partitions: number): Promise<void> => {
  const { store } = context;
  const hosted = hostedOn(context, partitions);
  const serving = (await store.generations(ORDERS)).find(({ state }) => state === 'serving');
  assert.equal(serving?.partitions?.length ?? 1, partitions);
  const head = await headOf(history);
  for (const { position } of serving?.partitions ?? []) assert.equal(position, head);
  const session = await store.open(hosted.projection, serving?.number ?? 0);
  const expected = foldPlainly(history.events).orders;
  assert.deepEqual(new Map(await session.load(ORDERS, keysOf(history.events).orders)), expected);
  await session.close();
  const report = await verifyProjection({ reader: history.store, hosted });
  assert.deepEqual([report.isSame, report.differences, report.position], [true, [], head]);
};

const statesOf = (projector: Projector): string =>
  projector
    .status()
    .flatMap(({ state, reason, partitions = [] }) => [
      state,
      reason ?? '',
      ...partitions.map((part) => `${part.partition} ${part.state} ${part.owner ?? ''}`),
    ])
    .join(', ');

const untilReached = async (projector: Projector, position: Position): Promise<void> => {
  const deadline = systemRuntime.monotonic() + TIMEOUT_MS;
  const isThere = (): boolean =>
    projector.status().every((one) => one.state !== 'rebuilding' && one.position !== undefined && one.position >= position);
  while (!isThere()) {
    assert.ok(systemRuntime.monotonic() < deadline, `not there in time: ${statesOf(projector)}`);
    await systemRuntime.sleep(5);
  }
};

const runToHead = async (context: ContractContext, history: ContractHistory, partitions: number): Promise<void> => {
  const projector = new Projector({ reader: history.store, projections: [hostedOn(context, partitions)], batchSizeMax: 30, cacheBytesMax: 20_000 });
  projector.start();
  try {
    await untilReached(projector, await headOf(history));
    await projector.waitFor(ORDERS, await headOf(history), { timeoutMs: TIMEOUT_MS });
  } finally {
    await projector.stop();
  }
};

/** The event at the checkpoint of a part. */
const markOf = (partition: number): EventMark => ({ position: at(9 - partition), id: contractEventId(partition) });

const keysIn = (partition: number, count: number): string[] => {
  const keys: string[] = [];
  for (let index = 0; keys.length < count; index++) if (partitionOf(`order-${index}`, PARTS) === partition) keys.push(`order-${index}`);
  return keys;
};

export const partitionCases = (define: DefineCase): readonly ContractCase[] => [
  splitting(define, 'moves the checkpoint of each part alone, and shows the one that is furthest behind', async (context) => {
    const { sessions, number } = await openAll(context);
    const generation = async () => (await context.store.generations(ORDERS)).find((one) => one.number === number);
    assert.equal((await generation())?.partitions?.length, PARTS);
    for (const [partition, session] of sessions.entries()) {
      const [key = ''] = keysIn(partition, 1);
      const batch = aBatch(undefined, at(10 - partition), [anOrder(key)], [], `${partition}`.repeat(16));
      await session.commit({ ...batch, checkpoint: { ...batch.checkpoint, lastEvent: markOf(partition) } });
      const smallest = partition === PARTS - 1 ? at(10 - partition) : undefined;
      assert.equal((await generation())?.checkpoint.position, smallest);
    }
    const described = await generation();
    assert.deepEqual(
      described?.partitions?.map(({ position }) => position),
      [at(10), at(9), at(8), at(7)],
    );
    assert.deepEqual(described?.checkpoint, described?.partitions?.[3]);
    assert.equal(described?.checkpoint.digest, '3333333333333333');
    assert.deepEqual(
      described?.partitions?.map(({ lastEvent }) => lastEvent),
      [0, 1, 2, 3].map(markOf),
    );
    for (const session of sessions) await session.close();
    for (let partition = 0; partition < PARTS; partition++) {
      const session = await context.store.open(splitProjection(context.documents, PARTS), number, partition);
      assert.equal(session.checkpoint.position, at(10 - partition));
      assert.deepEqual(session.checkpoint.lastEvent, markOf(partition));
      for (const [other] of [0, 1, 2, 3].map((one) => keysIn(one, 1))) assert.deepEqual(await loadOne(session, other ?? ''), anOrder(other ?? ''));
    }
    const answer = await context.readDocument(ORDERS, keysIn(2, 1)[0] ?? '');
    assert.deepEqual(answer, anOrder(keysIn(2, 1)[0] ?? ''));
  }),

  splitting(define, 'fences off the older session of the same part only', async (context) => {
    const { projection, number, sessions } = await openAll(context);
    const [first, second, third, fourth] = sessions as [ReadStoreSession, ReadStoreSession, ReadStoreSession, ReadStoreSession];
    const newer = await context.store.open(projection, number, 1);
    await rejectsWith('READ_STORE_CHECKPOINT_MOVED', second.commit(aBatch(undefined, at(1), [anOrder(keysIn(1, 1)[0] ?? '')])));
    const [a = '', b = '', c = '', d = ''] = [0, 1, 2, 3].map((partition) => keysIn(partition, 1)[0] ?? '');
    // At the same time: no part waits for another one.
    await Promise.all([
      first.commit(aBatch(undefined, at(1), [anOrder(a)])),
      newer.commit(aBatch(undefined, at(2), [anOrder(b)])),
      third.commit(aBatch(undefined, at(3), [anOrder(c)])),
      fourth.commit(aBatch(undefined, at(4), [anOrder(d)])),
    ]);
    for (const key of [a, b, c, d]) assert.deepEqual(await loadOne(first, key), anOrder(key));
    await rejectsWith('READ_STORE_CHECKPOINT_MOVED', third.commit(aBatch(at(2), at(5))));
  }),

  splitting(define, 'keeps parked events of the parts apart by their keys', async (context) => {
    const { sessions } = await openAll(context);
    for (const [partition, session] of sessions.entries()) {
      const [key = ''] = keysIn(partition, 1);
      await session.commit({ ...aBatch(undefined, at(1)), park: [aParkedEvent(key, at(1), 'no')] });
    }
    const [first] = sessions;
    assert.equal((await first?.parkedKeys())?.size, PARTS);
    const [key = ''] = keysIn(0, 1);
    await first?.commit({ ...aBatch(at(1), at(1)), unpark: [{ key, position: at(1) }] });
    assert.deepEqual((await sessions[1]?.parked({ key: keysIn(1, 1)[0] ?? '', limit: 5 }))?.length, 1);
    assert.equal((await context.store.parked(ORDERS, 10)).length, PARTS - 1);
  }),

  splitting(
    define,
    'promotes a partitioned generation only when its last part is level, and then fences off all parts of the former one',
    async (context) => {
      const { store, documents } = context;
      const { sessions } = await openAll(context);
      for (const session of sessions) await session.commit(aBatch(undefined, at(5)));
      const projection = splitProjection(documents, 2);
      const { number } = await store.createGeneration(projection, INCARNATION);
      const [left, right] = [await store.open(projection, number, 0), await store.open(projection, number, 1)];
      await left.commit(aBatch(undefined, at(9)));
      await rejectsWith('READ_STORE_GENERATION_BEHIND', store.promote(ORDERS, number));
      await right.commit(aBatch(undefined, at(4)));
      await rejectsWith('READ_STORE_GENERATION_BEHIND', store.promote(ORDERS, number));
      await right.commit(aBatch(at(4), at(5)));
      await store.promote(ORDERS, number);
      assert.deepEqual(
        (await store.generations(ORDERS)).map(({ state, checkpoint }) => [state, checkpoint.position]),
        [
          ['retired', at(5)],
          ['serving', at(5)],
        ],
      );
    },
  ),

  splitting(define, 'fences off every part of the replaced generation', async (context) => {
    const { store, documents } = context;
    const { sessions } = await openAll(context);
    for (const session of sessions) await session.commit(aBatch(undefined, at(5)));
    const projection = splitProjection(documents, 1);
    const { number } = await store.createGeneration(projection, INCARNATION);
    await (await store.open(projection, number)).commit(aBatch(undefined, at(5)));
    await store.promote(ORDERS, number);
    for (const session of sessions) await rejectsWith('READ_STORE_CHECKPOINT_MOVED', session.commit(aBatch(at(5), at(6))));
  }),

  splitting(define, 'is the fold when one process runs all parts', async (context) => {
    const history = await contractHistory(EVENTS);
    await runToHead(context, history, PARTS);
    await assertIsFold(context, history, PARTS);
  }),

  splitting(define, 'is the fold when instances share the parts, one stops and another one joins', async (context) => {
    const history = await contractHistory(EVENTS);
    const instance = (owner: string): Projector =>
      new Projector({ reader: history.store, projections: [hostedOn(context, PARTS)], batchSizeMax: 7, lease: { owner, durationMs: LEASE_MS } });
    const running = [instance('one'), instance('two')];
    for (const projector of running) projector.start();
    const ownersIn = (projector: Projector): Set<string | undefined> => new Set(projector.status()[0]?.partitions?.map(({ owner }) => owner));
    const deadline = systemRuntime.monotonic() + TIMEOUT_MS;
    const [one, two] = running as [Projector, Projector];
    while (ownersIn(one).size < 2 || ownersIn(two).size < 2) {
      assert.ok(systemRuntime.monotonic() < deadline, `not shared: ${statesOf(one)}; ${statesOf(two)}`);
      await systemRuntime.sleep(20);
    }
    await one.stop();
    const three = instance('three');
    three.start();
    try {
      for (const projector of [two, three]) await projector.waitFor(ORDERS, await headOf(history), { timeoutMs: TIMEOUT_MS });
    } finally {
      await Promise.all([two.stop(), three.stop()]);
    }
    await assertIsFold(context, history, PARTS);
  }),

  splitting(define, 'is filled anew beside the serving one when the number of parts changes', async (context) => {
    const history = await contractHistory(EVENTS);
    for (const partitions of [PARTS, 3, 1]) {
      await runToHead(context, history, partitions);
      await assertIsFold(context, history, partitions);
    }
    assert.deepEqual(
      (await context.store.generations(ORDERS)).map(({ state }) => state),
      ['retired', 'retired', 'serving'],
    );
  }),

  splitting(define, 'is rebuilt in parts by one process', async (context) => {
    const history = await contractHistory(EVENTS);
    await runToHead(context, history, PARTS);
    const report = await new Rebuilder({ reader: history.store, projections: [hostedOn(context, PARTS)], followMs: 0 }).run();
    assert.deepEqual(
      report.projections.map(({ outcome, reason }) => [outcome, reason]),
      [['promoted', undefined]],
    );
    await runToHead(context, history, PARTS);
    await assertIsFold(context, history, PARTS);
  }),
];
