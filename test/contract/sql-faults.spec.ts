// What the SQL read store does when its database fails: clear errors, nothing half done, work again afterwards.
import { execFile } from 'node:child_process';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { inspect, promisify } from 'node:util';
import { isMainstemError } from '@mainstem/event-store';
import { SqlReadStore } from '@mainstem/sql';
import pg from 'pg';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  CountryTotal,
  incarnation,
  move,
  Parcel,
  parcel,
  parcels,
  postgresFixture,
  postgresQuery,
  postgresUrl,
  sqliteFixture,
  withPostgres,
} from './sql-fixtures.js';
import { SOURCE_ARGUMENTS } from '../fixtures/source-arguments.js';
import type { SqlFixture } from './sql-fixtures.js';

// What the writer process fills.
@Entity('counted')
class Counted {
  @PrimaryColumn('text') id!: string;
  @Column('integer') number!: number;
}

const entities = [Parcel, CountryTotal];
const batchOf = (key: string, from: number | undefined, to: number) => ({
  changes: [{ collection: 'parcels', upserts: new Map([[key, parcel(key)]]), deletes: [] }],
  checkpoint: move(from, to),
});

describe.runIf(await withPostgres())('faults of PostgreSQL', () => {
  let fixture: SqlFixture;
  let schema: string;
  beforeEach(async () => {
    fixture = await postgresFixture();
    schema = 'schema' in fixture.location ? String(fixture.location.schema) : '';
  });
  afterEach(() => fixture.remove());

  const open = async () => {
    const store = await fixture.open();
    await store.createGeneration(parcels, incarnation);
    return { store, session: await store.open(parcels, 1) };
  };

  it('reports a connection killed in the middle of a transaction, keeps nothing of it, and works again', async () => {
    const { store, session } = await open();
    const killed = session.transact(
      async (transaction) => {
        await transaction.upsert('parcels', [parcel('lost')]);
        const [own] = await transaction.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
        await postgresQuery('SELECT pg_terminate_backend($1)', [own?.pid]);
        await transaction.upsert('parcels', [parcel('lost too')]);
      },
      { checkpoint: move(undefined, 1) },
    );
    await expect(killed).rejects.toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
    const again = await store.open(parcels, 1);
    expect(again.checkpoint.position).toBeUndefined();
    expect(await again.load('parcels', ['lost', 'lost too'])).toEqual(new Map());
    await again.commit(batchOf('kept', undefined, 1));
    expect((await again.load('parcels', ['kept'])).size).toBe(1);
  });

  it('reports a connection killed in the middle of a read, and reads again', async () => {
    const { store } = await open();
    const killed = store.read(['parcels'], async (manager) => {
      const [own] = await manager.query<{ pid: number }[]>('SELECT pg_backend_pid() AS pid');
      await postgresQuery('SELECT pg_terminate_backend($1)', [own?.pid]);
      return manager.find(Parcel);
    });
    await expect(killed).rejects.toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
    expect((await store.read(['parcels'], (manager) => manager.find(Parcel))).value).toEqual([]);
  });

  it('survives the loss of all its idle connections', async () => {
    const { store } = await open();
    await Promise.all(Array.from({ length: 3 }, () => store.generations()));
    await postgresQuery("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mainstem' AND query LIKE $1", [
      `%${schema}%`,
    ]);
    const answers = await Promise.allSettled(Array.from({ length: 5 }, () => store.generations()));
    for (const answer of answers) if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
    await expect
      .poll(
        () =>
          store.generations().then(
            (all) => all.length,
            () => 0,
          ),
        { timeout: 5_000 },
      )
      .toBe(1);
  });

  it('survives a server that ends each new connection with the piece that opens it, and works again', async () => {
    const { store } = await open();
    await store.close();
    const proxy = await endingProxy();
    const url = new URL(postgresUrl);
    url.host = `127.0.0.1:${proxy.port}`;
    const ended = await SqlReadStore.open({ url: url.href, schema }, { entities });
    await ended.generations();
    proxy.end();
    const calls = await Promise.allSettled(Array.from({ length: 8 }, () => ended.generations()));
    const refused = calls.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused as PromiseRejectedResult[]) expect(reason).toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
    proxy.heal();
    await expect.poll(() => ended.generations().catch(() => []), { timeout: 5_000 }).toHaveLength(1);
    await ended.close();
    await proxy.close();
  });

  it('works with one connection and many callers at once', async () => {
    const url = `${postgresUrl}?schema=${schema}`;
    const store = await SqlReadStore.open({ url, poolSizeMax: 1 }, { entities });
    await store.createGeneration(parcels, incarnation);
    const session = await store.open(parcels, 1);
    const calls = Array.from({ length: 200 }, (_, index) =>
      index % 2 === 0 ? store.read(['parcels'], (manager) => manager.count(Parcel)) : session.load('parcels', ['a']),
    );
    await session.commit(batchOf('a', undefined, 1));
    await Promise.all(calls);
    await store.close();
  });

  it('promotes once readers that hold an old snapshot are through, and lets others read meanwhile', async () => {
    const { store } = await open();
    await store.createGeneration(parcels, incarnation);
    const reading = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const slow = store.read(['parcels'], async (manager) => {
      await manager.find(Parcel);
      reading.resolve();
      await release.promise;
      return manager.count(Parcel);
    });
    await reading.promise;
    const promoting = store.promote('parcels', 2);
    await store.read(['parcels'], (manager) => manager.find(Parcel));
    expect((await store.generations('parcels'))[0]?.state).toBe('serving');
    release.resolve();
    await slow;
    await promoting;
    expect((await store.generations('parcels'))[1]?.state).toBe('serving');
  });

  it('keeps the rights that were granted on a view when another generation of the same shape is promoted', async () => {
    const { store } = await open();
    const role = `mainstem_reader_${process.pid}`;
    await postgresQuery(`CREATE ROLE ${role}; GRANT SELECT ON "${schema}".parcels TO ${role}`);
    try {
      await store.createGeneration(parcels, incarnation);
      await store.promote('parcels', 2);
      const { value } = await store.read(['parcels'], (manager) =>
        manager.query<{ may: boolean }[]>(`SELECT has_table_privilege('${role}', '"${schema}".parcels', 'SELECT') AS may`),
      );
      expect(value).toEqual([{ may: true }]);
    } finally {
      await postgresQuery(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });

  it('says what a role without rights lacks', async () => {
    const { store } = await open();
    await store.close();
    const role = `mainstem_poor_${process.pid}`;
    await postgresQuery(`CREATE ROLE ${role} LOGIN PASSWORD 'sentinel-secret'`);
    try {
      const url = new URL(postgresUrl);
      url.username = role;
      url.password = 'sentinel-secret';
      const refused = SqlReadStore.open({ url: url.href, schema }, { entities });
      await expect(refused).rejects.toMatchObject({ code: 'READ_STORE_PERMISSION_DENIED' });
      await expect(refused).rejects.toThrow(/must be able to create tables/);
      expect(await shown(refused)).not.toContain('sentinel-secret');
    } finally {
      await postgresQuery(`DROP ROLE ${role}`);
    }
  });

  it('keeps numbers and NULLs exact whatever the role, the database or the URL has set for sessions', async () => {
    const url = new URL(postgresUrl);
    url.searchParams.set('options', '-c extra_float_digits=-10 -c array_nulls=off');
    const store = await SqlReadStore.open({ url: url.href, schema }, { entities });
    await store.createGeneration(parcels, incarnation);
    const session = await store.open(parcels, 1);
    const exact = parcel('exact', { ratio: 0.1 + 0.2, note: null });
    await session.commit({ changes: [{ collection: 'parcels', upserts: new Map([['exact', exact]]), deletes: [] }], checkpoint: move(undefined, 1) });
    expect((await session.load('parcels', ['exact'])).get('exact')).toEqual(exact);
    expect((await store.read(['parcels'], (manager) => manager.find(Parcel))).value).toEqual([exact]);
    await store.close();
  });

  it('gives up a statement after the time that the URL allows, and says so', async () => {
    const url = new URL(postgresUrl);
    url.searchParams.set('statement_timeout', '3000');
    const store = await SqlReadStore.open({ url: url.href, schema }, { entities });
    await store.createGeneration(parcels, incarnation);
    const slow = store.read(['parcels'], (manager) => manager.query('SELECT pg_sleep(30)'));
    await expect(slow).rejects.toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
    await expect(slow).rejects.toThrow(/statement timeout/);
    await store.close();
  });

  it('does not wait for a lock longer than it may, and writes once the lock is gone', async () => {
    const { store } = await open();
    await store.close();
    const patient = await SqlReadStore.open({ url: postgresUrl, schema, lockTimeoutMs: 50 }, { entities });
    const session = await patient.open(parcels, 1);
    const blocker = new pg.Client(postgresUrl);
    await blocker.connect();
    await blocker.query(`BEGIN; LOCK TABLE "${schema}".parcels__g1 IN SHARE MODE`);
    await expect(session.commit(batchOf('a', undefined, 1))).rejects.toThrow(/waited too long for a lock/);
    await blocker.end();
    await session.commit(batchOf('a', undefined, 1));
    await patient.close();
  });

  it('refuses to write where the server takes no writes, as on a replica', async () => {
    const { store } = await open();
    await store.close();
    const url = new URL(postgresUrl);
    url.searchParams.set('options', '-c default_transaction_read_only=on');
    const replica = await SqlReadStore.open({ url: url.href, schema }, { entities });
    await expect(replica.open(parcels, 1)).rejects.toMatchObject({ code: 'READ_STORE_READ_ONLY' });
    expect((await replica.read(['parcels'], (manager) => manager.find(Parcel))).value).toEqual([]);
    await replica.close();
  });

  it('reports a server that is not there within its time, without showing the password', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    await new Promise((resolve) => silent.close(resolve));
    const url = `postgres://someone:sentinel-secret@127.0.0.1:${port}/nowhere`;
    const refused = SqlReadStore.open({ url }, { entities });
    await expect(refused).rejects.toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
    expect(await shown(refused)).not.toContain('sentinel-secret');
  });

  it('refuses a database that a newer version has changed, and leaves it as it is', async () => {
    const { store } = await open();
    await store.close();
    await postgresQuery(`INSERT INTO "${schema}".mainstem_migrations (timestamp, name) VALUES (9999999999999, 'FromTheFuture9999999999999')`);
    await expect(SqlReadStore.open(fixture.location, { entities })).rejects.toMatchObject({ code: 'READ_STORE_NEWER' });
  });

  it('goes on with a database that a newer version changes while it is open', async () => {
    const { session } = await open();
    await session.commit(batchOf('a', undefined, 1));
    for (const table of ['generations', 'partitions', 'parked']) {
      await postgresQuery(`ALTER TABLE "${schema}".mainstem_${table} ADD COLUMN from_the_future text`);
    }
    await postgresQuery(`INSERT INTO "${schema}".mainstem_migrations (timestamp, name) VALUES (9999999999999, 'FromTheFuture9999999999999')`);
    await session.commit(batchOf('b', 1, 2));
    expect([...(await session.load('parcels', ['a', 'b'])).keys()].toSorted()).toEqual(['a', 'b']);
  });
});

