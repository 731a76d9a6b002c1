// Streams of links, told as a real server with its standard projections tells them: categories, types, all streams.
import { randomUUID } from 'node:crypto';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BACKWARDS, binaryEvent, END, EventStoreDBClient, jsonEvent, START, type ReadStreamOptions, type ResolvedEvent } from '@eventstore/db-client';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { append, errorType, read, startProtocol, type ProtocolFixture } from './eventstoredb/protocol-fixture.js';

const counted = (from: number, count: number, type = 'counted') =>
  Array.from({ length: count }, (_, n) => jsonEvent({ id: randomUUID(), type, data: { n: from + n } }));

/** `stream#revision type ← link#revision data`. */
const told = ({ event, link }: Pick<ResolvedEvent, 'event' | 'link'>): string =>
  [
    event ? `${event.streamId}#${event.revision} ${event.type}` : 'no event',
    ...(link ? [`${link.streamId}#${link.revision} ${textOf(link.data)}`] : []),
  ].join(' ← ');
const textOf = (data: unknown): string => (data instanceof Uint8Array ? Buffer.from(data).toString() : JSON.stringify(data));

describe('a server that serves links', () => {
  let fixture: ProtocolFixture;
  let client: EventStoreDBClient;
  beforeEach(async () => {
    fixture = await startProtocol({ links: true });
    ({ client } = fixture);
  });
  afterEach(() => fixture.stop());

  const resolved = async (stream: string, options: ReadStreamOptions = {}): Promise<readonly string[]> => {
    const found: string[] = [];
    for await (const one of client.readStream(stream, { resolveLinkTos: true, ...options })) found.push(told(one));
    return found;
  };
  const links = async (stream: string): Promise<readonly string[]> =>
    (await read(client, stream)).map(({ streamId, revision, type, data }) => `${streamId}#${revision} ${type} ${textOf(data)}`);

  it('has a stream of each category, in the order of the log, read from anywhere in both directions', async () => {
    await append(client, 'cat-1', counted(0, 2), 'no_stream');
    await append(client, 'cat-2', counted(0, 1), 'no_stream');
    await append(client, 'cat-1', counted(2, 1, 'last'), 1n);
    const all = [
      'cat-1#0 counted ← $ce-cat#0 0@cat-1',
      'cat-1#1 counted ← $ce-cat#1 1@cat-1',
      'cat-2#0 counted ← $ce-cat#2 0@cat-2',
      'cat-1#2 last ← $ce-cat#3 2@cat-1',
    ];
    expect(await resolved('$ce-cat')).toEqual(all);
    expect(await resolved('$ce-cat', { direction: BACKWARDS, fromRevision: END, maxCount: 2 })).toEqual(all.toReversed().slice(0, 2));
    expect(await resolved('$ce-cat', { fromRevision: 2n })).toEqual(all.slice(2));
    expect(await links('$ce-cat')).toEqual(['$ce-cat#0 $> 0@cat-1', '$ce-cat#1 $> 1@cat-1', '$ce-cat#2 $> 0@cat-2', '$ce-cat#3 $> 2@cat-1']);
  });

  it('has a stream of each type', async () => {
    await append(client, 'a-1', [...counted(0, 1, 'wanted'), ...counted(1, 1, 'other')], 'no_stream');
    await append(client, 'b-1', counted(0, 2, 'wanted'), 'no_stream');
    expect(await resolved('$et-wanted')).toEqual([
      'a-1#0 wanted ← $et-wanted#0 0@a-1',
      'b-1#0 wanted ← $et-wanted#1 0@b-1',
      'b-1#1 wanted ← $et-wanted#2 1@b-1',
    ]);
  });

  it('has streams of all streams, and of those of a category', async () => {
    await append(client, 'a-1', counted(0, 2), 'no_stream');
    await append(client, 'a-2', counted(0, 1), 'no_stream');
    await append(client, 'b-1', counted(0, 1), 'no_stream');
    expect(await resolved('$streams')).toEqual([
      'a-1#0 counted ← $streams#0 0@a-1',
      'a-2#0 counted ← $streams#1 0@a-2',
      'b-1#0 counted ← $streams#2 0@b-1',
    ]);
    expect(await links('$category-a')).toEqual(['$category-a#0 $@ a-1', '$category-a#1 $@ a-2']);
    expect(await resolved('$category-a')).toEqual(['$category-a#0 $@', '$category-a#1 $@']);
  });

  it('tells links to truncated and deleted events without their event, and links to the deletions', async () => {
    await append(client, 'gone-1', counted(0, 3), 'no_stream');
    await append(client, 'gone-2', counted(0, 1), 'no_stream');
    await append(client, 'gone-3', counted(0, 1), 'no_stream');
    await client.setStreamMetadata('gone-1', { truncateBefore: 2 });
    await client.deleteStream('gone-2');
    await client.tombstoneStream('gone-3');
    expect(await resolved('$ce-gone')).toEqual([
      'no event ← $ce-gone#0 0@gone-1',
      'no event ← $ce-gone#1 1@gone-1',
      'gone-1#2 counted ← $ce-gone#2 2@gone-1',
      'no event ← $ce-gone#3 0@gone-2',
      'no event ← $ce-gone#4 0@gone-3',
      '$$gone-2#0 $metadata ← $ce-gone#5 0@$$gone-2',
      'no event ← $ce-gone#6 9223372036854775807@gone-3',
    ]);
  });

  it('takes what stands before the first dash for the category, and has none of names without', async () => {
    await append(client, 'two-a-b', counted(0, 1), 'no_stream');
    await append(client, 'plain', counted(0, 1), 'no_stream');
    expect(await resolved('$ce-two')).toEqual(['two-a-b#0 counted ← $ce-two#0 0@two-a-b']);
    for (const stream of ['$ce-two-a', '$ce-plain', '$category-plain']) expect(await errorType(read(client, stream))).toBe('stream-not-found');
  });

  it('links where a link in the category points', async () => {
    await append(client, 'a-1', counted(0, 1), 'no_stream');
    await append(client, 'pick-1', [binaryEvent({ type: '$>', data: Buffer.from('0@a-1') })], 'no_stream');
    expect(await resolved('$ce-pick')).toEqual(['a-1#0 counted ← $ce-pick#0 0@a-1']);
    expect(await errorType(read(client, '$et-$>'))).toBe('stream-not-found');
  });

  it('lets a subscription to a category catch up and go on, losing and repeating nothing', async () => {
    await append(client, 'sub-1', counted(0, 2), 'no_stream');
    const subscription = client.subscribeToStream('$ce-sub', { fromRevision: START, resolveLinkTos: true });
    const seen: string[] = [];
    subscription.on('data', (one) => seen.push(told(one)));
    for (let n = 0; n < 100; n++) await append(client, `sub-${n % 5}`, counted(n, 1), 'any');
    await expect.poll(() => seen.length, { timeout: 10_000, interval: 5 }).toBeGreaterThanOrEqual(102);
    expect(seen.map((line) => Number(/\$ce-sub#(\d+)/.exec(line)?.[1]))).toEqual(Array.from({ length: 102 }, (_, n) => n));
    await subscription.unsubscribe();
  });

  it('shows what the metadata of a stream of links lets through', async () => {
    await append(client, 'cut-1', counted(0, 5), 'no_stream');
    await client.setStreamMetadata('$ce-cut', { maxCount: 2 });
    expect(await links('$ce-cut')).toEqual(['$ce-cut#3 $> 3@cut-1', '$ce-cut#4 $> 4@cut-1']);
  });

  it('refuses to write, delete and tombstone a stream of links', async () => {
    await expect(append(client, '$ce-a', counted(0, 1), 'any')).rejects.toThrow();
    await expect(client.deleteStream('$et-counted')).rejects.toMatchObject({ code: 3 });
    await expect(client.tombstoneStream('$streams')).rejects.toMatchObject({ code: 3 });
  });

  it('gives a link the same id and revision after a restart, and when its index was lost', async () => {
    await append(client, 'a-1', counted(0, 3), 'no_stream');
    const before = await read(client, '$ce-a');
    const { dir, server } = fixture;
    await server.stop();
    const withIndex = await EventStoreDbServer.start({ dir, port: server.port, links: true });
    await append(client, 'a-2', counted(0, 1), 'no_stream');
    expect((await read(client, '$ce-a')).slice(0, 3)).toEqual(before);
    await withIndex.stop();
    await Promise.all(['', '-wal', '-shm'].map((end) => rm(join(dir, `links.db${end}`), { force: true })));
    const anew = await EventStoreDbServer.start({ dir, port: server.port, links: true });
    expect((await read(client, '$ce-a')).slice(0, 3)).toEqual(before);
    expect(await read(client, '$ce-a')).toHaveLength(4);
    await anew.stop();
  });

  it('begins its index anew over a log that was set back and has grown', async () => {
    await append(client, 'a-1', counted(0, 2), 'no_stream');
    const { dir, server } = fixture;
    await server.stop();
    const backup = join(await mkdtemp(join(tmpdir(), 'mainstem-backup-')), 'events.db');
    await copyFile(join(dir, 'events.db'), backup);
    const later = await EventStoreDbServer.start({ dir, port: server.port, links: true });
    await append(client, 'a-1', counted(2, 2), 1n);
    expect(await read(client, '$ce-a')).toHaveLength(4);
    await later.stop();
    await copyFile(backup, join(dir, 'events.db'));
    const restored = await EventStoreDbServer.start({ dir, port: server.port, links: true });
    await append(client, 'b-9', counted(0, 3), 'no_stream');
    expect(await links('$ce-a')).toEqual(['$ce-a#0 $> 0@a-1', '$ce-a#1 $> 1@a-1']);
    expect(await links('$ce-b')).toEqual(['$ce-b#0 $> 0@b-9', '$ce-b#1 $> 1@b-9', '$ce-b#2 $> 2@b-9']);
    await restored.stop();
  });
});
