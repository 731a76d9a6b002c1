// Append: expected revisions, dense revisions, rising positions, all or none, one order.
import assert from 'node:assert/strict';
import { isMainstemError, WrongExpectedRevision, revision, type EventStore, type ExpectedRevision } from '@mainstem/event-store';
import {
  assertRising,
  eventsOf,
  idsOf,
  order,
  positionsOf,
  readAll,
  readStream,
  refusalOf,
  refusedAppend,
  revisionsOf,
  type EventStoreCase,
  define,
} from './fixture.js';

const append = (store: EventStore, command: string, expectedRevision: ExpectedRevision, count = 1) =>
  store.append(order(1), eventsOf(command, count), { expectedRevision });

const conflict = async (store: EventStore, expectedRevision: ExpectedRevision, actual: bigint | null): Promise<void> => {
  const error = await refusedAppend(store, () => append(store, 'late', expectedRevision), 'EVENT_STORE_WRONG_EXPECTED_REVISION');
  assert.ok(error instanceof WrongExpectedRevision);
  assert.deepEqual([error.stream, error.expected, error.actual], [order(1), String(expectedRevision), actual]);
};

const expectations: readonly EventStoreCase[] = [
  define('answers with revision and position of the last event', async (store) => {
    const result = await append(store, 'a', 'no-stream', 3);
    const last = (await readStream(store, order(1))).at(-1);
    assert.deepEqual([result.revision, result.position], [2n, last?.position]);
    assert.equal(await store.head(), result.position);
  }),
  define('accepts an exact revision and refuses a lower or higher one', async (store) => {
    await append(store, 'a', 'no-stream', 2);
    await append(store, 'b', revision(1n));
    await conflict(store, revision(0n), 2n);
    await conflict(store, revision(1n), 2n);
    await conflict(store, revision(3n), 2n);
    await conflict(store, revision(2n ** 63n - 1n), 2n);
    assert.equal((await append(store, 'c', revision(2n))).revision, 3n);
  }),
  define('refuses an exact revision of a stream without events', (store) => conflict(store, revision(0n), null)),
  define('accepts no-stream once', async (store) => {
    await append(store, 'a', 'no-stream');
    await conflict(store, 'no-stream', 0n);
  }),
  define('accepts stream-exists only where there is an event', async (store) => {
    await conflict(store, 'stream-exists', null);
    await append(store, 'a', 'no-stream');
    assert.equal((await append(store, 'b', 'stream-exists')).revision, 1n);
  }),
  define('accepts any with and without events', async (store) => {
    assert.equal((await append(store, 'a', 'any')).revision, 0n);
    assert.equal((await append(store, 'b', 'any')).revision, 1n);
  }),
];

const ordering: readonly EventStoreCase[] = [
  define('counts revisions of each stream from 0 without holes, and positions upwards over all', async (store) => {
    for (let index = 0; index < 30; index++)
      await store.append(order(index % 3), eventsOf(`c${index}`, 1 + (index % 4)), { expectedRevision: 'any' });
    const all = await readAll(store);
    assertRising(positionsOf(all));
    for (const id of [0, 1, 2]) {
      const revisions = revisionsOf(all.filter((event) => event.stream === order(id)));
      assert.deepEqual(revisions, [...revisions.keys()].map(BigInt));
    }
  }),
  define('counts positions without holes if it claims to', async (store) => {
    if (!store.hasDensePositions) return;
    for (let index = 0; index < 10; index++) {
      await append(store, `a${index}`, 'any', 2);
      await refusalOf(append(store, `b${index}`, 'no-stream'), 'EVENT_STORE_WRONG_EXPECTED_REVISION');
    }
    const positions = positionsOf(await readAll(store));
    assert.deepEqual(
      positions,
      positions.map((_, index) => (positions[0] ?? 0n) + BigInt(index)),
    );
  }),
  define('appends all events of a call or none, in order and next to each other', async (store) => {
    await append(store, 'a', 'no-stream', 5);
    const broken = [...eventsOf('b', 4), { ...eventsOf('c')[0], data: 1n }];
    await refusedAppend(store, () => store.append(order(1), broken as never, { expectedRevision: 'any' }), 'EVENT_STORE_INVALID_INPUT');
    await Promise.all(['d', 'e', 'f'].map((command) => append(store, command, 'any', 5)));
    const ids = idsOf(await readAll(store));
    for (const command of ['a', 'd', 'e', 'f']) {
      const own = idsOf(eventsOf(command, 5));
      const start = ids.indexOf(own[0] ?? '');
      assert.deepEqual(ids.slice(start, start + 5), own);
    }
    assert.equal(ids.length, 20);
  }),
  define('applies concurrent appends in the order of the calls', async (store) => {
    const results = await Promise.all(Array.from({ length: 50 }, (_, index) => append(store, `c${index}`, 'any')));
    assert.deepEqual(
      results.map((result) => result.revision),
      [...results.keys()].map(BigInt),
    );
    assert.deepEqual(
      idsOf(await readStream(store, order(1))),
      [...results.keys()].flatMap((index) => idsOf(eventsOf(`c${index}`))),
    );
  }),
];

const concurrency: readonly EventStoreCase[] = [
  define('lets exactly one of many concurrent appends with one expected revision win', async (store) => {
    await append(store, 'a', 'no-stream');
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => append(store, `c${index}`, revision(0n))));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    assert.equal(refused.length, 19);
    assert.ok(refused.every((outcome) => isMainstemError(outcome.reason, 'EVENT_STORE_WRONG_EXPECTED_REVISION')));
    assert.equal((await readStream(store, order(1))).length, 2);
  }),
  define('keeps a refused append from harming others', async (store) => {
    const outcomes = await Promise.allSettled([
      append(store, 'a', 'no-stream'),
      append(store, 'b', 'no-stream'),
      append(store, 'c', revision(0n)),
      append(store, 'd', revision(7n)),
      append(store, 'e', revision(1n)),
    ]);
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status),
      ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
    );
    assert.deepEqual(idsOf(await readStream(store, order(1))), idsOf([...eventsOf('a'), ...eventsOf('c'), ...eventsOf('e')]));
  }),
  define('loses no update when clients read, decide and append', async (store) => {
    const client = async (name: string): Promise<void> => {
      for (let count = 0; count < 10;) {
        const expectedRevision = (await readStream(store, order(1), { direction: 'backwards', limit: 1 }))[0]?.revision ?? 'no-stream';
        const outcome = await append(store, `${name}-${count}`, expectedRevision).catch((error: unknown) => error);
        if (!(outcome instanceof Error)) count++;
        else if (!isMainstemError(outcome, 'EVENT_STORE_WRONG_EXPECTED_REVISION')) throw outcome;
      }
    };
    await Promise.all(['a', 'b', 'c', 'd'].map(client));
    const events = await readStream(store, order(1));
    assert.deepEqual(revisionsOf(events), [...events.keys()].map(BigInt));
    assert.equal(new Set(idsOf(events)).size, 40);
  }),
];

export const appendCases: readonly EventStoreCase[] = [...expectations, ...ordering, ...concurrency];
