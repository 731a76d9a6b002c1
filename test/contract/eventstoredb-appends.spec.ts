// EventStoreDB's rules of appending, row by row, through its real client and by both of its calls. Streams in every
// state meet every expected revision. Ids show a retry, with and without a revision, also after a restart.
import { randomUUID } from 'node:crypto';
import { binaryEvent, EventStoreDBClient, jsonEvent, type AppendExpectedRevision } from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  append,
  errorType,
  events,
  headOf,
  ids,
  newStream,
  outcomeOf,
  read,
  revisions,
  startAnyServer,
  STATES,
  WAYS,
  type Outcome,
  type Way,
} from './eventstoredb/protocol-fixture.js';
import { RestartableServer } from './eventstoredb/restartable-server.js';

let fixture: Awaited<ReturnType<typeof startAnyServer>>;
let client: EventStoreDBClient;
beforeAll(async () => {
  fixture = await startAnyServer();
  ({ client } = fixture);
});
afterAll(() => fixture.stop());

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

describe.each(WAYS)('append · by %s', (_, way: Way) => {
  it.each(ROWS)('to a stream that is %s, expecting %s, gives %s', async (state, expected, outcome) => {
    const stream = newStream();
    await STATES[state]?.(client, stream);
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
    ['ids that are not side by side, without a revision', [0, 2], 'any', ['ok', 2n]],
    ['ids in another order, without a revision', [2, 0], 'any', ['ok', 0n]],
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
    const before = await headOf(client);
    expect(await outcomeOf(append(client, stream, [], 2n, way))).toEqual(['ok', 2n]);
    expect(await outcomeOf(append(client, stream, [], 'any', way))).toEqual(['ok', 2n]);
    expect(await outcomeOf(append(client, stream, [], 1n, way))).toEqual(['wrong', 2n]);
    expect(await headOf(client)).toBe(before);
  });

  it('answers with the position of its last event, and commit and prepare are one', async () => {
    const stream = newStream();
    const { position } = await append(client, stream, events(3), 'no_stream', way);
    const [, , last] = await read(client, stream);
    expect(position).toEqual(last?.position);
    expect(position?.commit).toBe(position?.prepare);
  });

  it('carries bytes that are no JSON, and JSON that is said to be none: only the content type tells', async () => {
    const stream = newStream();
    const bytes = new Uint8Array([0, 255, 128, 10]);
    const metadata = new Uint8Array([7, 0, 200]);
    await append(client, stream, [binaryEvent({ type: 'Photographed', data: bytes, metadata })], 'no_stream', way);
    const [event] = await read(client, stream);
    expect([event?.isJson, event?.data, event?.metadata]).toEqual([false, bytes, metadata]);
    await append(client, stream, [binaryEvent({ type: 'Photographed', data: Buffer.from('{"a":1}') })], 0n, way);
    const [, second] = await read(client, stream);
    expect([second?.isJson, Buffer.from(second?.data as Uint8Array).toString()]).toEqual([false, '{"a":1}']);
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

  it('is measured as a whole: data, metadata and twice the type of all its events, to the byte', async () => {
    const stream = newStream();
    /** Two events of which the second fills up what is left: `""` around the text, `{}` and the type twice. */
    const filling = (bytes: number) => {
      const [first, second] = ['x'.repeat(600_000), 'y'.repeat(bytes - 600_000 - 2 * (2 + 2 + 2))];
      return [first, second].map((data) => jsonEvent({ type: 'L', data: data as never, metadata: {} }));
    };
    expect(await errorType(append(client, stream, filling(1_048_577), 'any', way))).toBe('maximum-append-size-exceeded');
    expect(await outcomeOf(append(client, stream, filling(1_048_576), 'no_stream', way))).toEqual(['ok', 1n]);
  });

  it('with an event that has no type is refused as a whole', async () => {
    const stream = newStream();
    const refused = append(client, stream, [...events(1), jsonEvent({ type: '', data: {} }), ...events(1)], 'any', way);
    expect(await errorType(refused)).toBe('unknown');
    expect(await errorType(read(client, stream))).toBe('stream-not-found');
  });

  it('has consecutive revisions, whatever other clients append', async () => {
    const stream = newStream();
    const batches = Array.from({ length: 20 }, () => ids(3));
    await Promise.all(batches.map((batch) => append(client, stream, events(3, batch), 'any', way)));
    const written = (await read(client, stream)).map((event) => event.id);
    for (const batch of batches) {
      const first = written.indexOf(batch[0] ?? '');
      expect(written.slice(first, first + 3)).toEqual(batch);
    }
    expect(written).toHaveLength(60);
  });

  it('repeated after a restart of the server is recognised by its revision, and not without one', async () => {
    const server = await RestartableServer.start();
    try {
      const same = events(2);
      const first = await append(server.client, 'a-1', same, 'no_stream', way);
      await server.restart();
      const again = await append(server.client, 'a-1', same, 'no_stream', way);
      expect([again.nextExpectedRevision, again.position]).toEqual([1n, first.position]);
      expect(await outcomeOf(append(server.client, 'a-1', same, 'any', way))).toEqual(['ok', 3n]);
    } finally {
      await server.remove();
    }
  });
});

describe('append · two clients at once', () => {
  it('to one stream at one revision: one of them is written, the other is told where the stream is', async () => {
    const other = EventStoreDBClient.connectionString(fixture.connectionString);
    try {
      for (let round = 0; round < 20; round++) {
        const stream = newStream();
        const outcomes = await Promise.all([client, other].map((one) => outcomeOf(append(one, stream, events(2), 'no_stream'))));
        expect(outcomes.map(String).toSorted((a, b) => a.localeCompare(b))).toEqual(['ok,1', 'wrong,1']);
        expect(await revisions(client, stream)).toEqual([0n, 1n]);
      }
    } finally {
      await other.dispose();
    }
  });
});
