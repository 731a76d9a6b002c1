// Nothing is left of a forgotten projection; after an interruption at any step it is listed, and another call goes on.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EmbeddedCacheStore } from '@mainstem/embedded';
import type { DocumentClass, ReadStore } from '@mainstem/projection';
import { EMPTY_DIGEST, type ProjectionDescriptor } from '@mainstem/projection/adapter';
import { describe, expect, it } from 'vitest';
import { keysWith } from '../fixtures/redis-keys.js';
import { RespClient } from '../fixtures/resp-client.js';
import { freshPrefix, openStore, removeIndices, sharedNode } from './opensearch-nodes.js';
import { redisFixture, redisUrl } from './redis-fixtures.js';
import { at, incarnation, move, parcel, parcels, postgresFixture, postgresRows, sqliteFixture, withPostgres } from './sql-fixtures.js';

const TIMEOUT_MS = 300_000;
/** More than there are. */
const STEPS_MAX = 60;

const plain: ProjectionDescriptor = { ...parcels, collections: [{ name: 'parcels', document: Object as DocumentClass, hasState: false }] };

/** One that serves, one that is filled, a parked event and a lease. */
const fill = async (store: ReadStore, projection = plain): Promise<void> => {
  for (const isBulk of [false, true]) {
    const { number } = await store.createGeneration(projection, incarnation, { isBulk });
    const session = await store.open(projection, number);
    await session.commit({
      changes: [{ collection: 'parcels', upserts: new Map([['a', parcel('a')]]), deletes: [] }],
      checkpoint: move(undefined, 1),
      park: [
        {
          key: 'k',
          position: at(1),
          eventId: '6f1d2c3b-0000-4000-8000-000000000001' as never,
          type: 'T',
          stream: 's-1' as never,
          revision: 0n as never,
          error: EMPTY_DIGEST,
          parkedAt: '2026-01-02T03:04:05.678Z',
        },
      ],
    });
  }
  await store.claimLease({ projection: projection.name, fingerprint: 'f', partition: 0, owner: 'one', durationMs: 60_000 });
  await store.note(projection.name, 'pause', '{}');
};

type Method = (...args: unknown[]) => Promise<unknown>;

/** Interrupts `forget` before each of its steps in turn; `steps` are the methods that reach the server. */
const interrupted = async (store: ReadStore, steps: readonly (readonly [owner: object, name: string])[], left: () => Promise<readonly string[]>) => {
  for (let step = 1; ; step++) {
    expect(step).toBeLessThan(STEPS_MAX);
    await fill(store);
    let taken = 0;
    const originals = steps.map(([owner, name]) => Reflect.get(owner, name) as Method);
    steps.forEach(([owner, name], place) =>
      Reflect.set(owner, name, (...args: unknown[]) =>
        ++taken < step ? originals[place]?.apply(owner, args) : Promise.reject(new Error('the process died')),
      ),
    );
    await store.forget('parcels').catch(() => undefined);
    steps.forEach(([owner, name], place) => Reflect.set(owner, name, originals[place]));
    if ((await left()).length > 0) expect(await store.projections(), `before step ${step}`).toEqual(['parcels']);
    await store.forget('parcels');
    expect(await left(), `before step ${step}`).toEqual([]);
    expect(await store.projections()).toEqual([]);
    expect(await store.leases()).toEqual([]);
    if (taken < step) return;
  }
};

const url = await sharedNode();
const hasPostgres = await withPostgres();

