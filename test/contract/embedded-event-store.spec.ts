// What the embedded event store promises beyond the contract: one file, many processes, crashes, damage, full and read-only disks.
import { execFileSync } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EmbeddedEventStore } from '@mainstem/embedded';
import { eventIdOf, streamName, type NewEvent, type RecordedEvent } from '@mainstem/event-store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventStoreProcess } from './workers/event-store-process.js';

let dir: string;
const stores: EmbeddedEventStore[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mainstem-events-'));
});

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  await rm(dir, { recursive: true, force: true });
});

const openStore = async (options: { readonly isReadOnly?: boolean; readonly busyTimeoutMs?: number; readonly dir?: string } = {}) => {
  const store = await EmbeddedEventStore.open({ dir, ...options });
  stores.push(store);
  return store;
};

const stream = streamName('test-1');
const eventsFor = (command: string, count = 1, data: unknown = { command }): readonly NewEvent[] =>
  Array.from({ length: count }, (_, index) => ({ id: eventIdOf(command, stream, index), type: 'Noted', data, metadata: {} }));
const append = (store: EmbeddedEventStore, command: string, count = 1, data?: unknown) =>
  store.append(stream, eventsFor(command, count, data), { expectedRevision: 'any' });

const readAll = async (store: EmbeddedEventStore): Promise<RecordedEvent[]> => {
  const events: RecordedEvent[] = [];
  for await (const batch of store.readAll()) events.push(...batch);
  return events;
};

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Infinity;

describe('an embedded event store shared by processes', () => {
  it('puts the appends of four processes into one order, and every follower sees that order', async () => {
    const workers = await Promise.all(Array.from({ length: 4 }, () => EventStoreProcess.open(dir)));
    try {
      const count = 4 * 1_000;
      for (const [index, worker] of workers.entries()) {
        worker.send('follow', { count });
        worker.send('append', { name: `w${index}`, count: 1_000 });
      }
      await Promise.all(workers.map((worker) => worker.next('appended')));
      const followed = await Promise.all(workers.map((worker) => worker.next('followed')));
      const all = await readAll(await openStore());
      expect(all.map((event) => event.position)).toEqual(Array.from({ length: count }, (_, index) => BigInt(index + 1)));
      expect(new Set(all.map((event) => event.id)).size).toBe(count);
      const order = all.map((event) => `${event.position} ${event.stream} ${event.revision} ${event.id}`);
      for (const { seen } of followed) expect(seen).toEqual(order);
      const shared = all.filter((event) => event.stream === 'shared-1').map((event) => event.revision);
      expect(shared).toEqual(Array.from({ length: count / 2 }, (_, index) => BigInt(index)));
    } finally {
      await Promise.all(workers.map((worker) => worker.kill()));
    }
  });

  it('wakes a follower within 20 ms of an append that another process made', async () => {
    await using worker = await EventStoreProcess.open(dir);
    const store = await openStore();
    const ending = new AbortController();
    const delaysMs: number[] = [];
    let command = 0;
    worker.send('appendOne', { command: `c${command}` });
    for await (const { events } of store.subscribe({ after: undefined, signal: ending.signal })) {
      if (events.length === 0) continue;
      const seenAt = process.hrtime.bigint();
      const { at } = await worker.next('acknowledged');
      delaysMs.push(Number(seenAt - BigInt(String(at))) / 1e6);
      if (++command > 40) ending.abort();
      else worker.send('appendOne', { command: `c${command}` });
    }
    expect(median(delaysMs)).toBeLessThan(20);
  });

  it('keeps every acknowledged append when the writer is killed, and goes on', async () => {
    for (const round of ['a', 'b', 'c']) {
      await using worker = await EventStoreProcess.open(dir);
      worker.send('appendForever', { name: round });
      for (let acknowledged = 0; acknowledged < 300; acknowledged++) await worker.next('acknowledged');
      const store = await openStore();
      const later = worker.told;
      await worker.kill();
      const ids = new Set((await readAll(store)).map((event) => event.id as string));
      for (const { id } of later) expect(ids).toContain(id);
      expect(ids.size).toBeGreaterThanOrEqual(300);
      await append(store, `after-${round}`);
      const all = await readAll(store);
      expect(all.map((event) => event.position)).toEqual(all.map((_, index) => BigInt(index + 1)));
    }
  });

  it('is created once when several processes open a new folder at the same time', async () => {
    const opened = await Promise.all(Array.from({ length: 6 }, () => openStore({ dir: join(dir, 'new', 'folder') })));
    expect(new Set(opened.map((store) => store.incarnation)).size).toBe(1);
  });

  it('waits for another writer without blocking the thread, then goes on', async () => {
    const store = await openStore();
    const other = new DatabaseSync(join(dir, 'events.db'));
    other.exec('BEGIN IMMEDIATE');
    const appended = append(store, 'a');
    let ticks = 0;
    while (ticks < 10) await new Promise((resolve) => setTimeout(resolve, 5)).then(() => ticks++);
    other.exec('ROLLBACK');
    other.close();
    expect((await appended).revision).toBe(0n);
  });

  it('refuses an append with EVENT_STORE_BUSY when another writer does not let go, and works again after', async () => {
    const store = await openStore({ busyTimeoutMs: 60 });
    const other = new DatabaseSync(join(dir, 'events.db'));
    other.exec('BEGIN IMMEDIATE');
    await expect(append(store, 'a')).rejects.toMatchObject({ code: 'EVENT_STORE_BUSY' });
    expect(await readAll(store)).toEqual([]);
    other.exec('ROLLBACK');
    other.close();
    expect((await append(store, 'a')).revision).toBe(0n);
  });
});

