// EventStoreDB's semantics, row by row, through its real client: appends, revisions and positions, deletes, metadata, links.
import { randomUUID } from 'node:crypto';
import { BACKWARDS, binaryEvent, END, jsonEvent, START, type AppendExpectedRevision, type EventStoreDBClient } from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  append,
  errorType,
  events,
  ids,
  newStream,
  outcomeOf,
  positionOf,
  read,
  revisions,
  startProtocol,
  WAYS,
  type Outcome,
  type ProtocolFixture,
  type Way,
} from './eventstoredb/protocol-fixture.js';

let fixture: ProtocolFixture;
let client: EventStoreDBClient;
beforeAll(async () => {
  fixture = await startProtocol();
  ({ client } = fixture);
});
afterAll(() => fixture.stop());

/** Streams in every state that an append can meet. The stream holds three events, 0 to 2, where it holds any. */
const STATES: Readonly<Record<string, (stream: string) => Promise<unknown>>> = {
  unwritten: () => Promise.resolve(),
  'with metadata only': (stream) => client.setStreamMetadata(stream, { maxCount: 100 }),
  written: (stream) => append(client, stream, events(3), 'no_stream'),
  'soft-deleted': async (stream) => {
    await append(client, stream, events(3), 'no_stream');
    await client.deleteStream(stream);
  },
  tombstoned: async (stream) => {
    await append(client, stream, events(3), 'no_stream');
    await client.tombstoneStream(stream);
  },
  'tombstoned unwritten': (stream) => client.tombstoneStream(stream),
};

const ROWS: readonly (readonly [state: string, expected: AppendExpectedRevision, outcome: Outcome])[] = [
  ['unwritten', 'any', ['ok', 0n]],
  ['unwritten', 'no_stream', ['ok', 0n]],
  ['unwritten', 'stream_exists', ['wrong', 'no_stream']],
  ['unwritten', 0n, ['wrong', 'no_stream']],
  ['with metadata only', 'any', ['ok', 0n]],
  ['with metadata only', 'no_stream', ['ok', 0n]],
  ['with metadata only', 'stream_exists', ['ok', 0n]],
  ['written', 'any', ['ok', 3n]],
  ['written', 'no_stream', ['wrong', 2n]],
  ['written', 'stream_exists', ['ok', 3n]],
  ['written', 0n, ['wrong', 2n]],
  ['written', 1n, ['wrong', 2n]],
  ['written', 2n, ['ok', 3n]],
  ['written', 3n, ['wrong', 2n]],
  ['written', 2n ** 53n + 1n, ['wrong', 2n]],
  ['written', 2n ** 63n - 1n, ['wrong', 2n]],
  ['soft-deleted', 'any', ['ok', 3n]],
  ['soft-deleted', 'no_stream', ['ok', 3n]],
  ['soft-deleted', 'stream_exists', ['deleted']],
  ['soft-deleted', 1n, ['wrong', 2n]],
  ['soft-deleted', 2n, ['ok', 3n]],
  ['soft-deleted', 3n, ['wrong', 2n]],
  ['tombstoned', 'any', ['deleted']],
  ['tombstoned', 'no_stream', ['deleted']],
  ['tombstoned', 'stream_exists', ['deleted']],
  ['tombstoned', 2n, ['deleted']],
  ['tombstoned unwritten', 'any', ['deleted']],
  ['tombstoned unwritten', 'no_stream', ['deleted']],
];

