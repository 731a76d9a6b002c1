// The common promises of the embedded cache and full-text index about their file.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type EventId, type Incarnation, type Position, position, revision, type Runtime, streamName, systemRuntime } from '@mainstem/event-store';
import type { DocumentClass } from '@mainstem/projection';
import type { CommitBatch, ParkedEvent, ProjectionDescriptor, ReadStoreSession } from '@mainstem/projection/adapter';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmbeddedCacheStore } from '../cache/embedded-cache-store.js';
import { EmbeddedSearchStore } from '../search/embedded-search-store.js';
import type { EmbeddedReadStore } from './embedded-read-store.js';

const INCARNATION = '0b0f6a3e-6f0f-4c5e-9a51-3f6a2f1f7a10' as Incarnation;
const DIGEST = '0123456789abcdef';
const LAST = position(2n ** 63n - 1n);

const projectionOf = (name: string, collections = [name]): ProjectionDescriptor => ({
  name,
  version: 3,
  fingerprint: 'f'.repeat(16),
  collections: collections.map((collection) => ({ name: collection, document: Object as DocumentClass, hasState: false })),
});
const orders = projectionOf('orders');

const batch = (from: Position | undefined, to: Position, rest: Partial<CommitBatch> = {}): CommitBatch => ({
  changes: [{ collection: 'orders', upserts: new Map([['a', { text: `at ${to}` }]]), deletes: [] }],
  checkpoint: { from, to, digest: DIGEST },
  ...rest,
});

const parkedAt = (key: string, place: bigint): ParkedEvent => ({
  key,
  position: position(place),
  eventId: '0b0f6a3e-6f0f-4c5e-9a51-3f6a2f1f7a11' as EventId,
  type: 'OrderPlaced',
  stream: streamName(`order-${key}`),
  revision: revision(place),
  error: 'ORDER_ODD: it is odd',
  parkedAt: '2011-01-01T00:00:00.000Z',
});

const STORES = [
  { name: 'cache', open: (dir: string, runtime: Runtime): Promise<EmbeddedReadStore> => EmbeddedCacheStore.open({ dir, runtime }) },
  {
    name: 'search',
    open: (dir: string, runtime: Runtime): Promise<EmbeddedReadStore> =>
      EmbeddedSearchStore.open({ dir, runtime, collections: { orders: { text: ['text'] } } }),
  },
];

const withDatabase = (file: string, work: (database: DatabaseSync) => void): void => {
  const database = new DatabaseSync(file);
  work(database);
  database.close();
};

