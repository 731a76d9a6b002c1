// PgBouncer in transaction mode before PostgreSQL: refused by name until the role has the settings that get lost.
import 'reflect-metadata';
import { SqlReadStore } from '@mainstem/sql';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasPooler, Poolers } from './pooler.js';
import { at, CountryTotal, incarnation, move, Parcel, parcel, parcels, postgresQuery, withPostgres } from './sql-fixtures.js';

describe.runIf(hasPooler && (await withPostgres()))('PgBouncer in transaction mode', () => {
  const role = `mainstem_pooled_${process.pid}`;
  const schema = role;
  let poolers: Poolers;

  beforeAll(async () => void (poolers = await Poolers.prepare(role)));
  afterEach(() => poolers.end());
  afterAll(async () => {
    await postgresQuery(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await poolers[Symbol.asyncDispose]();
  });

  /** Starts one and gives its URL. */
  const pooled = (settings: string): Promise<string> => poolers.start(`default_pool_size = 3\n${settings}`);
  const open = (url: string): Promise<SqlReadStore> => SqlReadStore.open({ url, schema }, { entities: [Parcel, CountryTotal] });
  const IGNORED = 'ignore_startup_parameters = statement_timeout, lock_timeout, idle_in_transaction_session_timeout, options';

  it('is refused by name where it refuses settings, or leaves them out', async () => {
    for (const [settings, advice] of [
      ['', /pooler.*ignore_startup_parameters/],
      [IGNORED, /pooler.*ALTER ROLE … SET statement_timeout = 60000/],
    ] as const) {
      const opening = open(await pooled(settings));
      await expect(opening).rejects.toMatchObject({ code: 'READ_STORE_UNSUPPORTED_DATABASE' });
      await expect(opening).rejects.toThrow(advice);
    }
  });

  it('works once the role has the settings, with many readers and writers over few connections of the server', async () => {
    const settings = ['statement_timeout = 60000', 'lock_timeout = 10000', 'idle_in_transaction_session_timeout = 60000', "timezone = 'UTC'"];
    for (const setting of settings) await postgresQuery(`ALTER ROLE ${role} SET ${setting}`);
    const url = await pooled(IGNORED);
    const [store, other] = [await open(url), await open(url)];
    try {
      await store.createGeneration(parcels, incarnation);
      const session = await store.open(parcels, 1);
      for (let position = 1; position <= 20; position++) {
        const fresh = Array.from({ length: 30 }, (_, index) => parcel(`${position}-${index}`, { weight: position }));
        const upserts = new Map(fresh.map((one) => [one.parcelId, one]));
        const writing = session.commit({
          changes: [{ collection: 'parcels', upserts, deletes: [], newKeys: new Set(upserts.keys()) }],
          checkpoint: move(position === 1 ? undefined : position - 1, position),
        });
        const reads = Array.from({ length: 8 }, () => other.read(['parcels'], (manager) => manager.count(Parcel)));
        for (const { value, position: seen } of await Promise.all(reads)) expect(value).toBe(Number(seen ?? 0) * 30);
        await writing;
      }
      const { number } = await store.createGeneration(parcels, incarnation, { isBulk: true });
      const filling = await store.open(parcels, number);
      await filling.commit({ changes: [], checkpoint: { from: undefined, to: at(20), digest: move(19, 20).digest } });
      await filling.finishBulk();
      await store.promote('parcels', number);
      expect((await other.read(['parcels'], (manager) => manager.count(Parcel))).value).toBe(0);
    } finally {
      await store.close();
      await other.close();
    }
  });
});
