// Snapshot stores keep the contract; and what becomes of the embedded one's file when it is lost, damaged or foreign.
import { EmbeddedEventStore, EmbeddedSnapshotStore } from '@mainstem/embedded';
import { InMemorySnapshotStore, streamName, type Incarnation, type SnapshotKey, type StoredSnapshot } from '@mainstem/event-store';
import { registerContract, snapshotStoreContract } from '@mainstem/testing';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { copyFile, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const inMemory = snapshotStoreContract({
  name: 'in memory',
  create: async () => {
    const store = new InMemorySnapshotStore();
    return { store, dispose: () => store.close() };
  },
});

const embedded = snapshotStoreContract({
  name: 'embedded',
  create: async () => {
    const dir = await mkdtemp(join(tmpdir(), 'mainstem-snapshots-'));
    const store = new EmbeddedSnapshotStore({ dir });
    return {
      store,
      another: async () => new EmbeddedSnapshotStore({ dir }),
      dispose: async () => {
        await store.close();
        await rm(dir, { recursive: true });
      },
    };
  },
});

registerContract(inMemory, { describe, it });
registerContract(embedded, { describe, it });

describe('the file of the embedded snapshot store', () => {
  const key: SnapshotKey = { incarnation: '0b0f6a3e-6f0f-4c5e-9a51-3f6a2f1f7a10' as Incarnation, stream: streamName('order-1') };
  const snapshot: StoredSnapshot = { head: Buffer.from('head'), parts: [{ id: 'a', bytes: Buffer.alloc(200_000, 'a') }] };
  let dir = '';
  let store: EmbeddedSnapshotStore;
  const file = (ending = ''): string => join(dir, `snapshots.db${ending}`);

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mainstem-snapshots-'));
    store = new EmbeddedSnapshotStore({ dir: join(dir), busyTimeoutMs: 50 });
  });
  afterEach(async () => {
    await store.close();
    await rm(dir, { recursive: true });
  });

  const expectWorks = async (): Promise<void> => {
    await store.save(key, snapshot);
    const loaded = await store.load(key);
    expect(Buffer.from(loaded?.parts[0]?.bytes ?? []).equals(snapshot.parts[0]?.bytes ?? new Uint8Array())).toBe(true);
  };

  it('is made with the first call, for its user alone, and lies beside the events', async () => {
    expect(readdirSync(dir)).toEqual([]);
    await expectWorks();
    for (const name of readdirSync(dir)) expect(statSync(join(dir, name)).mode & 0o077, name).toBe(0);
    const events = await EmbeddedEventStore.open({ dir });
    await events.close();
    expect(await store.load(key)).toBeDefined();
  });

  it('is an empty one after it was removed under the running store', async () => {
    await expectWorks();
    for (const ending of ['', '-wal', '-shm']) await rm(file(ending), { force: true });
    expect(await store.load(key)).toBeUndefined();
    await expectWorks();
  });

  it('is that of a copy after it was replaced under the running store', async () => {
    await expectWorks();
    await store.close();
    await copyFile(file(), file('.copy'));
    store = new EmbeddedSnapshotStore({ dir });
    await store.remove();
    for (const ending of ['', '-wal', '-shm']) await rm(file(ending), { force: true });
    await copyFile(file('.copy'), file());
    expect((await store.load(key))?.head).toEqual(new Uint8Array(snapshot.head));
  });

  it.each([
    ['text in its place', async () => writeFile(file(), 'This is no database. '.repeat(200))],
    ['a fragment', async () => writeFile(file(), 'SQLite')],
    [
      'zeros over its tables',
      async () => {
        const handle = await open(file(), 'r+');
        await handle.write(Buffer.alloc(100_000), 0, 100_000, 100);
        await handle.close();
      },
    ],
  ])('is set aside when it is damaged, told once, and then empty: %s', async (_, damage) => {
    await expectWorks();
    await store.close();
    await damage();
    const damaged = await readFile(file());
    store = new EmbeddedSnapshotStore({ dir });
    await expect(store.load(key)).rejects.toMatchObject({ code: 'SNAPSHOT_STORE_CORRUPT' });
    expect((await readFile(file('.damaged'))).equals(damaged)).toBe(true);
    expect(await store.load(key)).toBeUndefined();
    await expectWorks();
  });

  it('is refused and not touched when another program made it', async () => {
    const other = new DatabaseSync(file());
    other.exec('CREATE TABLE mine (a)');
    other.close();
    const before = await readFile(file());
    await expect(store.save(key, snapshot)).rejects.toMatchObject({ code: 'SNAPSHOT_STORE_FOREIGN_FILE' });
    expect((await readFile(file())).equals(before)).toBe(true);
    expect(existsSync(file('.damaged'))).toBe(false);
  });

  it('is refused and not touched when a newer version made it', async () => {
    await expectWorks();
    await store.close();
    const newer = new DatabaseSync(file());
    newer.exec('PRAGMA user_version = 999');
    newer.close();
    store = new EmbeddedSnapshotStore({ dir });
    await expect(store.load(key)).rejects.toMatchObject({ code: 'SNAPSHOT_STORE_NEWER_FORMAT' });
    expect(existsSync(file('.damaged'))).toBe(false);
  });

  it('is reported when another process holds it for too long, and works again afterwards', async () => {
    await expectWorks();
    const other = new DatabaseSync(file());
    other.exec('BEGIN IMMEDIATE');
    try {
      await expect(store.save(key, snapshot)).rejects.toMatchObject({ code: 'SNAPSHOT_STORE_BUSY' });
      other.exec('ROLLBACK');
      await expectWorks();
    } finally {
      other.close();
    }
  });

  it('cannot be made in a folder that is a file, and can once that is gone', async () => {
    const blocked = join(dir, 'blocked');
    await writeFile(blocked, '');
    const inside = new EmbeddedSnapshotStore({ dir: blocked });
    try {
      await expect(inside.save(key, snapshot)).rejects.toMatchObject({ code: 'SNAPSHOT_STORE_CANNOT_OPEN' });
      await rm(blocked);
      await inside.save(key, snapshot);
      expect(await inside.load(key)).toBeDefined();
    } finally {
      await inside.close();
    }
  });

  it.each([[''], [undefined]])('needs a folder: %s', (given) => {
    expect(() => new EmbeddedSnapshotStore({ dir: given as string })).toThrow(expect.objectContaining({ code: 'EVENT_STORE_INVALID_INPUT' }));
  });
});