describe('the file of an embedded event store', () => {
  it('keeps events and incarnation over reopening, and has another incarnation in another folder', async () => {
    const first = await openStore();
    await append(first, 'a', 3);
    await first.close();
    const again = await openStore();
    expect(again.incarnation).toBe(first.incarnation);
    expect(await readAll(again)).toHaveLength(3);
    const other = await openStore({ dir: join(dir, 'other') });
    expect(other.incarnation).not.toBe(first.incarnation);
  });

  it('leaves one file behind when it is closed', async () => {
    const store = await openStore();
    await append(store, 'a');
    await store.close();
    expect(await readdir(dir)).toEqual(['events.db']);
  });

  const refusedUntouched = async (code: string): Promise<void> => {
    const before = await readFile(join(dir, 'events.db'));
    await expect(EmbeddedEventStore.open({ dir })).rejects.toMatchObject({ code });
    await expect(EmbeddedEventStore.open({ dir, isReadOnly: true })).rejects.toMatchObject({ code });
    expect((await readFile(join(dir, 'events.db'))).equals(before)).toBe(true);
  };

  const closedStore = async (count = 10): Promise<string> => {
    const store = await openStore();
    await append(store, 'a', count, { text: 'x'.repeat(500) });
    await store.close();
    return join(dir, 'events.db');
  };

  it.each([
    ['of another program', 'CREATE TABLE theirs (a); PRAGMA application_id = 7'],
    ['of a program that has no id', 'CREATE TABLE theirs (a)'],
    ['that only has a version', 'PRAGMA user_version = 3'],
  ])('is refused untouched when it is a database %s', async (_, sql) => {
    const foreign = new DatabaseSync(join(dir, 'events.db'));
    foreign.exec(sql);
    foreign.close();
    await refusedUntouched('EVENT_STORE_FOREIGN_FILE');
  });

  it('is refused untouched when a newer version has written it', async () => {
    const path = await closedStore();
    const newer = new DatabaseSync(path);
    newer.exec('PRAGMA user_version = 1000; PRAGMA journal_mode = DELETE');
    newer.close();
    await refusedUntouched('EVENT_STORE_NEWER_FORMAT');
  });

  it.each([
    ['garbage', 'garbage '.repeat(1_000)],
    ['a few bytes', 'x'],
  ])('is refused untouched when it is %s', async (_, content) => {
    await writeFile(join(dir, 'events.db'), content);
    await refusedUntouched('EVENT_STORE_CORRUPT');
  });

  it('is refused untouched when its header is damaged', async () => {
    const path = await closedStore();
    const sound = await readFile(path);
    for (const offset of [0, 7, 15, 16]) {
      const damaged = Buffer.from(sound);
      damaged.writeUInt8(damaged.readUInt8(offset) ^ 0xff, offset);
      await writeFile(path, damaged);
      await refusedUntouched('EVENT_STORE_CORRUPT');
    }
  });

  it('says that it is corrupt when its pages are damaged or cut off', async () => {
    const path = await closedStore(200);
    await copyFile(path, `${path}.sound`);
    const reading = async (): Promise<void> => {
      const store = await EmbeddedEventStore.open({ dir, isReadOnly: true });
      try {
        await readAll(store);
      } finally {
        await store.close();
      }
    };
    await truncate(path, 8 * 4_096);
    await expect(reading()).rejects.toMatchObject({ code: 'EVENT_STORE_CORRUPT' });
    await copyFile(`${path}.sound`, path);
    const file = await open(path, 'r+');
    for (let page = 1; page < 20; page++) await file.write(Buffer.alloc(64, 0xaa), 0, 64, page * 4_096);
    await file.close();
    await expect(reading()).rejects.toMatchObject({ code: 'EVENT_STORE_CORRUPT' });
  });

  it('cannot be opened where a folder or a file is in the way', async () => {
    await writeFile(join(dir, 'file'), '');
    await mkdir(join(dir, 'taken', 'events.db'), { recursive: true });
    for (const path of ['file', 'file/below', 'taken']) {
      await expect(EmbeddedEventStore.open({ dir: join(dir, path) })).rejects.toMatchObject({ code: 'EVENT_STORE_CANNOT_OPEN' });
    }
  });

  it('is not looked for when the options make no sense', async () => {
    const options: readonly object[] = [
      { dir: '' },
      { dir: 5 },
      { dir, limits: { eventBytesMax: 0 } },
      { dir, busyTimeoutMs: Number.NaN },
      { dir, busyTimeoutMs: -1 },
    ];
    for (const wrong of options) await expect(EmbeddedEventStore.open(wrong as never)).rejects.toMatchObject({ code: 'EVENT_STORE_INVALID_INPUT' });
    expect(await readdir(dir)).toEqual([]);
  });
});