describe.each(WAYS)('an append by %s', (_, way: Way) => {
  it.each(ROWS)('to a stream that is %s, expecting %s, gives %s', async (state, expected, outcome) => {
    const stream = newStream();
    await STATES[state]?.(stream);
    expect(await outcomeOf(append(client, stream, events(1), expected, way))).toEqual(outcome);
  });

  it('of the same ids at an old revision answers with the first place, whatever was appended since', async () => {
    const stream = newStream();
    const same = events(3);
    const first = await append(client, stream, same, 'no_stream', way);
    await append(client, stream, events(2), 2n, way);
    const again = await append(client, stream, same, 'no_stream', way);
    expect([again.nextExpectedRevision, again.position]).toEqual([first.nextExpectedRevision, first.position]);
    expect(await revisions(client, stream)).toEqual([0n, 1n, 2n, 3n, 4n]);
  });

  const OVERLAPS: readonly (readonly [name: string, indexes: readonly number[], expected: AppendExpectedRevision, outcome: Outcome])[] = [
    ['the first ids only', [0, 1], 'no_stream', ['ok', 1n]],
    ['ids from the middle on', [1, 2], 0n, ['ok', 2n]],
    ['other first id', [9, 1, 2], 'no_stream', ['wrong', 2n]],
    ['other later id', [0, 1, 9], 'no_stream', ['wrong', 2n]],
    ['ids beyond the end', [0, 1, 2, 9], 'no_stream', ['wrong', 2n]],
    ['ids in another order', [1, 0, 2], 'no_stream', ['wrong', 2n]],
    ['ids one revision off', [0], 0n, ['wrong', 2n]],
    ['known ids at the end', [0], 2n, ['ok', 3n]],
    ['all ids without a revision', [0, 1, 2], 'any', ['ok', 2n]],
    ['all ids of a stream that exists', [0, 1, 2], 'stream_exists', ['ok', 2n]],
    ['ids of which the first is unknown, without a revision', [9, 0], 'any', ['ok', 4n]],
    ['ids of which a later one is unknown, without a revision', [0, 9], 'any', ['wrong', 2n]],
  ];
  it.each(OVERLAPS)('of %s is ruled on by its ids (%s, expecting %s: %s)', async (_name, indexes, expected, outcome) => {
    const stream = newStream();
    const known = ids(3);
    await append(client, stream, events(3, known), 'no_stream', way);
    const chosen = indexes.map((index) => known[index] ?? randomUUID());
    expect(await outcomeOf(append(client, stream, events(chosen.length, chosen), expected, way))).toEqual(outcome);
  });

  it('of the same ids to another stream is another append', async () => {
    const known = ids(2);
    await append(client, newStream(), events(2, known), 'any', way);
    expect(await outcomeOf(append(client, newStream(), events(2, known), 'any', way))).toEqual(['ok', 1n]);
  });

  it('without events succeeds where the revision is right and shows nothing', async () => {
    const stream = newStream();
    await append(client, stream, events(3), 'no_stream', way);
    const before = await headOf();
    expect(await outcomeOf(append(client, stream, [], 2n, way))).toEqual(['ok', 2n]);
    expect(await outcomeOf(append(client, stream, [], 'any', way))).toEqual(['ok', 2n]);
    expect(await outcomeOf(append(client, stream, [], 1n, way))).toEqual(['wrong', 2n]);
    expect(await headOf()).toBe(before);
  });

  it('answers with the position of its last event, and commit and prepare are one', async () => {
    const stream = newStream();
    const { position } = await append(client, stream, events(3), 'no_stream', way);
    const [, , last] = await read(client, stream);
    expect(position).toEqual(last?.position);
    expect(position?.commit).toBe(position?.prepare);
  });

  it('carries bytes that are no JSON, and JSON that is none', async () => {
    const stream = newStream();
    const bytes = new Uint8Array([0, 255, 128, 10]);
    const metadata = new Uint8Array([7, 0, 200]);
    await append(client, stream, [binaryEvent({ type: 'Photographed', data: bytes, metadata })], 'no_stream', way);
    const [event] = await read(client, stream);
    expect([event?.isJson, event?.data, event?.metadata]).toEqual([false, bytes, metadata]);
  });

  it('tells apart events without metadata and with empty metadata', async () => {
    const stream = newStream();
    const described = [undefined, {}, { a: 1 }].map((metadata) => jsonEvent({ type: 'Counted', data: {}, ...(metadata && { metadata }) }));
    await append(client, stream, described, 'no_stream', way);
    expect((await read(client, stream)).map((event) => event.metadata)).toEqual([undefined, {}, { a: 1 }]);
  });

  it('of more bytes than the server takes is refused with the limit, and nothing is written', async () => {
    const stream = newStream();
    const large = jsonEvent({ type: 'Large', data: { text: 'x'.repeat(1_048_576) } });
    expect(await errorType(append(client, stream, [large], 'any', way))).toBe('maximum-append-size-exceeded');
    expect(await errorType(read(client, stream))).toBe('stream-not-found');
  });
});

