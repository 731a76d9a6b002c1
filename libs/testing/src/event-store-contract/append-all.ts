// Append to several streams: all or nothing, conditions, retries and limits of the whole; or a typed refusal.
import assert from 'node:assert/strict';
import {
  AppendPartlyKnown,
  isMainstemError,
  revision,
  WrongExpectedRevision,
  type EventStore,
  type NewEvent,
  type RecordedEvent,
  type Revision,
  type StreamAppend,
} from '@mainstem/event-store';
import {
  assertRising,
  eventsOf,
  follow,
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

const to = (id: string | number, command: string, expectedRevision: Revision | 'no-stream', count = 1): StreamAppend => ({
  stream: order(id),
  events: eventsOf(`${command}-${id}`, count),
  expectedRevision,
});
const condition = (id: string | number, expectedRevision: Revision | 'no-stream'): StreamAppend => ({
  stream: order(id),
  events: [],
  expectedRevision,
});
const at = (value: number): Revision => revision(BigInt(value));
const append = (store: EventStore, id: number, command: string, count = 1) =>
  store.append(order(id), eventsOf(command, count), { expectedRevision: 'any' });

const conflict = async (
  store: EventStore,
  appends: readonly StreamAppend[],
  told: readonly [id: number, expected: string, actual: bigint | null],
) => {
  const error = await refusedAppend(store, () => store.appendAll(appends), 'EVENT_STORE_WRONG_EXPECTED_REVISION');
  assert.ok(error instanceof WrongExpectedRevision);
  assert.deepEqual([error.stream, error.expected, error.actual], [order(told[0]), told[1], told[2]]);
};

const allOrNothing: readonly EventStoreCase[] = [
  define('appends to several streams in the order given, revisions dense, and answers with the place of each', async (store) => {
    await append(store, 1, 'before', 2);
    const appends = [to(2, 'a', 'no-stream', 3), condition(3, 'no-stream'), to(1, 'a', at(1), 2), to(4, 'a', 'no-stream')];
    const { position, results } = await store.appendAll(appends);
    const all = await readAll(store);
    assert.deepEqual(
      all.slice(2).map((event) => `${event.stream}@${event.revision}`),
      ['order-2@0', 'order-2@1', 'order-2@2', 'order-1@2', 'order-1@3', 'order-4@0'],
    );
    assertRising(positionsOf(all));
    assert.deepEqual(
      idsOf(all.slice(2)),
      appends.flatMap(({ events }) => idsOf(events)),
    );
    const placeOf = (event: RecordedEvent | undefined) => ({ revision: event?.revision, position: event?.position });
    assert.deepEqual(results, [placeOf(all[4]), undefined, placeOf(all[6]), placeOf(all[7])]);
    assert.equal(position, all.at(-1)?.position);
    assert.equal(await store.head(), position);
  }),
  define('writes nothing at all when one of the streams is elsewhere, and names the first of these', async (store) => {
    await append(store, 1, 'a', 2);
    await append(store, 2, 'b');
    const free = [to(5, 'x', 'no-stream'), to(6, 'x', 'no-stream')];
    await conflict(store, [...free, to(1, 'x', at(0)), to(2, 'x', 'no-stream')], [1, '0', 1n]);
    await conflict(store, [to(2, 'x', 'no-stream'), ...free], [2, 'no-stream', 0n]);
    await conflict(store, [...free, to(3, 'x', at(4))], [3, '4', null]);
    assert.equal((await readAll(store)).length, 3);
    await store.appendAll(free);
  }),
  define('appends only while every condition holds, and leaves their streams as they are', async (store) => {
    await append(store, 1, 'a', 2);
    await conflict(store, [to(2, 'x', 'no-stream'), condition(1, at(0))], [1, '0', 1n]);
    await conflict(store, [condition(1, 'no-stream'), to(2, 'x', 'no-stream')], [1, 'no-stream', 1n]);
    await conflict(store, [condition(9, at(0)), to(2, 'x', 'no-stream')], [9, '0', null]);
    await store.appendAll([condition(1, at(1)), condition(9, 'no-stream'), to(2, 'x', 'no-stream')]);
    assert.equal((await readStream(store, order(1))).length, 2);
    assert.equal((await readStream(store, order(9))).length, 0);
    assert.equal((await store.append(order(9), eventsOf('first'), { expectedRevision: 'no-stream' })).revision, 0n);
  }),
  define('delivers all of it to a subscription, in one order', async (store) => {
    const appends = [to(1, 'a', 'no-stream', 2), to(2, 'a', 'no-stream', 2)];
    const followed = follow(store, { after: undefined }, (events) => events.length === 4);
    await store.appendAll(appends);
    assert.deepEqual(
      idsOf((await followed).events),
      appends.flatMap(({ events }) => idsOf(events)),
    );
  }),
];

const retries: readonly EventStoreCase[] = [
  define(
    'answers a retry as the first time and appends nothing, whatever was appended since, and whatever became of its conditions',
    async (store) => {
      await append(store, 3, 'before');
      const appends = [to(1, 'a', 'no-stream', 2), condition(3, at(0)), to(2, 'a', 'no-stream')];
      const first = await store.appendAll(appends);
      for (let index = 0; index < 3; index++) {
        for (const id of [1, 2, 3]) await append(store, id, `later-${index}`);
        assert.deepEqual(await store.appendAll(appends), first);
      }
      assert.equal((await readAll(store)).length, 13);
    },
  ),
  define('answers concurrent copies alike and appends once', async (store) => {
    const appends = [to(1, 'a', 'no-stream', 2), to(2, 'a', 'no-stream')];
    const answers = await Promise.all(Array.from({ length: 10 }, () => store.appendAll(appends)));
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
    assert.equal((await readAll(store)).length, 3);
  }),
  define('refuses one whose events are there in part, and says which streams have them', async (store) => {
    const [one, two, three] = [to(1, 'a', 'no-stream'), to(2, 'a', 'no-stream'), to(3, 'a', 'no-stream')] as const;
    await store.append(one.stream, one.events, { expectedRevision: 'no-stream' });
    await append(store, 3, 'other');
    const error = await refusedAppend(store, () => store.appendAll([two, one, three]), 'EVENT_STORE_APPEND_PARTLY_KNOWN');
    assert.ok(error instanceof AppendPartlyKnown);
    assert.deepEqual([error.known, error.unknown], [[order(1)], [order(2), order(3)]]);
    // One more event for a stream that has the others is no retry either.
    await store.appendAll([to(5, 'b', 'no-stream'), to(6, 'b', 'no-stream')]);
    await refusedAppend(store, () => store.appendAll([to(5, 'b', 'no-stream'), to(6, 'b', 'no-stream', 2)]), 'EVENT_STORE_APPEND_PARTLY_KNOWN');
  }),
];

const concurrency: readonly EventStoreCase[] = [
  define('lets exactly one of many win that want one stream besides their own, and keeps single appends among them in order', async (store) => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 30 }, (_, index) =>
        index % 3 === 2
          ? append(store, 100, `single-${index}`)
          : store.appendAll([to(1, `claim-${index}`, 'no-stream'), to(1_000 + index, 'own', 'no-stream')]),
      ),
    );
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    assert.equal(refused.length, 19);
    assert.ok(refused.every(({ reason }) => isMainstemError(reason, 'EVENT_STORE_WRONG_EXPECTED_REVISION')));
    const all = await readAll(store);
    assert.equal(all.length, 12);
    assert.equal(all.filter(({ stream }) => stream === order(1)).length, 1);
    const single = await readStream(store, order(100));
    assert.deepEqual(
      idsOf(single),
      [...single.keys()].flatMap((index) => idsOf(eventsOf(`single-${3 * index + 2}`))),
    );
  }),
  define('loses no transfer between streams whose clients read, decide and append to two of them', async (store) => {
    const heads = async (id: number): Promise<Revision | 'no-stream'> =>
      (await readStream(store, order(id), { direction: 'backwards', limit: 1 }))[0]?.revision ?? 'no-stream';
    const client = async (name: number): Promise<void> => {
      for (let count = 0; count < 8;) {
        const ids = [count % 3, 3 + ((count + name) % 2)] as const;
        const appends = await Promise.all(ids.map(async (id) => to(id, `${name}-${count}`, await heads(id))));
        const outcome = await store.appendAll(appends).catch((error: unknown) => error);
        if (!(outcome instanceof Error)) count++;
        else if (!isMainstemError(outcome, 'EVENT_STORE_WRONG_EXPECTED_REVISION')) throw outcome;
      }
    };
    await Promise.all([0, 1, 2, 3].map(client));
    const all = await readAll(store);
    assert.equal(new Set(all.map(({ id, stream }) => `${stream} ${id}`)).size, 64);
    for (const id of [0, 1, 2, 3, 4]) {
      const revisions = revisionsOf(all.filter(({ stream }) => stream === order(id)));
      assert.deepEqual(revisions, [...revisions.keys()].map(BigInt));
    }
  }),
];

