// An events file that is removed, moved, replaced or set back during work: nothing is acknowledged that the next start
// misses.
import { chmodSync, cpSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { EmbeddedEventStore } from '@mainstem/embedded';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { EventStoreDbEventStore } from '@mainstem/eventstoredb';
import { systemRuntime } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { append, EmbeddedFolder, readAll } from './embedded-folder.js';

const REPLACED = { code: 'EVENT_STORE_FILE_REPLACED' };

describe('an embedded event store whose file changes under it', () => {
  const folder = new EmbeddedFolder();
  const dir = (): string => folder.path('store');
  const file = (suffix = ''): string => folder.path('store', `events.db${suffix}`);

  const remove = (): void => {
    for (const suffix of ['', '-wal', '-shm']) rmSync(file(suffix), { force: true });
  };
  /** A backup of the store, as one file. */
  const backUp = async (): Promise<void> => {
    await (await EmbeddedEventStore.open({ dir: dir() })).close();
    cpSync(file(), folder.path('backup.db'));
  };
  /** Writes this over the file, and fills up to its length: the file stays the same one of the file system. */
  const overwrite = (content: Buffer): void => {
    const length = statSync(file()).size;
    writeFileSync(file(), Buffer.concat([content, Buffer.alloc(Math.max(0, length - content.length))]));
  };

  const changes: readonly (readonly [string, () => void])[] = [
    ['removed', remove],
    ['moved away with its folder', () => renameSync(dir(), folder.path('elsewhere'))],
    ['moved away alone', () => renameSync(file(), file('.old'))],
    [
      'replaced by a backup',
      () => {
        remove();
        cpSync(folder.path('backup.db'), file());
      },
    ],
    ['overwritten in place by a shorter file', () => truncateSync(file(), 4_096)],
    ['overwritten in place by a longer file of another store', () => overwrite(readFileSync(folder.path('other', 'events.db')))],
    ['overwritten in place by what is no database', () => overwrite(Buffer.from('no database'))],
    ['robbed of its write-ahead log', () => rmSync(file('-wal'))],
    ['robbed of what is in its write-ahead log', () => truncateSync(file('-wal'), 0)],
    ['robbed of the end of its write-ahead log', () => truncateSync(file('-wal'), statSync(file('-wal')).size - 1)],
  ];

  it.each(changes)('refuses appends, tells its health and ends its readers once it was %s', async (_, change) => {
    mkdirSync(dir());
    const first = await folder.open({ dir: dir() });
    await append(first, 'before', 2_000);
    await first.close();
    await backUp();
    const other = await folder.open({ dir: folder.path('other') });
    await append(other, 'before', 4_000);
    await other.close();
    const store = await folder.open({ dir: dir() });
    const subscription = store.subscribe({ after: await store.head(), signal: AbortSignal.timeout(30_000) });
    expect((await subscription.next()).value).toMatchObject({ isCaughtUp: true });
    const news = subscription.next();
    await append(store, 'last');
    await news;
    const waiting = expect(subscription.next()).rejects.toMatchObject(REPLACED);
    change();
    await expect(append(store, 'after')).rejects.toMatchObject(REPLACED);
    expect(store.troubles().join()).toContain('is no longer the file that this process opened');
    await waiting;
    await expect(store.head()).rejects.toMatchObject(REPLACED);
  });

  it('refuses appends once it was overwritten in place by an older state of the same length', async () => {
    mkdirSync(dir());
    const first = await folder.open({ dir: dir() });
    await append(first, 'before', 2_000);
    await first.close();
    await backUp();
    const second = await folder.open({ dir: dir() });
    await append(second, 'later');
    await second.close();
    const store = await folder.open({ dir: dir() });
    overwrite(readFileSync(folder.path('backup.db')));
    await expect(append(store, 'after')).rejects.toMatchObject(REPLACED);
    expect(store.troubles().join()).toContain('without the event at position');
  });

  it('takes no checkpoints for a replacement, neither its own nor those of another process', async () => {
    const [one, other] = [await folder.open(), await folder.open()];
    for (let round = 0; round < 6; round++) {
      await append(round % 2 === 0 ? one : other, `round ${round}`, 1_500);
      const checkpoint = new DatabaseSync(folder.path('events.db'));
      checkpoint.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      checkpoint.close();
      for (const store of [one, other]) expect(store.troubles()).toEqual([]);
    }
  });

  it('refuses appends once the write-ahead log was cut short that another process has filled', async () => {
    const [idle, busy] = [await folder.open(), await folder.open()];
    expect(idle.troubles()).toEqual([]);
    await append(busy, 'acknowledged');
    truncateSync(folder.path('events.db-wal'), 0);
    for (const store of [idle, busy]) {
      expect(store.troubles().join()).toContain('its write-ahead log: it was cut short');
      await expect(append(store, 'after')).rejects.toMatchObject(REPLACED);
    }
  });

  const FRAME_BYTES = 24 + 4_096;
  it.each([
    ['all of it', 'grows', 0],
    ['all but its first two frames', 'grows', 32 + 2 * FRAME_BYTES],
    ['all of it', 'is written anew', 0],
    ['all but its first two frames', 'is written anew', 32 + 2 * FRAME_BYTES],
  ] as const)(
    'acknowledges nothing that is written behind what was cut off in the middle of a commit: %s, while the log %s',
    async (_, state, length) => {
      let cuts = false;
      // Asked for the time inside the transaction, behind the look at the files.
      const now = (): number => {
        if (cuts) truncateSync(folder.path('events.db-wal'), length);
        return systemRuntime.now();
      };
      const store = await folder.open({ runtime: { ...systemRuntime, now } });
      if (state === 'is written anew') {
        await append(store, 'much', 2_000);
        const checkpoint = new DatabaseSync(folder.path('events.db'));
        checkpoint.exec('PRAGMA wal_checkpoint(RESTART)');
        checkpoint.close();
      }
      for (let index = 0; index < 5; index++) await append(store, `before ${index}`);
      cuts = true;
      await expect(append(store, 'after')).rejects.toMatchObject(REPLACED);
      expect(store.troubles().join()).toContain('its write-ahead log: it was cut short');
    },
  );

  it('takes no other length of a write-ahead log for a cut while all that it has to hold is there', async () => {
    const store = await folder.open();
    await append(store, 'much', 2_000);
    const checkpoint = new DatabaseSync(folder.path('events.db'));
    checkpoint.exec('PRAGMA wal_checkpoint(RESTART)');
    checkpoint.close();
    await append(store, 'little'); // written from the beginning of the log, whose end is of no use any more
    const log = folder.path('events.db-wal');
    truncateSync(log, statSync(log).size / 2);
    await append(store, 'after');
    expect(store.troubles()).toEqual([]);
    expect(await readAll(store)).toHaveLength(2_002);
  });

  it('takes a checkpoint that its process did not live to end for none: the write-ahead log has the rest', async () => {
    mkdirSync(dir());
    const first = await folder.open({ dir: dir() });
    await append(first, 'before', 2_000);
    await first.close();
    const store = await folder.open({ dir: dir() });
    await append(store, 'logged', 2_000);
    const [from, log] = [readFileSync(file()), readFileSync(file('-wal'))];
    const pageSize = from.readUInt16BE(16);
    // The frames of the log are a header of 24 bytes and a page each; every second page goes into the file.
    for (let frame = 32, count = 0; frame + 24 + pageSize <= log.length; frame += 24 + pageSize, count++) {
      const offset = (log.readUInt32BE(frame) - 1) * pageSize;
      if (count % 2 === 0 && offset + pageSize <= from.length) log.copy(from, offset, frame + 24, frame + 24 + pageSize);
    }
    writeFileSync(file(), from);
    await append(store, 'after');
    expect(store.troubles()).toEqual([]);
    expect(await readAll(store)).toHaveLength(4_001);
  });

  it('tells its health while nothing is appended', async () => {
    const store = await folder.open();
    expect(store.troubles()).toEqual([]);
    rmSync(folder.path('events.db'));
    expect(store.troubles().join()).toContain('it was removed or moved away');
  });

  it('stays refused when the old file is put back, until it is opened again', async () => {
    const store = await folder.open();
    await append(store, 'first');
    renameSync(folder.path('events.db'), folder.path('aside.db'));
    await expect(append(store, 'second')).rejects.toMatchObject(REPLACED);
    renameSync(folder.path('aside.db'), folder.path('events.db'));
    await expect(append(store, 'second')).rejects.toMatchObject(REPLACED);
    await store.close();
    const again = await folder.open();
    await append(again, 'second');
    expect(await readAll(again)).toHaveLength(2);
  });

  it('takes no other process for a replacement: both append, and one of them closes', async () => {
    const [one, other] = [await folder.open(), await folder.open()];
    for (const [index, store] of [one, other, one, other].entries()) await append(store, `turn ${index}`);
    await other.close();
    await append(one, 'alone');
    expect(one.troubles()).toEqual([]);
  });

  it('refuses clients of the protocol, too, so that they try again', async () => {
    const server = await EventStoreDbServer.start({ dir: folder.dir, port: 0 });
    const store = await EventStoreDbEventStore.open({ connectionString: server.connectionString, patienceMs: 500 });
    try {
      rmSync(folder.path('events.db'));
      const events = [{ id: crypto.randomUUID() as never, type: 'Noted', data: {}, metadata: {} }];
      await expect(store.append('test-1' as never, events, { expectedRevision: 'any' })).rejects.toMatchObject({ code: 'EVENT_STORE_UNAVAILABLE' });
      expect((await fetch(`http://127.0.0.1:${server.port}/health/ready`)).status).toBe(503);
    } finally {
      await store.close();
      await server.stop();
    }
  });
});

describe.runIf(process.platform !== 'win32')('the files of embedded event stores', () => {
  const folder = new EmbeddedFolder();
  const mode = (...path: readonly string[]): string => (statSync(folder.path(...path)).mode & 0o777).toString(8);

  it('are for the user of the process alone', async () => {
    const store = await folder.open({ dir: folder.path('new') });
    await append(store, 'first');
    expect([mode('new'), mode('new', 'events.db'), mode('new', 'events.db-wal')]).toEqual(['700', '600', '600']);
  });

  it('keep the permissions that an operator gave them', async () => {
    await (await folder.open()).close();
    chmodSync(folder.path('events.db'), 0o640);
    await (await folder.open()).close();
    expect(mode('events.db')).toBe('640');
  });

  it.each(['file:x', 'file:y?mode=ro', 'file:///tmp'])('lie in the folder that was named, also %s', async (name) => {
    const before = process.cwd();
    process.chdir(folder.dir);
    try {
      const store = await folder.open({ dir: name });
      await append(store, 'first');
      expect(mode(name, 'events.db')).toBe('600');
    } finally {
      process.chdir(before);
    }
  });
});
