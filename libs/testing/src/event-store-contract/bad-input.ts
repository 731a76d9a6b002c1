// Bad input from callers without a compiler: a typed error names the wrong field, and nothing is written.
import assert from 'node:assert/strict';
import { InvalidInput, type EventStore } from '@mainstem/event-store';
import { eventsOf, eventWith, flatten, inTime, order, refusalOf, refusedAppend, type EventStoreCase, define } from './fixture.js';

const [good] = eventsOf('good');
const cycle: Record<string, unknown> = {};
cycle['self'] = cycle;
const deep = Array.from({ length: 100 }).reduce<unknown>((inner) => [inner], 1);

const STREAMS: readonly unknown[] = [
  undefined,
  null,
  1,
  {},
  '',
  'order',
  '-1',
  'order-',
  '$order-1',
  'order-\u0000',
  'order-\n',
  'order-\ud800',
  'order-e\u0301',
  `order-${'x'.repeat(507)}`,
];
const EVENTS: readonly unknown[] = [undefined, null, {}, [], 'x', [null], ['x'], [undefined]];
const EVENT_CHANGES: readonly object[] = [
  { id: undefined },
  { id: 'no-uuid' },
  { id: 1 },
  { type: undefined },
  { type: '' },
  { type: 1 },
  { type: '$system' },
  { type: 'x'.repeat(257) },
  { type: 'a\u0000b' },
  { type: 'a\ud800' },
  { metadata: undefined },
  { metadata: null },
  { metadata: [] },
  { metadata: 'x' },
  { metadata: { at: new Date(0) } },
  { metadata: { n: 1n } },
];
const PAYLOADS: readonly unknown[] = [
  undefined,
  1n,
  { n: 1n },
  { n: Number.NaN },
  [Number.POSITIVE_INFINITY],
  { f: () => 1 },
  { s: Symbol('s') },
  { d: new Date(0) },
  { m: new Map() },
  { s: new Set() },
  { b: new Uint8Array(1) },
  { r: /x/ },
  { e: new Error('x') },
  { n: Object(1) as unknown },
  { p: Promise.resolve() },
  [undefined],
  [, 1], // eslint-disable-line no-sparse-arrays
  cycle,
  deep,
];
const EXPECTED: readonly unknown[] = [undefined, null, 1, 0, '1', 'none', -1n, 2n ** 63n, {}];
const PLACES: readonly unknown[] = [null, 1, -1n, 2n ** 63n, 'x', '-1', '1.5', '01', '', ' 1', {}, []];
const COUNTS: readonly unknown[] = [null, -1, 1.5, Number.NaN, Infinity, '1', 1n, {}];
const BATCH_SIZES: readonly unknown[] = [0, -1, 1.5, 100_001, '1', Number.NaN];
const FILTERS: readonly unknown[] = [
  null,
  'x',
  1,
  { types: 'x' },
  { types: [1] },
  { types: [''] },
  { types: [undefined] },
  { types: ['\ud800'] },
  { streamPrefixes: 'order-' },
  { streamPrefixes: [''] },
  { streamPrefixes: [null] },
  { types: Array.from({ length: 1_001 }, String) },
];

const refusedInput = async (store: EventStore, append: () => Promise<unknown>, label: unknown): Promise<void> => {
  const error = await refusedAppend(store, append, 'EVENT_STORE_INVALID_INPUT');
  assert.ok(error instanceof InvalidInput && error.field !== '' && error.message.startsWith(error.field), `no field named for ${String(label)}`);
};

/** Reads and subscriptions with invalid options. */
const refusedRead = async (read: (options: never) => AsyncIterable<unknown>, field: string, values: readonly unknown[]): Promise<void> => {
  for (const value of values) {
    const error = await refusalOf(
      inTime(flatten(read({ [field]: value } as never) as never), `the refusal of ${field}`),
      'EVENT_STORE_INVALID_INPUT',
    );
    assert.ok(error.message.includes(field), error.message);
  }
};

export const badInputCases: readonly EventStoreCase[] = [
  define('refuses to append to an invalid stream name', async (store) => {
    for (const stream of STREAMS)
      await refusedInput(store, () => store.append(stream as never, [good as never], { expectedRevision: 'any' }), stream);
  }),
  define('refuses to append anything but a list of events', async (store) => {
    for (const events of EVENTS) await refusedInput(store, () => store.append(order(1), events as never, { expectedRevision: 'any' }), events);
    for (const change of EVENT_CHANGES)
      await refusedInput(store, () => store.append(order(1), [{ ...good, ...change } as never], { expectedRevision: 'any' }), Object.keys(change));
    await refusedInput(store, () => store.append(order(1), [good, good] as never, { expectedRevision: 'any' }), 'the same id twice');
  }),
  define('refuses payloads that JSON would lose or change', async (store) => {
    for (const data of PAYLOADS)
      await refusedInput(store, () => store.append(order(1), [{ ...good, data } as never], { expectedRevision: 'any' }), typeof data);
    const error = await refusalOf(
      store.append(order(1), [eventWith('x'), { ...good, data: { a: [{ b: Number.NaN }] } } as never], { expectedRevision: 'any' }),
      'EVENT_STORE_INVALID_INPUT',
    );
    assert.equal((error as InvalidInput).field, 'events[1].data.a[0].b');
  }),
  define('refuses an invalid expected revision', async (store) => {
    for (const expectedRevision of EXPECTED)
      await refusedInput(store, () => store.append(order(1), [good] as never, { expectedRevision } as never), expectedRevision);
    await refusedInput(store, () => store.append(order(1), [good] as never, undefined as never), 'no options');
  }),
  define('refuses to read with invalid options', async (store) => {
    for (const stream of STREAMS) await refusalOf(flatten(store.readStream(stream as never)), 'EVENT_STORE_INVALID_INPUT');
    const readStream = (options: never) => store.readStream(order(1), options);
    await refusedRead(readStream, 'limit', COUNTS);
    await refusedRead(readStream, 'direction', ['sideways', 1, null]);
    await refusalOf(flatten(store.readStream(order(1), { from: 1 as never })), 'EVENT_STORE_INVALID_INPUT');
    await refusalOf(flatten(store.readStream(order(1), { from: -1n as never })), 'EVENT_STORE_INVALID_INPUT');
    const readAll = (options: never) => store.readAll(options);
    await refusedRead(readAll, 'limit', COUNTS);
    await refusedRead(readAll, 'direction', ['sideways', 1, null]);
    await refusedRead(readAll, 'batchSizeMax', BATCH_SIZES);
    await refusedRead(readAll, 'filter', FILTERS);
    await refusedRead(readAll, 'needsPayload', [0, 'no', null]);
    for (const after of PLACES) await refusalOf(flatten(store.readAll({ after: after as never })), 'EVENT_STORE_INVALID_INPUT');
  }),
  define('refuses to subscribe with invalid options', async (store) => {
    const subscribe = (options: never) => store.subscribe({ after: undefined, signal: new AbortController().signal, ...(options as object) });
    await refusedRead(subscribe, 'batchSizeMax', BATCH_SIZES);
    await refusedRead(subscribe, 'filter', FILTERS);
    await refusedRead(subscribe, 'signal', [undefined, null, {}]);
    for (const after of PLACES) await refusalOf(inTime(flatten(subscribe({ after } as never) as never), 'the refusal'), 'EVENT_STORE_INVALID_INPUT');
  }),
];
