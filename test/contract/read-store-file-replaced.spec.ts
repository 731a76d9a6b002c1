// The file of a read store that is removed, moved, replaced or cut short under a running process: the store refuses
// work instead of losing acknowledged data.
import { copyFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EmbeddedCacheStore, EmbeddedSearchStore } from '@mainstem/embedded';
import type { ReadStore } from '@mainstem/projection';
import type { ProjectionDescriptor, ReadStoreSession } from '@mainstem/projection/adapter';
import { SqlReadStore } from '@mainstem/sql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CountryTotal, incarnation, move } from './sql-fixtures.js';

const projection: ProjectionDescriptor = {
  name: 'totals',
  version: 1,
  fingerprint: '00000000000000aa',
  collections: [{ name: 'countries', document: CountryTotal, hasState: false }],
};

interface Store {
  readonly file: string;
  readonly open: (dir: string) => Promise<ReadStore>;
}

const STORES: Readonly<Record<string, Store>> = {
  'SQL on SQLite': { file: 'sql.db', open: (dir) => SqlReadStore.open({ dir }, { entities: [CountryTotal] }) },
  'the embedded cache': { file: 'cache.db', open: (dir) => EmbeddedCacheStore.open({ dir, collections: {} }) },
  'the embedded full-text index': { file: 'search.db', open: (dir) => EmbeddedSearchStore.open({ dir, collections: {} }) },
};
const REFUSED = { code: 'READ_STORE_UNAVAILABLE', cause: { code: 'READ_STORE_FILE_REPLACED' } };

describe.for(Object.entries(STORES))('%s', ([, { file, open }]) => {
  let dir: string;
  const opened: ReadStore[] = [];
  beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'mainstem-replaced-'))));
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
    await rm(dir, { recursive: true, force: true });
  });

  const path = (suffix = ''): string => join(dir, `${file}${suffix}`);
  const started = async (): Promise<ReadStore> => {
    const store = await open(dir);
    opened.push(store);
    return store;
  };
  const commit = (session: ReadStoreSession, from: number | undefined, to: number): Promise<void> => {
    const upserts = new Map([[`land ${to}`, { country: `land ${to}`, parcels: to }]]);
    return session.commit({ changes: [{ collection: 'countries', upserts, deletes: [] }], checkpoint: move(from, to) });
  };
  const filled = async (): Promise<{ readonly store: ReadStore; readonly session: ReadStoreSession }> => {
    const store = await started();
    await store.createGeneration(projection, incarnation);
    const session = await store.open(projection, 1);
    await commit(session, undefined, 1);
    return { store, session };
  };

  it.each<[string, () => void]>([
    ['was removed', () => ['', '-wal', '-shm'].forEach((suffix) => rmSync(path(suffix), { force: true }))],
    ['was moved away', () => renameSync(path(), path('.old'))],
    [
      'was replaced by a copy',
      () => {
        copyFileSync(path(), path('.copy'));
        renameSync(path('.copy'), path());
      },
    ],
    ['was overwritten by a shorter one', () => truncateSync(path(), 512)],
    ['lost its write-ahead log', () => rmSync(path('-wal'))],
    ['lost what was in its write-ahead log', () => truncateSync(path('-wal'), 0)],
    ['lost the end of its write-ahead log', () => truncateSync(path('-wal'), statSync(path('-wal')).size - 1)],
  ])('refuses batches once its file %s, and goes on refusing', async (_, change) => {
    const { session } = await filled();
    new DatabaseSync(path()).close(); // a look from outside changes nothing
    change();
    await expect(commit(session, 1, 2)).rejects.toMatchObject(REFUSED);
    await expect(commit(session, 1, 2)).rejects.toMatchObject(REFUSED);
  });

  it('acknowledges no batch that was written while its write-ahead log was cut off', async () => {
    const { session } = await filled();
    // They are read inside the transaction, behind the look at the files.
    class CuttingDocuments extends Map<string, object> {
      override [Symbol.iterator](): MapIterator<[string, object]> {
        truncateSync(path('-wal'), 0);
        return super[Symbol.iterator]();
      }
    }
    const upserts = new CuttingDocuments().set('cut', { country: 'cut', parcels: 2 });
    const changes = [{ collection: 'countries', upserts, deletes: [] }];
    await expect(session.commit({ changes, checkpoint: move(1, 2) })).rejects.toMatchObject(REFUSED);
  });

  it('refuses queries once another file lies in its place', async () => {
    const { store } = await filled();
    renameSync(path(), path('.old'));
    await expect(store.generations()).rejects.toMatchObject(REFUSED);
    writeFileSync(path(), '');
    await expect(store.generations()).rejects.toMatchObject(REFUSED);
  });

  it('takes no checkpoints for a replacement, neither its own nor those of another process', async () => {
    const { session } = await filled();
    const other = await started();
    for (let to = 2; to < 8; to++) {
      await commit(session, to - 1, to);
      if (to % 2 === 0) {
        const checkpoint = new DatabaseSync(path());
        checkpoint.exec('PRAGMA wal_checkpoint(TRUNCATE)');
        checkpoint.close();
      }
      expect((await other.generations())[0]?.checkpoint.position).toBe(BigInt(to));
    }
  });
});
