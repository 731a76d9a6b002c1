// Promises of group commit that need access to the connection: one commit for many, a full file, a bounded queue.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { DEFAULT_LIMITS, encodeAppend, eventIdOf, streamName, systemRuntime } from '@mainstem/event-store';
import { encodeAppendAll, type EncodedAppend, type EncodedAppendAll } from '@mainstem/event-store/adapter';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventsFile, openToWrite } from './events-file.js';
import { GroupCommit } from './group-commit.js';
import { OpenedFile } from './opened-file.js';

const stream = streamName('test-1');
const appendOf = (command: string, text = ''): EncodedAppend =>
  encodeAppend(stream, [{ id: eventIdOf(command, stream, 0), type: 'Noted', data: { text }, metadata: {} }], 'any', DEFAULT_LIMITS);

/** To two streams. */
const appendAllOf = (command: string, text = ''): EncodedAppendAll =>
  encodeAppendAll(
    ['left', 'right'].map((side) => {
      const own = streamName(`${side}-${command}`);
      return {
        stream: own,
        events: [{ id: eventIdOf(command, own, 0), type: 'Noted', data: { text }, metadata: {} }],
        expectedRevision: 'no-stream',
      };
    }),
    DEFAULT_LIMITS,
  );

let dir: string;
let database: DatabaseSync;
let commits: number;
let writer: GroupCommit;

const PENDING_APPENDS_MAX = 200;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mainstem-events-'));
  const file = eventsFile(dir);
  database = await openToWrite(file, { runtime: systemRuntime });
  commits = 0;
  const opened = new OpenedFile(file, database);
  writer = new GroupCommit({ database, file, opened, runtime: systemRuntime, pendingAppendsMax: PENDING_APPENDS_MAX, onCommit: () => commits++ });
});

afterEach(async () => {
  await writer.close();
  database.close();
  await rm(dir, { recursive: true });
});

describe('group commit', () => {
  it('writes with synchronous=FULL into a write-ahead log', () => {
    expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
    expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
  });

  it('commits once for all appends of one turn of the event loop', async () => {
    await Promise.all(Array.from({ length: 100 }, (_, index) => writer.append(appendOf(`c${index}`))));
    expect(commits).toBe(1);
    await writer.append(appendOf('later'));
    expect(commits).toBe(2);
  });

  it('commits once for single appends and appends to several streams, in the order of the calls', async () => {
    const [one, all, two] = await Promise.all([writer.append(appendOf('a')), writer.appendAll(appendAllOf('b')), writer.append(appendOf('c'))]);
    expect(commits).toBe(1);
    expect([one.position, ...all.results.map((result) => result?.position), two.position]).toEqual([1n, 2n, 3n, 4n]);
    await expect(writer.appendAll(appendAllOf('b'))).resolves.toEqual(all);
  });

  it('has written nothing of an append to several streams when the disk was full in the middle of it, and takes it when there is room', async () => {
    await writer.append(appendOf('first'));
    const pages = Number(database.prepare('PRAGMA page_count').get()?.['page_count']);
    database.exec(`PRAGMA max_page_count = ${pages + 4}`);
    const large = appendAllOf('a', 'x'.repeat(12_000));
    await expect(writer.appendAll(large)).rejects.toMatchObject({ code: 'EVENT_STORE_DISK_FULL' });
    expect(database.prepare('SELECT count(*) AS count FROM events').get()).toEqual({ count: 1 });
    database.exec(`PRAGMA max_page_count = ${pages + 1_000}`);
    await expect(writer.appendAll(large)).resolves.toMatchObject({ position: 3n });
  });

  it('reports a full disk, writes nothing of the batch, and goes on when there is room', async () => {
    await writer.append(appendOf('first'));
    const pages = Number(database.prepare('PRAGMA page_count').get()?.['page_count']);
    database.exec(`PRAGMA max_page_count = ${pages + 4}`);
    const batch = ['a', 'b', 'c'].map((command) => writer.append(appendOf(command, 'x'.repeat(10_000))));
    for (const outcome of await Promise.allSettled(batch)) expect(outcome).toMatchObject({ reason: { code: 'EVENT_STORE_DISK_FULL' } });
    expect(database.prepare('SELECT count(*) AS count FROM events').get()).toEqual({ count: 1 });
    database.exec(`PRAGMA max_page_count = ${pages + 1_000}`);
    await expect(writer.append(appendOf('a', 'x'.repeat(10_000)))).resolves.toEqual({ revision: 1n, position: 2n });
  });

  it('forgets the streams of a batch that was rolled back', async () => {
    const other = streamName('test-2');
    const events = [{ id: eventIdOf('o', other, 0), type: 'Other', data: {}, metadata: {} }];
    database.exec('PRAGMA max_page_count = 8');
    const batch = [writer.append(encodeAppend(other, events, 'any', DEFAULT_LIMITS)), writer.append(appendOf('big', 'x'.repeat(100_000)))];
    for (const outcome of await Promise.allSettled(batch)) expect(outcome.status).toBe('rejected');
    database.exec('PRAGMA max_page_count = 1000');
    await writer.append(appendOf('a'));
    await writer.append(encodeAppend(other, events, 'no-stream', DEFAULT_LIMITS));
    const rows = database
      .prepare('SELECT s.name AS stream, t.name AS type FROM events e JOIN streams s ON s.id = e.stream JOIN types t ON t.id = e.type')
      .all();
    expect(rows).toEqual([
      { stream, type: 'Noted' },
      { stream: other, type: 'Other' },
    ]);
  });

  it('refuses more appends than may wait, and commits the waiting ones', async () => {
    const one = appendOf('same');
    const waiting = Array.from({ length: PENDING_APPENDS_MAX }, () => writer.append(one));
    await expect(writer.append(one)).rejects.toMatchObject({ code: 'EVENT_STORE_OVERLOADED' });
    await writer.close();
    expect(await waiting.at(-1)).toEqual({ revision: 0n, position: 1n });
  });

  it('leaves no listener on a signal that outlives its appends', async () => {
    const { signal } = new AbortController();
    const added: string[] = [];
    const removed: string[] = [];
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...parameters: Parameters<typeof add>) => (added.push(parameters[0]), add(...parameters));
    signal.removeEventListener = (...parameters: Parameters<typeof remove>) => (removed.push(parameters[0]), remove(...parameters));
    await writer.append(appendOf('a'), signal);
    expect(added).toEqual(['abort']);
    expect(removed).toEqual(['abort']);
  });
});
