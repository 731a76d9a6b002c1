// EventStoreDB's rules besides appends, filters and subscriptions, row by row, through its real client: revisions,
// positions, deletes, system events (streams, metadata, links), leader.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { BACKWARDS, binaryEvent, END, START, type EventStoreDBClient, type ResolvedEvent } from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  append,
  errorType,
  events,
  newStream,
  outcomeOf,
  positionOf,
  read,
  revisions,
  startAnyServer,
  STATES,
  WAYS,
  type Way,
} from './eventstoredb/protocol-fixture.js';

const [, [, SINGLE_CALL]] = WAYS;

let fixture: Awaited<ReturnType<typeof startAnyServer>>;
let client: EventStoreDBClient;
beforeAll(async () => {
  fixture = await startAnyServer();
  ({ client } = fixture);
});
afterAll(() => fixture.stop());

describe('revisions · a stream', () => {
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

describe('positions · all streams', () => {
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

describe('delete · a soft delete', () => {
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

  it.each(['any', 'no_stream', 2n] as const)(
    'is undone by an append expecting %s: its events first, then the metadata that shows them',
    async (expected) => {
      const stream = newStream();
      await append(client, stream, events(3), 'no_stream');
      await client.deleteStream(stream);
      const { position } = await append(client, stream, events(2), expected);
      const tail: unknown[] = [];
      for await (const { event } of client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 3 })) {
        tail.push([event?.streamId, event?.revision, event?.type === '$metadata' ? event.data : undefined]);
        if (event?.revision === 4n) expect(event.position).toEqual(position);
      }
      expect(tail).toEqual([
        [`$$${stream}`, 1n, { $tb: 3 }],
        [stream, 4n, undefined],
        [stream, 3n, undefined],
      ]);
    },
  );

  it('is taken for a stream that has metadata only', async () => {
    const stream = newStream();
    await client.setStreamMetadata(stream, { maxCount: 5 });
    await client.deleteStream(stream);
    expect((await client.getStreamMetadata(stream)).metadata).toEqual({ truncateBefore: Number(2n ** 63n - 1n) });
    expect(await outcomeOf(append(client, stream, events(1), 'stream_exists'))).toEqual(['deleted']);
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
    await STATES[state]?.(client, stream);
    expect(await errorType(client.deleteStream(stream, { expectedRevision }))).toBe(type);
  });

  it('tells the expected and the actual revision when it is refused', async () => {
    const stream = newStream();
    await append(client, stream, events(3), 'no_stream');
    const refusal = client.deleteStream(stream, { expectedRevision: 7n });
    await expect(refusal).rejects.toMatchObject({ streamName: stream, expectedVersion: 7n, actualVersion: 2n });
    await expect(client.deleteStream(newStream())).rejects.toMatchObject({ expectedVersion: -2n, actualVersion: -1n });
  });

  it('is refused with a name that trailers cannot carry, too', async () => {
    const stream = `row-größe-漢字-${randomUUID()}`;
    await append(client, stream, events(1), 'no_stream');
    await expect(client.deleteStream(stream, { expectedRevision: 7n })).rejects.toMatchObject({ streamName: encodeURIComponent(stream) });
  });
});

describe('delete · a tombstone', () => {
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

describe('system events · a system stream', () => {
  it('can be written and read by an administrator, and is visible in $all like others', async () => {
    const stream = `$own-${randomUUID()}`;
    await append(client, stream, events(2), 'no_stream');
    expect(await revisions(client, stream)).toEqual([0n, 1n]);
    const seen: (string | undefined)[] = [];
    for await (const { event } of client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 2 })) seen.push(event?.streamId);
    expect(seen).toEqual([stream, stream]);
  });

  it('that this server does not keep is not found: statistics, users, persistent subscriptions, projections', async () => {
    for (const stream of ['$stats-127.0.0.1:2113', '$users', '$persistentSubscriptionConfig', '$ce-row', '$et-Counted', '$streams'])
      expect(await errorType(read(client, stream))).toBe('stream-not-found');
  });
});

describe('system events · metadata', () => {
  it('with a count shows the last so many events, and $all shows all', async () => {
    const stream = newStream();
    await append(client, stream, events(5), 'no_stream');
    await client.setStreamMetadata(stream, { maxCount: 2 });
    expect(await revisions(client, stream)).toEqual([3n, 4n]);
    expect(await revisions(client, stream, { direction: BACKWARDS, fromRevision: END })).toEqual([4n, 3n]);
    expect(await revisions(client, stream, { fromRevision: 1n, maxCount: 1 })).toEqual([3n]);
    await append(client, stream, events(1), 4n);
    expect(await revisions(client, stream)).toEqual([4n, 5n]);
    const all: bigint[] = [];
    for await (const { event } of client.readAll()) if (event?.streamId === stream) all.push(event.revision);
    expect(all).toEqual([0n, 1n, 2n, 3n, 4n, 5n]);
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

describe('system events · a link', () => {
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

  it('is followed in reads of all streams and in subscriptions, too', async () => {
    const [source, links] = [newStream(), newStream()];
    await append(client, source, events(1), 'no_stream');
    await append(client, links, [link(`0@${source}`)], 'no_stream');
    for await (const { event, link: via } of client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1, resolveLinkTos: true }))
      expect([event?.streamId, via?.streamId]).toEqual([source, links]);
    const subscription = client.subscribeToStream(links, { resolveLinkTos: true });
    const [{ event, link: via }] = (await once(subscription, 'data')) as [ResolvedEvent];
    expect([event?.streamId, via?.streamId]).toEqual([source, links]);
    await subscription.unsubscribe();
  });

  it('that points at nothing comes alone, and one that says nothing of where comes as an event', async () => {
    const [source, links] = [newStream(), newStream()];
    await append(client, source, events(1), 'no_stream');
    await client.deleteStream(source);
    await append(client, links, [link(`0@${source}`), link('5@nowhere'), link('no link')], 'no_stream');
    const found: unknown[] = [];
    for await (const { event, link: via } of client.readStream(links, { resolveLinkTos: true })) found.push([event?.streamId, via?.streamId]);
    expect(found).toEqual([
      [undefined, links],
      [undefined, links],
      [links, undefined],
    ]);
  });
});

describe('leader · the node', () => {
  it('is always the leader: it takes reads and writes that only a leader may answer', async () => {
    const stream = newStream();
    await append(client, stream, events(1), 'no_stream', { ...SINGLE_CALL, requiresLeader: true } as Way);
    expect(await revisions(client, stream, { requiresLeader: true })).toEqual([0n]);
  });
});