describe('an embedded event store that may not write', () => {
  it('reads and follows, and refuses appends, when it is opened to read only', async () => {
    const writer = await openStore();
    await append(writer, 'a', 2);
    const reader = await openStore({ isReadOnly: true });
    expect(await readAll(reader)).toHaveLength(2);
    await expect(append(reader, 'b')).rejects.toMatchObject({ code: 'EVENT_STORE_READ_ONLY' });
    const seen: RecordedEvent[] = [];
    for await (const { events, isCaughtUp } of reader.subscribe({ after: undefined, signal: AbortSignal.timeout(10_000) })) {
      seen.push(...events);
      if (isCaughtUp && seen.length === 2) await append(writer, 'c');
      if (seen.length === 3) break;
    }
    expect(seen).toHaveLength(3);
  });

  it('creates nothing when it is opened to read only where there is no store', async () => {
    await expect(openStore({ isReadOnly: true })).rejects.toMatchObject({ code: 'EVENT_STORE_CANNOT_OPEN' });
    expect(await readdir(dir)).toEqual([]);
  });

  it('says so when this user may not write the folder or the file', async () => {
    await (await openStore()).close();
    // The superuser may write everything: be another user for a moment.
    const isSuperuser = process.geteuid?.() === 0;
    for (const [path, mode] of [
      [dir, 0o555],
      [join(dir, 'events.db'), 0o444],
    ] as const) {
      await chmod(path, mode);
      if (isSuperuser) process.seteuid?.(65_534);
      try {
        await expect(EmbeddedEventStore.open({ dir })).rejects.toMatchObject({ code: 'EVENT_STORE_READ_ONLY' });
      } finally {
        if (isSuperuser) process.seteuid?.(0);
        await chmod(path, 0o777);
      }
    }
  });
});