describe('faults of SQLite', () => {
  let fixture: SqlFixture;
  let file: string;
  beforeEach(async () => {
    fixture = await sqliteFixture();
    file = join('dir' in fixture.location ? fixture.location.dir : '', 'sql.db');
  });
  afterEach(() => fixture.remove());

  const open = async () => {
    const store = await fixture.open();
    await store.createGeneration(parcels, incarnation);
    return { store, session: await store.open(parcels, 1) };
  };

  it('waits for another process that writes, without blocking this one', async () => {
    const { session } = await open();
    const rival = new DatabaseSync(file);
    rival.exec('BEGIN IMMEDIATE');
    let isCommitted = false;
    const committing = session.commit(batchOf('a', undefined, 1)).then(() => (isCommitted = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isCommitted).toBe(false);
    rival.exec('COMMIT');
    await committing;
    rival.close();
  });

  it('keeps rows and checkpoint together when the process is killed at any moment', async () => {
    let rows = 0;
    for (const afterMs of [20, 50, 110, 200]) {
      await expect(runWriter(fixture, afterMs)).rejects.toMatchObject({ signal: 'SIGKILL' });
      const store = await fixture.open([Counted]);
      const { value, position } = await store.read(['counted'], (manager) => manager.count(Counted));
      expect(BigInt(value)).toBe(position);
      expect(value).toBeGreaterThan(rows);
      rows = value;
      await store.close();
    }
  });

  it('refuses a file that is no database, and leaves it as it is', async () => {
    await writeFile(file, 'this is not a database, but it is long enough to be looked at closely');
    await expect(fixture.open()).rejects.toMatchObject({ code: 'READ_STORE_INVALID_FILE' });
    expect(await readFile(file, 'utf8')).toContain('this is not a database');
  });

  it('refuses a file that a newer version has changed, and leaves it as it is', async () => {
    const { store } = await open();
    await store.close();
    const database = new DatabaseSync(file);
    database.exec("INSERT INTO mainstem_migrations (timestamp, name) VALUES (9999999999999, 'FromTheFuture9999999999999')");
    database.close();
    await expect(fixture.open()).rejects.toMatchObject({ code: 'READ_STORE_NEWER' });
  });

  it('goes on with a file that a newer version changes while it is open', async () => {
    const { session } = await open();
    await session.commit(batchOf('a', undefined, 1));
    const database = new DatabaseSync(file);
    for (const table of ['generations', 'partitions', 'parked']) database.exec(`ALTER TABLE mainstem_${table} ADD COLUMN from_the_future text`);
    database.exec("INSERT INTO mainstem_migrations (timestamp, name) VALUES (9999999999999, 'FromTheFuture9999999999999')");
    database.close();
    await session.commit(batchOf('b', 1, 2));
    expect([...(await session.load('parcels', ['a', 'b'])).keys()].toSorted()).toEqual(['a', 'b']);
  });

  it('says that a file cannot be written', async () => {
    const { store } = await open();
    await store.close();
    await chmod(file, 0o444);
    await chmod(dirname(file), 0o555);
    await asOrdinaryUser(() => expect(fixture.open()).rejects.toMatchObject({ code: 'READ_STORE_READ_ONLY' }));
    await chmod(dirname(file), 0o755);
  });
});

/**
 * Passes data on; after `end`, sends `terminating connection` together with `ready for query` to each new connection.
 */
const endingProxy = async () => {
  const { hostname, port: target } = new URL(postgresUrl);
  // Fields of an error message: severity, severity again untranslated, SQLSTATE, text.
  const fields = Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0');
  const farewell = Buffer.concat([Buffer.from('E'), Buffer.alloc(4), fields]);
  farewell.writeInt32BE(fields.length + 4, 1);
  let isEnding = false;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = createConnection({ host: hostname, port: Number(target || 5432) });
    let isNew = isEnding;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined); // ended by the other side
    }
    client.pipe(upstream);
    upstream.on('data', (piece) => {
      const isReady = piece.subarray(-6).equals(Buffer.from([0x5a, 0, 0, 0, 5, 0x49]));
      if (!isNew || !isReady) return void client.write(piece);
      isNew = false;
      client.end(Buffer.concat([piece, farewell]));
      upstream.destroy();
    });
    upstream.on('close', () => client.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    end: () => void (isEnding = true),
    heal: () => void (isEnding = false),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

/** The superuser may write everything: during `work` this process is another user. */
const asOrdinaryUser = async (work: () => Promise<void>): Promise<void> => {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
};

/** Runs a process that commits one row after another to the fixture's database until it kills itself. */
const runWriter = (fixture: SqlFixture, afterMs: number): Promise<unknown> => {
  const dir = 'dir' in fixture.location ? fixture.location.dir : '';
  return promisify(execFile)(process.execPath, [...SOURCE_ARGUMENTS, join(import.meta.dirname, 'workers', 'sql-writer.mjs'), dir, String(afterMs)]);
};

/** Everything that a log could show of a failure. */
const shown = async (failing: Promise<unknown>): Promise<string> => {
  const error: unknown = await failing.catch((failure: unknown) => failure);
  expect(isMainstemError(error)).toBe(true);
  return inspect(error, { depth: 20, showHidden: true });
};