const refusals: readonly EventStoreCase[] = [
  define(
    'refuses what it cannot take before anything is written: no events, a stream or an id twice, no place, bad names and payloads',
    async (store) => {
      const one = to(1, 'a', 'no-stream');
      const [event] = one.events as readonly [NewEvent];
      const bad: readonly unknown[] = [
        [],
        undefined,
        [null],
        [condition(1, 'no-stream')],
        [{ ...one, events: undefined }],
        [one, to(1, 'b', 'no-stream')],
        [one, condition(1, 'no-stream')],
        [one, { stream: order(2), events: [event], expectedRevision: 'no-stream' }],
        [one, { ...to(2, 'b', 'no-stream'), expectedRevision: 'any' }],
        [one, { ...to(2, 'b', 'no-stream'), expectedRevision: 'stream-exists' }],
        [one, { ...to(2, 'b', 'no-stream'), expectedRevision: undefined }],
        [one, { ...to(2, 'b', 'no-stream'), expectedRevision: -1n }],
        [one, { ...to(2, 'b', 'no-stream'), stream: 'nodash' }],
        [one, { ...condition(2, 'no-stream'), stream: '$own-1' }],
        [one, { ...to(2, 'b', 'no-stream'), events: [{ ...event, data: 1n }] }],
      ];
      for (const appends of bad) await refusedAppend(store, () => store.appendAll(appends as never), 'EVENT_STORE_INVALID_INPUT');
      assert.deepEqual(await readAll(store), []);
    },
  ),
  define('counts bytes, events and conditions of all streams together, and takes as much as one append', async (store) => {
    const { appendBytesMax, appendEventsMax, eventBytesMax } = store.limits;
    const half = Math.floor(Math.min(eventBytesMax, appendBytesMax / 2) * 0.9);
    const large = (id: number, bytes = half): StreamAppend => {
      const [event] = eventsOf(`large-${id}`) as readonly [NewEvent];
      return { stream: order(id), events: [{ ...event, data: { text: 'x'.repeat(bytes) } }], expectedRevision: 'no-stream' };
    };
    const many = Array.from({ length: Math.ceil((appendBytesMax + 1) / half) }, (_, index) => large(index));
    await refusedAppend(store, () => store.appendAll(many), 'EVENT_STORE_EVENT_TOO_LARGE');
    await store.appendAll([large(1), large(2, half / 2)]);
    const conditions = Array.from({ length: appendEventsMax }, (_, index) => condition(`c${index}`, 'no-stream'));
    await refusedAppend(store, () => store.appendAll([...conditions, to(9, 'a', 'no-stream')]), 'EVENT_STORE_INVALID_INPUT');
    assert.equal((await store.appendAll([...conditions.slice(1), to(9, 'a', 'no-stream')])).results.length, appendEventsMax);
    assert.equal((await readAll(store)).length, 3);
  }),
];