const headOf = async (): Promise<bigint> => {
  let head = -1n;
  for await (const resolved of client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 })) head = positionOf(resolved);
  return head;
};

describe('a stream', () => {
  it('is read from a revision inclusive, in both directions, and from beyond its end', async () => {
    const stream = newStream();
    await append(client, stream, events(5), 'no_stream');
    expect(await revisions(client, stream, { fromRevision: 2n })).toEqual([2n, 3n, 4n]);
    expect(await revisions(client, stream, { fromRevision: 2n, direction: BACKWARDS })).toEqual([2n, 1n, 0n]);
    expect(await revisions(client, stream, { fromRevision: 1n, maxCount: 2 })).toEqual([1n, 2n]);
    expect(await revisions(client, stream, { fromRevision: 5n })).toEqual([]);
    expect(await revisions(client, stream, { fromRevision: 2n ** 64n - 1n, direction: BACKWARDS })).toEqual([4n, 3n, 2n, 1n, 0n]);
  });

  it('has nothing forwards from its end, and its first event backwards from its start', async () => {
    const stream = newStream();
    await append(client, stream, events(3), 'no_stream');
    expect(await revisions(client, stream, { fromRevision: END })).toEqual([]);
    expect(await revisions(client, stream, { fromRevision: START, direction: BACKWARDS })).toEqual([0n]);
  });

  it('that was never written is not found', async () => {
    expect(await errorType(read(client, newStream()))).toBe('stream-not-found');
  });
});

describe('all streams', () => {
  it('are read forwards from a position inclusive and backwards exclusive, in one order with rising positions', async () => {
    const stream = newStream();
    await append(client, stream, events(4), 'no_stream');
    const positions = (await read(client, stream)).map((event) => event.position?.commit ?? -1n);
    const at = { commit: positions[1] ?? 0n, prepare: positions[1] ?? 0n };
    const all = async (options: object): Promise<readonly bigint[]> => {
      const found: bigint[] = [];
      for await (const resolved of client.readAll({ fromPosition: at, maxCount: 3, ...options })) found.push(positionOf(resolved));
      return found;
    };
    expect(await all({})).toEqual(positions.slice(1, 4));
    expect((await all({ direction: BACKWARDS }))[0]).toBe(positions[0]);
    expect(await all({ fromPosition: END })).toEqual([]);
    expect(await all({ fromPosition: START, direction: BACKWARDS })).toEqual([]);
    const everything = await all({ fromPosition: START, maxCount: 100_000 });
    expect(everything).toEqual([...new Set(everything)].toSorted((a, b) => (a < b ? -1 : 1)));
  });

  it('still show the events of a deleted stream, and the events of the deletion', async () => {
    const stream = newStream();
    await append(client, stream, events(1), 'no_stream');
    await client.deleteStream(stream);
    await client.tombstoneStream(stream);
    const tail: (readonly [string | undefined, string | undefined, bigint | undefined])[] = [];
    for await (const { event } of client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 3 })) {
      tail.push([event?.streamId, event?.type, event?.revision]);
    }
    expect(tail).toEqual([
      [stream, '$streamDeleted', 2n ** 63n - 1n],
      [`$$${stream}`, '$metadata', 0n],
      [stream, 'Counted', 0n],
    ]);
  });
});

