// PgBouncer in transaction mode before PostgreSQL: refused by name until the role has the settings that get lost.
import 'reflect-metadata';
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqlReadStore } from '@mainstem/sql';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { at, CountryTotal, incarnation, move, Parcel, parcel, parcels, postgresQuery, postgresUrl, withPostgres } from './sql-fixtures.js';

const hasPooler = spawnSync('pgbouncer', ['--version']).status === 0;
if (!hasPooler) console.warn('pgbouncer was not found in the path: its tests are left out.');

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

describe.runIf(hasPooler && (await withPostgres()))('PgBouncer in transaction mode', () => {
  const role = `mainstem_pooled_${process.pid}`;
  const schema = role;
  const server = new URL(postgresUrl);
  const running: ChildProcess[] = [];
  let dir: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mainstem-pooler-'));
    await chmod(dir, 0o777);
    await postgresQuery(`CREATE ROLE ${role} LOGIN SUPERUSER`);
  });
  afterEach(() => {
    for (const child of running.splice(0)) child.kill();
  });
  afterAll(async () => {
    await postgresQuery(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await postgresQuery(`DROP ROLE ${role}`);
    await rm(dir, { recursive: true, force: true });
  });

  /** Starts one and gives its URL. */
  const pooled = async (settings: string): Promise<string> => {
    const port = await freePort();
    const file = join(dir, `${port}.ini`);
    const target = `host=${server.hostname} port=${server.port || 5432} dbname=${server.pathname.slice(1)} user=${role}`;
    const lines = ['[databases]', `pooled = ${target}`, '[pgbouncer]', 'listen_addr = 127.0.0.1', `listen_port = ${port}`, 'unix_socket_dir ='];
    await writeFile(file, [...lines, 'auth_type = any', 'pool_mode = transaction', 'default_pool_size = 3', settings, ''].join('\n'));
    running.push(spawn('pgbouncer', [...(process.getuid?.() === 0 ? ['-u', 'nobody'] : []), file], { stdio: 'ignore' }));
    const url = `postgres://${role}@127.0.0.1:${port}/pooled`;
    await expect
      .poll(
        async () => {
          const client = new pg.Client(url);
          const isUp = await client.connect().then(
            () => true,
            () => false,
          );
          await client.end();
          return isUp;
        },
        { timeout: 10_000 },
      )
      .toBe(true);
    return url;
  };
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