describe('a projection that was forgotten', () => {
  it.skipIf(redisUrl === undefined)('leaves no key in Redis, wherever it was interrupted', { timeout: TIMEOUT_MS }, async () => {
    const fixture = redisFixture(redisUrl ?? '');
    const store = await fixture.open();
    try {
      const connection = store['connection'];
      const keys = async (): Promise<readonly string[]> => {
        const client = await RespClient.connect(redisUrl ?? '');
        return keysWith(client, fixture.prefix).finally(() => client.close());
      };
      await interrupted(
        store,
        [
          [connection, 'run'],
          [connection, 'call'],
        ],
        keys,
      );
    } finally {
      await fixture.remove();
    }
  });

  it.skipIf(redisUrl === undefined).each([
    ['once', 1],
    ['again and again', Infinity],
  ])('is either gone or listed in Redis while another process begins it anew: %s', async (_, begun) => {
    const fixture = redisFixture(redisUrl ?? '');
    const [store, other] = [await fixture.open(), await fixture.open()];
    try {
      await fill(store);
      const connection = store['connection'];
      const run = (Reflect.get(connection, 'run') as Method).bind(connection);
      let left = begun;
      Reflect.set(connection, 'run', async (...request: unknown[]) => {
        const reply = await run(...request);
        const [, , scriptArguments] = request as [script: unknown, keys: unknown, scriptArguments: readonly unknown[]];
        // After the steps that fence off its sessions, and that look whether it is gone.
        if (scriptArguments.length === 0 && left-- > 0) await other.createGeneration(plain, incarnation);
        return reply;
      });
      if (begun === 1) {
        await store.forget('parcels');
        expect([await other.projections(), await other.generations('parcels')]).toEqual([[], []]);
        return;
      }
      await expect(store.forget('parcels')).rejects.toMatchObject({
        code: 'READ_STORE_UNAVAILABLE',
        message: expect.stringContaining('stop its projector') as string,
      });
      expect(await other.projections()).toEqual(['parcels']);
      await expect(other.createGeneration({ ...plain, name: 'renamed' }, incarnation)).rejects.toThrow(/parcels/);
    } finally {
      await fixture.remove();
    }
  });

  it.skipIf(url === undefined)('leaves no index in OpenSearch, wherever it was interrupted', { timeout: TIMEOUT_MS }, async () => {
    const prefix = freshPrefix();
    const store = await openStore(url ?? '', prefix);
    const left = async (): Promise<readonly string[]> => Object.keys((await (await fetch(`${url}/${prefix}-*`)).json()) as object);
    try {
      await interrupted(store, [[store['connection'], 'request']], left);
    } finally {
      await store.close();
      await removeIndices(url ?? '', prefix);
    }
  });

  it('leaves no table in the file of an embedded store', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'mainstem-forgotten-'));
    const store = await EmbeddedCacheStore.open({ dir });
    const tables = (): unknown[] => {
      const database = new DatabaseSync(join(dir, 'cache.db'), { readOnly: true });
      const found = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all();
      database.close();
      return found;
    };
    const before = tables();
    await fill(store);
    expect(tables().length).toBeGreaterThan(before.length);
    await store.forget('parcels');
    expect(tables().length).toBe(before.length);
    await store.close();
    await rm(dir, { recursive: true });
  });

  it('leaves no table and no view in SQLite', async () => {
    const fixture = await sqliteFixture();
    const store = await fixture.open();
    await fill(store, parcels);
    await store.forget('parcels');
    const { value } = await store.read([], (manager) =>
      manager.query<unknown[]>("SELECT name FROM sqlite_master WHERE name NOT LIKE '%mainstem%' AND name NOT LIKE 'sqlite_%'"),
    );
    expect(value).toEqual([]);
    await fixture.remove();
  });

  it.skipIf(!hasPostgres)('leaves no table and no view in PostgreSQL, and says which other views keep it from that', async () => {
    const fixture = await postgresFixture();
    const store = await fixture.open();
    const schema = 'schema' in fixture.location ? String(fixture.location.schema) : '';
    await fill(store, parcels);
    await postgresRows(`CREATE VIEW "${schema}".heavy AS SELECT * FROM "${schema}".parcels WHERE weight > 9`);
    await expect(store.forget('parcels')).rejects.toThrow(/^parcels cannot be removed, because other views, .* depend on it: .*heavy/);
    expect(await store.generations()).toHaveLength(2);
    await postgresRows(`DROP VIEW "${schema}".heavy`);
    await store.forget('parcels');
    const left = `SELECT relname FROM pg_class WHERE relnamespace = '"${schema}"'::regnamespace AND relkind IN ('r', 'v') AND relname NOT LIKE '%mainstem%'`;
    expect(await postgresRows(left)).toEqual([]);
    await fixture.remove();
  });
});