describe('a soft delete', () => {
  it('hides the stream, and its metadata is nothing but the truncation', async () => {
    const stream = newStream();
    await append(client, stream, events(3), 'no_stream');
    await client.setStreamMetadata(stream, { maxCount: 10, color: 'red' });
    await client.deleteStream(stream, { expectedRevision: 2n });
    expect(await errorType(read(client, stream))).toBe('stream-not-found');
    const [note] = await read(client, `$$${stream}`, { direction: BACKWARDS, fromRevision: END, maxCount: 1 });
    expect([note?.type, note?.data]).toEqual(['$metadata', { $tb: Number(2n ** 63n - 1n) }]);
  });

  it('is undone by the next append, which goes on where the stream was; what was before stays hidden', async () => {
    const stream = newStream();
    await append(client, stream, events(3), 'no_stream');
    await client.deleteStream(stream);
    await append(client, stream, events(2), 'no_stream');
    expect(await revisions(client, stream)).toEqual([3n, 4n]);
    expect((await client.getStreamMetadata(stream)).metadata).toEqual({ truncateBefore: 3 });
  });

  it('is undone by new metadata as well', async () => {
    const stream = newStream();
    await append(client, stream, events(3), 'no_stream');
    await client.deleteStream(stream);
    await client.setStreamMetadata(stream, { maxCount: 5 });
    expect((await client.getStreamMetadata(stream)).metadata).toEqual({ maxCount: 5, truncateBefore: 3 });
    await append(client, stream, events(1), 2n);
    expect(await revisions(client, stream)).toEqual([3n]);
  });

  const REFUSALS = [
    ['an unwritten stream', 'unwritten', 'any', 'wrong-expected-version'],
    ['a revision that is gone', 'written', 1n, 'wrong-expected-version'],
    ['a revision to come', 'written', 3n, 'wrong-expected-version'],
    ['no stream where there is one', 'written', 'no_stream', 'wrong-expected-version'],
    ['a tombstoned stream', 'tombstoned', 'any', 'stream-deleted'],
  ] as const;
  it.each(REFUSALS)('of %s is refused', async (_, state, expectedRevision, type) => {
    const stream = newStream();
    await STATES[state]?.(stream);
    expect(await errorType(client.deleteStream(stream, { expectedRevision }))).toBe(type);
  });

  it('tells the expected and the actual revision when it is refused', async () => {
    const stream = newStream();
    await append(client, stream, events(3), 'no_stream');
    const refusal = client.deleteStream(stream, { expectedRevision: 7n });
    await expect(refusal).rejects.toMatchObject({ streamName: stream, expectedVersion: 7n, actualVersion: 2n });
    await expect(client.deleteStream(newStream())).rejects.toMatchObject({ expectedVersion: -2n, actualVersion: 'no_stream' });
  });

  it('is refused with a name that trailers cannot carry, too', async () => {
    const stream = `row-größe-漢字-${randomUUID()}`;
    await append(client, stream, events(1), 'no_stream');
    await expect(client.deleteStream(stream, { expectedRevision: 7n })).rejects.toMatchObject({ streamName: encodeURIComponent(stream) });
  });
});

describe('a tombstone', () => {
  it('ends a stream for ever: reading, writing, deleting and its metadata', async () => {
    const stream = newStream();
    await append(client, stream, events(1), 'no_stream');
    await client.tombstoneStream(stream, { expectedRevision: 0n });
    expect(await errorType(read(client, stream))).toBe('stream-deleted');
    expect(await errorType(append(client, stream, events(1), 'any'))).toBe('stream-deleted');
    expect(await errorType(client.deleteStream(stream))).toBe('stream-deleted');
    expect(await errorType(client.tombstoneStream(stream))).toBe('stream-deleted');
    expect(await errorType(client.setStreamMetadata(stream, { maxCount: 1 }))).toBe('stream-deleted');
  });

  it('is refused at another revision', async () => {
    const stream = newStream();
    await append(client, stream, events(3), 'no_stream');
    expect(await errorType(client.tombstoneStream(stream, { expectedRevision: 1n }))).toBe('wrong-expected-version');
    expect(await revisions(client, stream)).toEqual([0n, 1n, 2n]);
  });
});

