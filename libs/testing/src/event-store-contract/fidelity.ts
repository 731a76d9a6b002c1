// Fidelity: what is read back is exactly what was appended.
import assert from 'node:assert/strict';
import { eventId, streamName, type EventMetadata, type EventStore, type NewEvent, type RecordedEvent } from '@mainstem/event-store';
import { eventsOf, eventWith, follow, order, readAll, readStream, type EventStoreCase, define } from './fixture.js';

const roundTrip = async (store: EventStore, events: readonly NewEvent[]): Promise<readonly RecordedEvent[]> => {
  await store.append(order('f'), events, { expectedRevision: 'any' });
  return (await readStream(store, order('f'))).slice(-events.length);
};

const assertCarried = async (store: EventStore, payloads: readonly unknown[]): Promise<void> => {
  const events = payloads.map((data, index) => ({ ...eventWith(data), id: eventsOf(`p${index}`)[0]?.id ?? eventId('') }));
  const recorded = await roundTrip(store, events);
  for (const [index, event] of recorded.entries()) assert.deepEqual(event.data, payloads[index]);
};

const TEXTS: readonly string[] = [
  '',
  'Größe 漢字 עברית العربية हिन्दी',
  '👩‍👩‍👧‍👦 🇺🇦 \u{1f600}',
  'e\u0301 is not \u00e9',
  'NUL \u0000, BEL \u0007, DEL \u007f, LS \u2028, PS \u2029, BOM \ufeff',
  'lone \ud800 surrogates \udfff',
  '\u{10ffff}\uffff\ufffe',
  `quotes ' " \` \\ / </script> %s ?1 :a $b @c`,
  'line\r\nbreaks\tand tabs',
];

const NUMBERS: readonly unknown[] = [
  { largest64: '9223372036854775807', smallest64: '-9223372036854775808', unsigned64: '18446744073709551615' },
  { money: '0.10', long: '123456789012345678901234567890.123456789', trailing: '1.000', negative: '-0.001' },
  { safe: Number.MAX_SAFE_INTEGER, unsafe: -Number.MAX_SAFE_INTEGER, third: 1 / 3, sum: 0.1 + 0.2 },
  { tiny: Number.MIN_VALUE, huge: Number.MAX_VALUE, epsilon: Number.EPSILON },
];

const METADATA: EventMetadata = {
  schemaVersion: 3,
  commandId: 'c-1',
  correlationId: 'k-1',
  causationId: 'p-1',
  occurredAt: '2010-12-01T08:26:00.000Z',
  tenant: 'Ünïcode 漢字',
  extra: { nested: ['a', 1, null, true] },
};

const values: readonly EventStoreCase[] = [
  define('carries every character of a text, in values and in keys', (store) =>
    assertCarried(store, [...TEXTS, TEXTS, Object.fromEntries(TEXTS.map((text) => [text, text]))]),
  ),
  define('carries numbers, and 64-bit numbers and decimals as strings', (store) => assertCarried(store, NUMBERS)),
  define('carries empty payloads', (store) => assertCarried(store, [{}, [], null, '', 0, false, { empty: {} }, [[]], { none: null }])),
  define('carries keys named like parts of an object without harm', async (store) => {
    const payload: unknown = JSON.parse(
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"prototype":1,"hasOwnProperty":2,"toString":"x"}',
    );
    const [event] = await roundTrip(store, [eventWith(payload)]);
    assert.equal(JSON.stringify(event?.data), JSON.stringify(payload));
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  }),
  define('keeps the order of keys', async (store) => {
    const payload = { z: 1, a: 2, m: { y: 1, b: 2 } };
    const [event] = await roundTrip(store, [eventWith(payload)]);
    assert.equal(JSON.stringify(event?.data), JSON.stringify(payload));
  }),
  define('carries random payloads', (store) =>
    assertCarried(
      store,
      Array.from({ length: 300 }, (_, seed) => randomJson(randomFrom(seed + 1), 4)),
    ),
  ),
];

const surroundings: readonly EventStoreCase[] = [
  define('carries ids, types and metadata, and dates each event at the append', async (store) => {
    const before = Date.now();
    const [sent] = eventsOf('m', 1, 'Größe geändert 漢字', METADATA) as [NewEvent];
    const [event] = await roundTrip(store, [sent]);
    assert.deepEqual([event?.id, event?.type, event?.metadata], [sent.id, sent.type, METADATA]);
    assert.match(event?.recordedAt ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const recordedAtMs = Date.parse(event?.recordedAt ?? '');
    assert.ok(recordedAtMs >= before - 1_000 && recordedAtMs <= Date.now() + 1_000);
  }),
  define('carries stream names of every alphabet, up to 512 characters', async (store) => {
    for (const name of ['größe-漢字-1', `order-${'x'.repeat(506)}`, "o'; DROP TABLE events; ---1", 'order-\u{1f600}', 'a-b-c']) {
      await store.append(streamName(name), eventsOf(name), { expectedRevision: 'no-stream' });
      assert.deepEqual(
        (await readStream(store, streamName(name))).map((event) => event.stream),
        [name],
      );
    }
  }),
  define('treats an id in upper case as the same id', async (store) => {
    const [event] = eventsOf('a') as [NewEvent];
    await store.append(order(1), [{ ...event, id: event.id.toUpperCase() as never }], { expectedRevision: 'no-stream' });
    assert.equal((await readStream(store, order(1)))[0]?.id, event.id);
  }),
  define('gives the same event by every way of reading', async (store) => {
    await roundTrip(store, [eventWith({ text: TEXTS }, METADATA), eventWith({ n: 2 })]);
    const plain = (events: readonly RecordedEvent[]) =>
      events.map(({ id, stream, revision, position, type, recordedAt, metadata, data }) => ({
        id,
        stream,
        revision,
        position,
        type,
        recordedAt,
        metadata,
        data,
      }));
    const byStream = plain(await readStream(store, order('f')));
    assert.deepEqual(plain(await readAll(store)), byStream);
    assert.deepEqual(plain((await readAll(store, { direction: 'backwards' })).toReversed()), byStream);
    assert.deepEqual(plain((await follow(store, { after: undefined }, (_, batch) => batch.isCaughtUp)).events), byStream);
  }),
  define('keeps appended events when the caller changes its objects afterwards', async (store) => {
    const data = { items: [1] };
    const appended = store.append(order(1), [eventWith(data)], { expectedRevision: 'no-stream' });
    data.items.push(2);
    await appended;
    assert.deepEqual((await readStream(store, order(1)))[0]?.data, { items: [1] });
  }),
];

/** Numbers in [0, 1) from a seed (mulberry32, Tommy Ettinger, public domain). */
const randomFrom = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};

const randomJson = (random: () => number, depth: number): unknown => {
  const upTo = (count: number): number => Math.floor(random() * count);
  const text = (): string => String.fromCodePoint(...Array.from({ length: upTo(8) }, () => upTo(0x11_0000)));
  const leaves: readonly (() => unknown)[] = [
    () => null,
    () => random() < 0.5,
    text,
    () => upTo(2 ** 31) - 2 ** 30,
    () => (random() - 0.5) * 10 ** (upTo(600) - 300),
  ];
  if (depth === 0 || random() < 0.3) return leaves[upTo(leaves.length)]?.();
  const members = Array.from({ length: upTo(5) }, () => randomJson(random, depth - 1));
  return random() < 0.5 ? members : Object.fromEntries(members.map((member, index) => [`${text()}${index}`, member]));
};

export const fidelityCases: readonly EventStoreCase[] = [...values, ...surroundings];
