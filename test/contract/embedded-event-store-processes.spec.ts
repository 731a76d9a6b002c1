// Promises of the embedded event store to processes that share a folder: one order, wake-up, crashes, a failing device.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EmbeddedEventStore } from '@mainstem/embedded';
import { describe, expect, it } from 'vitest';
import { append, EmbeddedFolder, readAll } from './embedded-folder.js';
import { EventStoreProcess } from './workers/event-store-process.js';

const folder = new EmbeddedFolder();

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Infinity;

describe('an embedded event store shared by processes', () => {
  it('puts the appends of four processes into one order, and every follower sees that order', async () => {
    const workers = await Promise.all(Array.from({ length: 4 }, () => EventStoreProcess.open(folder.dir)));
    try {
      const count = 4 * 1_000;
      for (const [index, worker] of workers.entries()) {
        worker.send('follow', { count });
        worker.send('append', { name: `w${index}`, count: 1_000 });
      }
      await Promise.all(workers.map((worker) => worker.next('appended')));
      const followed = await Promise.all(workers.map((worker) => worker.next('followed')));
      const all = await readAll(await folder.open());
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
    await using worker = await EventStoreProcess.open(folder.dir);
    const store = await folder.open();
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
    // Far less than the interval of a look without a wake-up.
    expect(median(delaysMs)).toBeLessThan(100);
  });

  it('counts what others have changed, and not what it has appended itself', async () => {
    const store = await folder.open();
    await append(store, 'own');
    const before = store.changesByOthers();
    expect(before).toBeTypeOf('number');
    await append(store, 'own again');
    expect(store.changesByOthers()).toBe(before);
    await using worker = await EventStoreProcess.open(folder.dir);
    worker.send('appendOne', { command: 'other' });
    await worker.next('acknowledged');
    const after = store.changesByOthers();
    expect(after).not.toBe(before);
    await append(store, 'own after the other');
    expect(store.changesByOthers()).toBe(after);
    await store.close();
    expect(store.changesByOthers()).toBeUndefined();
  });

  it('keeps every acknowledged append when the writer is killed, and goes on', async () => {
    for (const round of ['a', 'b', 'c']) {
      await using worker = await EventStoreProcess.open(folder.dir);
      worker.send('appendForever', { name: round });
      for (let acknowledged = 0; acknowledged < 300; acknowledged++) await worker.next('acknowledged');
      const store = await folder.open();
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
    const opened = await Promise.all(Array.from({ length: 6 }, () => folder.open({ dir: folder.path('new', 'folder') })));
    expect(new Set(opened.map((store) => store.incarnation)).size).toBe(1);
  });

  it('waits for another writer without blocking the thread, then goes on', async () => {
    const store = await folder.open();
    const other = new DatabaseSync(folder.path('events.db'));
    other.exec('BEGIN IMMEDIATE');
    const appended = append(store, 'a');
    let ticks = 0;
    while (ticks < 10) await new Promise((resolve) => setTimeout(resolve, 5)).then(() => ticks++);
    other.exec('ROLLBACK');
    other.close();
    expect((await appended).revision).toBe(0n);
  });

  it('refuses an append with EVENT_STORE_BUSY when another writer does not let go, and works again after', async () => {
    const store = await folder.open({ busyTimeoutMs: 60 });
    const other = new DatabaseSync(folder.path('events.db'));
    other.exec('BEGIN IMMEDIATE');
    await expect(append(store, 'a')).rejects.toMatchObject({ code: 'EVENT_STORE_BUSY' });
    expect(await readAll(store)).toEqual([]);
    other.exec('ROLLBACK');
    other.close();
    expect((await append(store, 'a')).revision).toBe(0n);
  });
});

describe('an embedded event store on a failing device', () => {
  it('takes no appends after a failed write until it is opened again, and has lost nothing', async () => {
    await using worker = await EventStoreProcess.open(folder.dir, { fileSizeMax: 2_000 });
    worker.send('appendUntilRefused', { name: 'big' });
    const { acknowledged, code, next, read } = await worker.next('refused');
    expect({ code, next, read }).toEqual({ code: 'EVENT_STORE_IO_FAILED', next: 'EVENT_STORE_IO_FAILED', read: 'ok' });
    await worker.kill();
    const store = await folder.open();
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

  // Needs the right to mount; group-commit.spec.ts does the same on any machine, with a smaller file.
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
