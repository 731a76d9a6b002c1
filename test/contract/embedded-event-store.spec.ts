// Promises of the embedded event store about its file: identity, foreign and damaged files, write protection, bounded
// reads.
import { chmod, copyFile, mkdir, open, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { EmbeddedEventStore } from '@mainstem/embedded';
import type { RecordedEvent } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { append, EmbeddedFolder, readAll, stream } from './embedded-folder.js';

const folder = new EmbeddedFolder();

describe('the file of an embedded event store', () => {
  it('keeps events and incarnation over reopening, and has another incarnation in another folder', async () => {
    const first = await folder.open();
    await append(first, 'a', 3);
    await first.close();
    const again = await folder.open();
    expect(again.incarnation).toBe(first.incarnation);
    expect(await readAll(again)).toHaveLength(3);
    const other = await folder.open({ dir: folder.path('other') });
    expect(other.incarnation).not.toBe(first.incarnation);
  });

  it('leaves one file behind when it is closed', async () => {
    const store = await folder.open();
    await append(store, 'a');
    await store.close();
    expect(await readdir(folder.dir)).toEqual(['events.db']);
  });

  const refusedUntouched = async (code: string): Promise<void> => {
    const before = await readFile(folder.path('events.db'));
    await expect(EmbeddedEventStore.open({ dir: folder.dir })).rejects.toMatchObject({ code });
    await expect(EmbeddedEventStore.open({ dir: folder.dir, isReadOnly: true })).rejects.toMatchObject({ code });
    expect((await readFile(folder.path('events.db'))).equals(before)).toBe(true);
  };

  const closedStore = async (count = 10): Promise<string> => {
    const store = await folder.open();
    await append(store, 'a', count, { text: 'x'.repeat(500) });
    await store.close();
    return folder.path('events.db');
  };

  it.each([
    ['of another program', 'CREATE TABLE theirs (a); PRAGMA application_id = 7'],
    ['of a program that has no id', 'CREATE TABLE theirs (a)'],
    ['that only has a version', 'PRAGMA user_version = 3'],
  ])('is refused untouched when it is a database %s', async (_, sql) => {
    const foreign = new DatabaseSync(folder.path('events.db'));
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
    await writeFile(folder.path('events.db'), content);
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
      const store = await EmbeddedEventStore.open({ dir: folder.dir, isReadOnly: true });
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
    await writeFile(folder.path('file'), '');
    await mkdir(folder.path('taken', 'events.db'), { recursive: true });
    for (const path of ['file', 'file/below', 'taken']) {
      await expect(EmbeddedEventStore.open({ dir: folder.path(path) })).rejects.toMatchObject({ code: 'EVENT_STORE_CANNOT_OPEN' });
    }
  });

  it('is not looked for when the options make no sense', async () => {
    const options: readonly object[] = [
      { dir: '' },
      { dir: 5 },
      { dir: folder.dir, limits: { eventBytesMax: 0 } },
      { dir: folder.dir, busyTimeoutMs: Number.NaN },
      { dir: folder.dir, busyTimeoutMs: -1 },
    ];
    for (const wrong of options) await expect(EmbeddedEventStore.open(wrong as never)).rejects.toMatchObject({ code: 'EVENT_STORE_INVALID_INPUT' });
    expect(await readdir(folder.dir)).toEqual([]);
  });
});

describe('an embedded event store that may not write', () => {
  it('reads and follows, and refuses appends, when it is opened to read only', async () => {
    const writer = await folder.open();
    await append(writer, 'a', 2);
    const reader = await folder.open({ isReadOnly: true });
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
    await expect(folder.open({ isReadOnly: true })).rejects.toMatchObject({ code: 'EVENT_STORE_CANNOT_OPEN' });
    expect(await readdir(folder.dir)).toEqual([]);
  });

  it('says so when this user may not write the folder or the file', async () => {
    await (await folder.open()).close();
    // Readable for others, which a new file is not.
    await chmod(folder.path('events.db'), 0o644);
    // The superuser may write everything: be another user for a moment.
    const isSuperuser = process.geteuid?.() === 0;
    for (const [path, mode] of [
      [folder.dir, 0o555],
      [folder.path('events.db'), 0o444],
    ] as const) {
      await chmod(path, mode);
      if (isSuperuser) process.seteuid?.(65_534);
      try {
        await expect(EmbeddedEventStore.open({ dir: folder.dir })).rejects.toMatchObject({ code: 'EVENT_STORE_READ_ONLY' });
      } finally {
        if (isSuperuser) process.seteuid?.(0);
        await chmod(path, 0o777);
      }
    }
  });
});

describe('reading from an embedded event store', () => {
  it('holds no more than some 16 MiB of events in a batch, however many are asked for', async () => {
    const store = await folder.open();
    for (let index = 0; index < 40; index++) await append(store, `c${index}`, 1, { text: 'x'.repeat(1_000_000) });
    const sizes: number[] = [];
    for await (const batch of store.readAll({ batchSizeMax: 100_000 })) sizes.push(batch.length);
    for await (const batch of store.readStream(stream)) sizes.push(batch.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(17);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(80);
  });

  it('lets the rest of the process run while it looks for rare events or catches up', async () => {
    const store = await folder.open();
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