const ending: readonly EventStoreCase[] = [
  define('appends all or says that it was aborted, whenever the signal fires', async (store) => {
    const aborted = { signal: AbortSignal.abort() };
    await refusedAppend(store, () => store.appendAll([to(1, 'a', 'no-stream')], aborted), 'EVENT_STORE_ABORTED');
    let appended = 0;
    for (let index = 0; index < 12; index++) {
      const controller = new AbortController();
      const both = [to(`left-${index}`, 'a', 'no-stream'), to(`right-${index}`, 'a', 'no-stream')];
      const outcome = store.appendAll(both, { signal: controller.signal }).then(
        () => 'appended',
        (error: unknown) => (error as { code?: string }).code,
      );
      if (index % 2 === 0) await Promise.resolve();
      if (index % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
      controller.abort();
      const told = await outcome;
      assert.ok(told === 'appended' || told === 'EVENT_STORE_ABORTED', String(told));
      if (told === 'appended') appended += 2;
    }
    assert.equal((await readAll(store)).length, appended);
  }),
  define('completes what was called before close, and refuses it afterwards', async (store) => {
    const called = Array.from({ length: 5 }, (_, index) => store.appendAll([to(`a${index}`, 'x', 'no-stream'), to(`b${index}`, 'x', 'no-stream')]));
    await store.close();
    const answers = await Promise.all(called);
    assertRising(answers.map(({ position }) => position));
    await refusalOf(store.appendAll([to(1, 'late', 'no-stream')]), 'EVENT_STORE_CLOSED');
  }),
];

export const appendAllCases: readonly EventStoreCase[] = [...allOrNothing, ...retries, ...concurrency, ...refusals, ...ending];

/** What each of these cases shows on a store that cannot. */
export const refusesAppendAll = async (store: EventStore): Promise<void> => {
  const appends = [to(1, 'a', 'no-stream'), to(2, 'a', 'no-stream')];
  await refusedAppend(store, () => store.appendAll(appends), 'EVENT_STORE_APPEND_ALL_UNSUPPORTED');
};
