// The SQL read store on unusual servers: standbys, poor roles, one or two connections.
import { EmbeddedEventStore } from '@mainstem/embedded';
import { Projector, type HostedProjection } from '@mainstem/projection';
import { verifyProjection } from '@mainstem/projection/operate';
import { SqlReadStore } from '@mainstem/sql';
import { sqlEntities } from '#apps/read-models/src/sql/sql-entities.js';
import { SalesDocument } from '#apps/read-models/src/sql/sales-document.entity.js';
import { hostedOnSql } from '#apps/sql-projector/src/sql-projections.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PrivatePostgres } from '../fixtures/private-postgres.js';
import { recordSample } from '../chaos/support/sample-events.js';
import { inFolder } from '../chaos/support/trials.js';
import { CountryTotal, incarnation, move, Parcel, parcel, parcels, withPostgres } from './sql-fixtures.js';

const entities = [Parcel, CountryTotal];
const WAIT_MS = 50_000;
const batch = (key: string, from: number | undefined, to: number) => ({
  changes: [{ collection: 'parcels', upserts: new Map([[key, parcel(key)]]), deletes: [] }],
  checkpoint: move(from, to),
});

describe.runIf(await withPostgres())('a PostgreSQL server of its own', () => {
  let primary: PrivatePostgres;
  let schema: string;
  let count = 0;
  beforeAll(async () => void (primary = await PrivatePostgres.start()));
  afterAll(() => primary[Symbol.asyncDispose]());
  beforeEach(() => void (schema = `test_${++count}`));

  const opened = async (url = primary.url) => {
    const store = await SqlReadStore.open({ url, schema }, { entities });
    await store.createGeneration(parcels, incarnation);
    return { store, session: await store.open(parcels, 1) };
  };

  it('answers queries on a standby, refuses to write there, and writes once the standby has been promoted', async () => {
    const { store, session } = await opened();
    await session.commit(batch('a', undefined, 1));
    const { number: second } = await store.createGeneration(parcels, incarnation);
    await store.close();
    await using standby = await primary.standby();
    const follower = await SqlReadStore.open({ url: standby.url, schema }, { entities });
    expect((await follower.read(['parcels'], (manager) => manager.count(Parcel))).value).toBe(1);
    expect(await follower.scan('parcels', 1, 'parcels', { limit: 10 })).toHaveLength(1);
    for (const refused of [
      () => follower.open(parcels, 1),
      () => follower.createGeneration(parcels, incarnation),
      () => follower.promote('parcels', second),
      () => follower.dropGeneration('parcels', 1),
    ]) {
      await expect(refused()).rejects.toMatchObject({ code: 'READ_STORE_READ_ONLY' });
    }
    await standby.promote();
    const after = await follower.open(parcels, 1);
    await after.commit(batch('b', 1, 2));
    expect((await follower.read(['parcels'], (manager) => manager.count(Parcel))).value).toBe(2);
    await follower.close();
  });

  /** A role of its own with these rights. */
  const asRole = async (name: string, ...grants: readonly string[]): Promise<string> => {
    await primary.query(`CREATE ROLE ${name} LOGIN`);
    for (const grant of grants) await primary.query(`${grant} TO ${name}`);
    const url = new URL(primary.url);
    url.username = name;
    return url.href;
  };
  const denied = { code: 'READ_STORE_PERMISSION_DENIED' };

  it('says that a role may not create tables in the schema', async () => {
    await primary.query(`CREATE SCHEMA ${schema}`);
    const url = await asRole('without_create', `GRANT USAGE ON SCHEMA ${schema}`);
    const refused = SqlReadStore.open({ url, schema }, { entities });
    await expect(refused).rejects.toMatchObject(denied);
    await expect(refused).rejects.toThrow(/permission denied for schema .*GRANT USAGE, CREATE ON SCHEMA/);
  });

  it('says which table a role may only read', async () => {
    const { store } = await opened();
    await store.close();
    const url = await asRole('reader', `GRANT USAGE, CREATE ON SCHEMA ${schema}`, `GRANT SELECT ON ALL TABLES IN SCHEMA ${schema}`);
    const reading = await SqlReadStore.open({ url, schema }, { entities });
    expect((await reading.read(['parcels'], (manager) => manager.count(Parcel))).value).toBe(0);
    await expect(reading.open(parcels, 1)).rejects.toThrow(/permission denied for table mainstem_generations.*must own/);
    await reading.close();
  });

  it('says which table a role may not insert into, and writes once it may', async () => {
    const { store } = await opened();
    await store.close();
    const tables = `ALL TABLES IN SCHEMA ${schema}`;
    const url = await asRole('updater', `GRANT USAGE, CREATE ON SCHEMA ${schema}`, `GRANT SELECT, UPDATE, DELETE ON ${tables}`);
    const updating = await SqlReadStore.open({ url, schema }, { entities });
    const session = await updating.open(parcels, 1);
    const many = Array.from({ length: 30 }, (_, index) => parcel(`p${index}`));
    const upserts = new Map(many.map((one) => [one.parcelId, one]));
    const copied = { changes: [{ collection: 'parcels', upserts, deletes: [], newKeys: new Set(upserts.keys()) }], checkpoint: move(undefined, 1) };
    for (const refused of [batch('a', undefined, 1), copied]) {
      await expect(session.commit(refused)).rejects.toMatchObject(denied);
      await expect(session.commit(refused)).rejects.toThrow(/permission denied for table parcels__g1/);
    }
    await primary.query(`GRANT INSERT ON ${tables} TO updater`);
    await session.commit(copied);
    expect((await session.load('parcels', ['p7'])).size).toBe(1);
    await updating.close();
  });

  it('needs no right to make temporary tables', async () => {
    await primary.query('CREATE DATABASE strict');
    await primary.query('REVOKE ALL ON DATABASE strict FROM PUBLIC');
    const url = new URL(await asRole('strict', 'GRANT CONNECT, CREATE ON DATABASE strict'));
    url.pathname = '/strict';
    const { store, session } = await opened(url.href);
    const upserts = new Map(Array.from({ length: 100 }, (_, index) => [`p${index}`, parcel(`p${index}`)]));
    await session.commit({
      changes: [{ collection: 'parcels', upserts, deletes: [], newKeys: new Set(upserts.keys()) }],
      checkpoint: move(undefined, 1),
    });
    await session.commit({ changes: [{ collection: 'parcels', upserts, deletes: ['x'] }], checkpoint: move(1, 2) });
    await store.close();
  });

  it.each([1, 2])('fills, verifies and answers queries at the same time with a pool of %i', (poolSizeMax) =>
    inFolder(async (dir) => {
      await recordSample(dir);
      const reader = await EmbeddedEventStore.open({ dir });
      const store = await SqlReadStore.open({ url: primary.url, schema, poolSizeMax }, { entities: sqlEntities });
      const projections = hostedOnSql(store);
      const projector = new Projector({ reader, projections, batchSizeMax: 500 });
      projector.start();
      const head = (await reader.head()) ?? 0n;
      let isDone = false;
      const names = projections.map(({ projection }) => projection.name);
      const waiting = Promise.all(names.map((name) => projector.waitFor(name, head as never, { timeoutMs: WAIT_MS }))).finally(() => (isDone = true));
      const querying = (async () => {
        let queries = 0;
        await expect.poll(() => store.generations().then((all) => all.length), { timeout: WAIT_MS, interval: 1 }).toBe(names.length);
        for (; !isDone; queries++) await store.read(names, (manager) => manager.getRepository(SalesDocument).count());
        return queries;
      })();
      await waiting;
      expect(await querying).toBeGreaterThan(0);
      const hosted = projections.find(({ projection }) => projection.name === 'sales-documents') as HostedProjection;
      const [report, ...counts] = await Promise.all([
        verifyProjection({ reader, hosted }),
        ...Array.from({ length: 20 }, () => store.read(names, (manager) => manager.getRepository(SalesDocument).count())),
      ]);
      expect(report).toMatchObject({ isSame: true });
      expect(new Set(counts.map(({ value }) => value)).size).toBe(1);
      const held = await primary.query<{ total: number }>(`SELECT count(*)::int AS total FROM pg_stat_activity WHERE application_name = 'mainstem'`);
      expect(held[0]?.total).toBeLessThanOrEqual(poolSizeMax);
      await projector.stop();
      await store.close();
      await reader.close();
    }),
  );

  it('leaves a connection to projections, however many queries there are', async () => {
    const store = await SqlReadStore.open({ url: primary.url, schema, poolSizeMax: 2 }, { entities });
    await store.createGeneration(parcels, incarnation);
    const answers = Promise.withResolvers<void>();
    let answering = 0;
    const queries = Array.from({ length: 20 }, () => store.read([], () => (answering++, answers.promise)));
    await expect.poll(() => answering).toBe(1);
    const session = await store.open(parcels, 1);
    await session.commit({
      changes: [{ collection: 'parcels', upserts: new Map([['p', parcel('p')]]), deletes: [] }],
      checkpoint: move(undefined, 1),
    });
    expect(answering).toBe(1);
    answers.resolve();
    await Promise.all(queries);
    expect(answering).toBe(20);
    await session.close();
    await store.close();
  });

  it('says that the pool is too small when one piece of work waits for a connection that it holds itself', async () => {
    const store = await SqlReadStore.open({ url: primary.url, schema, poolSizeMax: 1 }, { entities });
    await store.createGeneration(parcels, incarnation);
    const nested = store.snapshot('parcels', 1, () => store.generations());
    await expect(nested).rejects.toThrow(/pool_size/);
    expect(await store.generations()).toHaveLength(1);
    await store.close();
  });
});