describe.each(STORES)('the embedded $name', ({ name, open }) => {
  let dir: string;
  let file: string;
  let store: EmbeddedReadStore;
  let session: ReadStoreSession;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), `mainstem-${name}-`));
    file = join(dir, `${name}.db`);
    store = await open(dir, systemRuntime);
    await store.createGeneration(orders, INCARNATION);
    session = await store.open(orders, 1);
  });

  afterEach(async () => {
    await store.close();
    await rm(dir, { recursive: true });
  });

  const checkpointPosition = async (): Promise<Position | undefined> => (await store.generations('orders'))[0]?.checkpoint.position;

  const claimedBy = async (owner: string) =>
    (await store.claimLease({ ...orders, projection: 'orders', partition: 0, owner, durationMs: 60_000 })).owner;

  it('adds leases to a file from before there were any', async () => {
    await store.close();
    withDatabase(file, (database) => database.exec('DROP TABLE leases'));
    store = await open(dir, systemRuntime);
    expect(await claimedBy('one')).toBe('one');
  });

  it('adds notes to a file from before there were any', async () => {
    await session.commit(batch(undefined, position(5n)));
    await store.close();
    withDatabase(file, (database) => database.exec('DROP TABLE notes'));
    store = await open(dir, systemRuntime);
    expect(await store.notes(['orders'])).toEqual([]);
    await store.note('orders', 'pause', 'text');
    expect(await store.notes(['orders'])).toEqual([{ projection: 'orders', name: 'pause', text: 'text' }]);
    expect(await checkpointPosition()).toBe(position(5n));
  });

  it('opens a file from before checkpoints named their event, and keeps the event from then on', async () => {
    await session.commit(batch(undefined, position(5n)));
    await store.close();
    const drop = (database: DatabaseSync): void => {
      for (const table of ['generations', 'partitions']) database.exec(`ALTER TABLE ${table} DROP COLUMN last_event`);
    };
    withDatabase(file, drop);
    store = await open(dir, systemRuntime);
    session = await store.open(orders, 1);
    expect(session.checkpoint).toEqual({ incarnation: INCARNATION, position: position(5n), epoch: 2, digest: DIGEST });
    const lastEvent = { position: position(7n), id: parkedAt('a', 7n).eventId };
    await session.commit({ changes: [], checkpoint: { from: position(5n), to: position(8n), digest: DIGEST, lastEvent } });
    expect((await store.generations('orders'))[0]?.checkpoint).toMatchObject({ position: position(8n), lastEvent });
  });

  it('treats a lease that would last longer than claimed as ended: the clock was set back', async () => {
    expect(await claimedBy('one')).toBe('one');
    expect(await claimedBy('two')).toBe('one');
    withDatabase(file, (database) => database.exec('UPDATE leases SET ends_at_ms = ends_at_ms + 3600000'));
    expect(await store.leases()).toEqual([]);
    expect(await claimedBy('two')).toBe('two');
  });

  it('keeps places of 64 bits exactly, also over a restart', async () => {
    await session.commit(batch(undefined, LAST, { park: [parkedAt('a', LAST)] }));
    await store.close();
    store = await open(dir, systemRuntime);

    expect(await store.generations()).toMatchObject([
      {
        projection: 'orders',
        number: 1,
        state: 'serving',
        version: 3,
        checkpoint: { incarnation: INCARNATION, position: LAST, epoch: 1, digest: DIGEST },
      },
    ]);
    expect(await store.parked('orders', 10)).toEqual([parkedAt('a', LAST)]);
    const reopened = await store.open(orders, 1);
    expect(await reopened.load('orders', ['a'])).toEqual(new Map([['a', { text: `at ${LAST}` }]]));
    await reopened.commit(batch(LAST, LAST));
  });

  it('refuses the commit of a session that another session, of any process, has replaced', async () => {
    const other = await open(dir, systemRuntime);
    const newer = await other.open(orders, 1);

    await expect(session.commit(batch(undefined, position(1n)))).rejects.toMatchObject({ code: 'READ_STORE_CHECKPOINT_MOVED' });
    expect(await newer.load('orders', ['a'])).toEqual(new Map());
    await newer.commit(batch(undefined, position(1n)));
    await other.close();
  });

  it('refuses a commit that does not start at the checkpoint', async () => {
    await session.commit(batch(undefined, position(5n)));

    for (const from of [undefined, position(4n), position(6n)]) {
      await expect(session.commit(batch(from, position(7n)))).rejects.toMatchObject({ code: 'READ_STORE_CHECKPOINT_MOVED' });
    }
    expect((await session.load('orders', ['a'])).get('a')).toEqual({ text: 'at 5' });
  });

  it('lists parked events by position, then key, in pages, and forgets settled ones', async () => {
    const events = [parkedAt('b', 10n), parkedAt('a', 9n), parkedAt('a', 10n), parkedAt('b', 100n)];
    await session.commit(batch(undefined, position(100n), { park: events }));
    const places = (parked: readonly ParkedEvent[]): readonly string[] => parked.map(({ key, position: at }) => `${at}${key}`);

    expect(places(await session.parked({ limit: 10 }))).toEqual(['9a', '10a', '10b', '100b']);
    expect(places(await session.parked({ limit: 2 }))).toEqual(['9a', '10a']);
    expect(places(await session.parked({ after: position(9n), limit: 10 }))).toEqual(['10a', '10b', '100b']);
    expect(places(await session.parked({ key: 'b', after: position(10n), limit: 10 }))).toEqual(['100b']);
    expect(await session.parkedKeys()).toEqual(new Map(Object.entries({ a: 2, b: 2 })));
    await session.commit(batch(position(100n), position(100n), { unpark: [parkedAt('a', 9n), parkedAt('a', 10n)] }));
    expect(places(await store.parked('orders', 10))).toEqual(['10b', '100b']);
  });

  it('cuts the error of a parked event to 2,000 characters', async () => {
    await session.commit(batch(undefined, position(1n), { park: [{ ...parkedAt('a', 1n), error: 'x'.repeat(5_000) }] }));

    expect((await session.parked({ limit: 1 }))[0]?.error).toBe('x'.repeat(2_000));
  });

  it('leaves nothing of a dropped generation behind, and never uses its number again', async () => {
    const tables = (): unknown => {
      const database = new DatabaseSync(file, { readOnly: true });
      const names = database.prepare('SELECT name FROM sqlite_schema ORDER BY name').all();
      database.close();
      return names;
    };
    const before = tables();
    await store.createGeneration(orders, INCARNATION);
    const filling = await store.open(orders, 2);
    await filling.commit(batch(undefined, position(1n), { park: [parkedAt('a', 1n)] }));
    await store.dropGeneration('orders', 2);

    expect(tables()).toEqual(before);
    await expect(filling.commit(batch(position(1n), position(2n)))).rejects.toMatchObject({ code: 'READ_STORE_CHECKPOINT_MOVED' });
    expect(await store.createGeneration(orders, INCARNATION)).toMatchObject({ number: 3, state: 'filling' });
    await expect(store.dropGeneration('orders', 1)).rejects.toMatchObject({ code: 'READ_STORE_GENERATION_SERVES' });
    await expect(store.dropGeneration('orders', 2)).rejects.toMatchObject({ code: 'READ_STORE_UNKNOWN_GENERATION' });
  });

  it('has one serving generation before and after a promotion and the way back', async () => {
    await store.createGeneration(orders, INCARNATION);
    const states = async (): Promise<readonly string[]> => (await store.generations('orders')).map(({ state }) => state);

    expect(await states()).toEqual(['serving', 'filling']);
    await store.promote('orders', 2);
    expect(await states()).toEqual(['retired', 'serving']);
    await store.promote('orders', 2);
    expect(await states()).toEqual(['retired', 'serving']);
    await store.promote('orders', 1);
    expect(await states()).toEqual(['serving', 'retired']);
    await expect(store.promote('orders', 3)).rejects.toMatchObject({ code: 'READ_STORE_UNKNOWN_GENERATION' });
    expect(await states()).toEqual(['serving', 'retired']);
  });

  it('opens a session only for the definition of the generation', async () => {
    await expect(store.open({ ...orders, fingerprint: 'e'.repeat(16) }, 1)).rejects.toMatchObject({ code: 'READ_STORE_FINGERPRINT_MISMATCH' });
    await expect(store.open(orders, 2)).rejects.toMatchObject({ code: 'READ_STORE_UNKNOWN_GENERATION' });
    await session.commit(batch(undefined, position(1n)));
  });

  it('refuses a collection that belongs to another projection', async () => {
    await expect(store.createGeneration(projectionOf('others', ['others', 'orders']), INCARNATION)).rejects.toMatchObject({
      code: 'PROJECTION_INVALID_DEFINITION',
    });
    expect(await store.generations('others')).toEqual([]);
  });

  it('waits while another process writes, and then commits', async () => {
    const neighbour = new DatabaseSync(file);
    neighbour.exec('BEGIN IMMEDIATE');
    const commit = session.commit(batch(undefined, position(1n)));
    expect((await store.generations('orders'))[0]?.checkpoint.position).toBeUndefined(); // readers do not wait
    neighbour.exec('COMMIT');
    neighbour.close();
    await commit;

    expect(await checkpointPosition()).toBe(1n);
  });

  it('gives up waiting for another process after a bounded time', async () => {
    let clock = 0;
    const impatient = await open(dir, { ...systemRuntime, monotonic: () => clock, sleep: async () => void (clock += 1_000) });
    const taken = await impatient.open(orders, 1);
    const neighbour = new DatabaseSync(file);
    neighbour.exec('BEGIN IMMEDIATE');

    await expect(taken.commit(batch(undefined, position(1n)))).rejects.toMatchObject({
      code: 'READ_STORE_UNAVAILABLE',
      cause: { code: 'READ_STORE_BUSY' },
    });
    neighbour.close();
    await taken.commit(batch(undefined, position(1n)));
    await impatient.close();
  });

  it('rolls a commit back when the file fails in the middle of it', async () => {
    const neighbour = new DatabaseSync(file);
    neighbour.exec('ALTER TABLE documents_1 RENAME TO elsewhere');

    await expect(session.commit(batch(undefined, position(1n), { park: [parkedAt('a', 1n)] }))).rejects.toMatchObject({
      code: 'READ_STORE_UNAVAILABLE',
    });
    neighbour.exec('ALTER TABLE elsewhere RENAME TO documents_1');
    neighbour.close();
    expect(await checkpointPosition()).toBeUndefined();
    await session.commit(batch(undefined, position(1n)));
    expect(await store.parked('orders', 10)).toEqual([]);
  });

  it('can be opened by several processes at once before there is a file', async () => {
    const fresh = join(dir, 'fresh');
    const stores = await Promise.all(Array.from({ length: 5 }, () => open(fresh, systemRuntime)));

    for (const each of stores) expect(await each.generations()).toEqual([]);
    await Promise.all(stores.map((each) => each.close()));
  });

  it.each([
    ['READ_STORE_FOREIGN_FILE', 'PRAGMA application_id = 1'],
    ['READ_STORE_NEWER_FORMAT', 'PRAGMA user_version = 99'],
  ])('refuses with %s a file that is not its own', async (code, sql) => {
    await store.close();
    const neighbour = new DatabaseSync(file);
    neighbour.exec(sql);
    neighbour.close();
    const before = await readFile(file);

    await expect(open(dir, systemRuntime)).rejects.toMatchObject({ code });
    expect(before.equals(await readFile(file))).toBe(true);
  });

  it('refuses a damaged file', async () => {
    const folder = join(dir, 'damaged');
    await (await open(folder, systemRuntime)).close();
    await writeFile(join(folder, `${name}.db`), 'this is no database at all, and long enough to be looked at. '.repeat(20));

    await expect(open(folder, systemRuntime)).rejects.toMatchObject({ code: 'READ_STORE_CORRUPT' });
  });

  it('refuses work after it was closed', async () => {
    await store.close();
    await store.close();

    for (const attempt of [store.generations(), session.load('orders', ['a']), session.commit(batch(undefined, position(1n)))]) {
      await expect(attempt).rejects.toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
    }
  });

  it('does not commit through a closed session', async () => {
    await session.close();
    await session.close();

    await expect(session.commit(batch(undefined, position(1n)))).rejects.toMatchObject({ code: 'READ_STORE_CHECKPOINT_MOVED' });
  });
});