describe('an embedded event store on a failing device', () => {
  it('takes no appends after a failed write until it is opened again, and has lost nothing', async () => {
    await using worker = await EventStoreProcess.open(dir, { fileSizeMax: 2_000 });
    worker.send('appendUntilRefused', { name: 'big' });
    const { acknowledged, code, next, read } = await worker.next('refused');
    expect({ code, next, read }).toEqual({ code: 'EVENT_STORE_IO_FAILED', next: 'EVENT_STORE_IO_FAILED', read: 'ok' });
    await worker.kill();
    const store = await openStore();
    const all = await readAll(store);
    expect(all.length).toBeGreaterThanOrEqual(Number(acknowledged));
    expect(all.length).toBeLessThanOrEqual(Number(acknowledged) + 1);
    expect((await append(store, 'after')).position).toBe(BigInt(all.length + 1));
  });

  const mounted = (path: string): boolean => {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  };

  // Needs the right to mount; the same on any machine, with a smaller file instead of a smaller disk, is in group-commit.spec.ts.
  it('says that the disk is full, and goes on when there is room', async (context) => {
    const disk = await mkdtemp(join(tmpdir(), 'mainstem-disk-'));
    if (!mounted(disk)) {
      await rm(disk, { recursive: true });
      context.skip();
    }
    try {
      await writeFile(join(disk, 'ballast'), Buffer.alloc(400_000));
      const store = await EmbeddedEventStore.open({ dir: disk });
      let acknowledged = 0;
      const fill = async (): Promise<void> => {
        for (; acknowledged < 1_000; acknowledged++) await append(store, `c${acknowledged}`, 1, { text: 'x'.repeat(10_000) });
      };
      await expect(fill()).rejects.toMatchObject({ code: 'EVENT_STORE_DISK_FULL' });
      expect(await readAll(store)).toHaveLength(acknowledged);
      await rm(join(disk, 'ballast'));
      expect((await append(store, `c${acknowledged}`, 1, { text: 'x'.repeat(10_000) })).revision).toBe(BigInt(acknowledged));
      expect(await readAll(store)).toHaveLength(acknowledged + 1);
      await store.close();
    } finally {
      execFileSync('umount', ['--lazy', disk]);
      await rm(disk, { recursive: true });
    }
  });
});

describe('reading from an embedded event store', () => {
  it('holds no more than some 16 MiB of events in a batch, however many are asked for', async () => {
    const store = await openStore();
    for (let index = 0; index < 40; index++) await append(store, `c${index}`, 1, { text: 'x'.repeat(1_000_000) });
    const sizes: number[] = [];
    for await (const batch of store.readAll({ batchSizeMax: 100_000 })) sizes.push(batch.length);
    for await (const batch of store.readStream(stream)) sizes.push(batch.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(17);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(80);
  });

  it('lets the rest of the process run while it looks for rare events or catches up', async () => {
    const store = await openStore();
    for (let index = 0; index < 8; index++) await append(store, `c${index}`, 10_000);
    let turns = 0;
    const ending = new AbortController();
    const count = (): void => {
      turns++;
      if (!ending.signal.aborted) setImmediate(count);
    };
    setImmediate(count);
    for await (const _ of store.readAll({ filter: { types: ['Noted'], streamPrefixes: ['other-'] } })) expect.unreachable();
    expect(turns).toBeGreaterThanOrEqual(3);
    turns = 0;
    for await (const { isCaughtUp } of store.subscribe({ after: undefined, signal: ending.signal })) if (isCaughtUp) ending.abort();
    expect(turns).toBeGreaterThanOrEqual(70);
  });
});