describe('metadata', () => {
  it('with a count shows the last so many events, and $all shows all', async () => {
    const stream = newStream();
    await append(client, stream, events(5), 'no_stream');
    await client.setStreamMetadata(stream, { maxCount: 2 });
    expect(await revisions(client, stream)).toEqual([3n, 4n]);
    expect(await revisions(client, stream, { direction: BACKWARDS, fromRevision: END })).toEqual([4n, 3n]);
    expect(await revisions(client, stream, { fromRevision: 1n, maxCount: 1 })).toEqual([3n]);
    await append(client, stream, events(1), 4n);
    expect(await revisions(client, stream)).toEqual([4n, 5n]);
  });

  it('with a truncation shows the events from there on', async () => {
    const stream = newStream();
    await append(client, stream, events(5), 'no_stream');
    await client.setStreamMetadata(stream, { truncateBefore: 4 });
    expect(await revisions(client, stream)).toEqual([4n]);
    await client.setStreamMetadata(stream, { truncateBefore: 9 });
    expect(await revisions(client, stream)).toEqual([]);
  });

  it('with count and truncation takes the higher bound', async () => {
    const stream = newStream();
    await append(client, stream, events(6), 'no_stream');
    await client.setStreamMetadata(stream, { maxCount: 3, truncateBefore: 1 });
    expect(await revisions(client, stream)).toEqual([3n, 4n, 5n]);
    await client.setStreamMetadata(stream, { maxCount: 3, truncateBefore: 5 });
    expect(await revisions(client, stream)).toEqual([5n]);
  });

  it('with an age shows what is younger', async () => {
    const stream = newStream();
    await append(client, stream, events(2), 'no_stream');
    await client.setStreamMetadata(stream, { maxAge: 3_600 });
    expect(await revisions(client, stream)).toEqual([0n, 1n]);
  });

  it('comes back with what else was put into it, and is the latest', async () => {
    const stream = newStream();
    await client.setStreamMetadata(stream, { maxCount: 2 });
    await client.setStreamMetadata(stream, { maxAge: 60, cacheControl: 5, color: 'red', acl: { readRoles: ['ops'] } } as never);
    expect((await client.getStreamMetadata(stream)).metadata).toEqual({ maxAge: 60, cacheControl: 5, color: 'red', acl: { readRoles: ['ops'] } });
    expect(await revisions(client, `$$${stream}`)).toEqual([1n]);
  });
});

describe('a link', () => {
  const link = (target: string) => binaryEvent({ type: '$>', data: Buffer.from(target) });

  it('gives the event that it points at, if asked to, and itself otherwise', async () => {
    const [source, links] = [newStream(), newStream()];
    await append(client, source, events(2), 'no_stream');
    await append(client, links, [link(`1@${source}`)], 'no_stream');
    for await (const { event, link: via, commitPosition } of client.readStream(links, { resolveLinkTos: true })) {
      expect([event?.streamId, event?.revision, via?.streamId, via?.type]).toEqual([source, 1n, links, '$>']);
      expect(commitPosition).toBe(via?.position?.commit);
    }
    expect((await read(client, links)).map((event) => event.type)).toEqual(['$>']);
  });

  it('that points at nothing comes alone', async () => {
    const [source, links] = [newStream(), newStream()];
    await append(client, source, events(1), 'no_stream');
    await client.deleteStream(source);
    await append(client, links, [link(`0@${source}`), link('5@nowhere'), link('no link')], 'no_stream');
    const found: boolean[] = [];
    for await (const { event, link: via } of client.readStream(links, { resolveLinkTos: true })) found.push(event === undefined && via !== undefined);
    expect(found).toEqual([true, true, true]);
  });
});
