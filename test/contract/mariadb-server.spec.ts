// The SQL read store on a MariaDB server in trouble, and after a crash between statements that commit by themselves.
import { createServer, type AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { SqlReadStore } from '@mainstem/sql';
import { createConnection, type Connection } from 'mysql2/promise';
import { Entity, PrimaryColumn } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  incarnation,
  move,
  mariadbFixture,
  mariadbQuery,
  mariadbRows,
  mariadbUrl,
  Parcel,
  CountryTotal,
  parcel,
  parcels,
  withMariadb,
} from './sql-fixtures.js';
import type { SqlFixture } from './sql-fixtures.js';

const entities = [Parcel, CountryTotal];
const batchOf = (key: string, from: number | undefined, to: number, fields: Partial<Parcel> = {}) => ({
  changes: [{ collection: 'parcels', upserts: new Map([[key, parcel(key, fields)]]), deletes: [] }],
  checkpoint: move(from, to),
});

@Entity('long_keys')
class LongKey {
  @PrimaryColumn('text') id!: string;
}

describe.runIf(await withMariadb())('faults of MariaDB', () => {
  let fixture: SqlFixture;
  let url: string;
  beforeEach(async () => {
    fixture = await mariadbFixture();
    url = 'url' in fixture.location ? fixture.location.url : '';
  });
  afterEach(() => fixture.remove());

  const rows = async <Row>(sql: string): Promise<readonly Row[]> => (await mariadbRows(sql, [], url)) as readonly Row[];
  const open = async () => {
    const store = await fixture.open();
    await store.createGeneration(parcels, incarnation);
    return { store, session: await store.open(parcels, 1) };
  };
  /** A serving generation with one parcel, and a further one with another. */
  const twoGenerations = async () => {
    const { store, session } = await open();
    await session.commit(batchOf('first', undefined, 1));
    await store.createGeneration(parcels, incarnation);
    await (await store.open(parcels, 2)).commit(batchOf('second', undefined, 2));
    return { store, session };
  };
  const seen = async (store: SqlReadStore): Promise<readonly [keys: readonly string[], position: bigint | undefined]> => {
    const { value, position } = await store.read(['parcels'], (manager) => manager.find(Parcel));
    return [value.map(({ parcelId }) => parcelId), position];
  };
  const NOTE = 'INSERT INTO mainstem_unsettled (name, is_view) VALUES';

  it('shows the generation that serves where a promotion broke off after it had changed a view', async () => {
    const { store } = await twoGenerations();
    await rows(`${NOTE} ('parcels', 1)`);
    await rows('CREATE OR REPLACE VIEW parcels AS SELECT parcelId, land, note, weight, number, ratio, isOpen, tags FROM parcels__g2');
    expect(await seen(store)).toEqual([['first'], 1n]);
    expect(await rows('SELECT name FROM mainstem_unsettled')).toEqual([]);
    await store.promote('parcels', 2);
    expect(await seen(store)).toEqual([['second'], 2n]);
  });

  it('shows the generation that serves where a promotion broke off after its commit', async () => {
    const { store } = await twoGenerations();
    await store.promote('parcels', 2);
    await rows(`${NOTE} ('parcels', 1), ('countries', 1)`);
    await rows('DROP VIEW countries');
    await rows('CREATE OR REPLACE VIEW parcels AS SELECT parcelId, land, note, weight, number, ratio, isOpen, tags FROM parcels__g1');
    expect(await seen(await fixture.open())).toEqual([['second'], 2n]);
    expect((await store.read(['parcels'], (manager) => manager.find(CountryTotal))).value).toEqual([]);
  });

  it('makes the next generation although a table of one is there that came to nothing', async () => {
    const { store } = await open();
    await rows(`${NOTE} ('parcels__g2', 0)`);
    await rows('CREATE TABLE parcels__g2 (other int)');
    await store.createGeneration(parcels, incarnation);
    await (await store.open(parcels, 2)).commit(batchOf('second', undefined, 2));
    await store.promote('parcels', 2);
    expect(await seen(store)).toEqual([['second'], 2n]);
  });

  it('removes when it is opened what is left of a generation that was dropped, and nothing else', async () => {
    const { store } = await open();
    await rows(`${NOTE} ('parcels__g1', 0), ('parcels__g7', 0), ('gone', 1)`);
    await rows('CREATE TABLE parcels__g7 (other int)');
    await rows('CREATE TABLE parcels__g8 (other int)');
    await store.close();
    await fixture.open();
    const tables = await rows<{ name: string }>(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = database() AND table_name LIKE 'parcels%' ORDER BY 1",
    );
    expect(tables.map(({ name }) => name)).toEqual(['parcels', 'parcels__g1', 'parcels__g8']);
  });

  it('keeps nothing of a generation whose making fails', async () => {
    const store = await fixture.open();
    await rows('CREATE TABLE countries__g1 (other int)');
    await expect(store.createGeneration(parcels, incarnation)).rejects.toMatchObject({ code: 'READ_STORE_NAME_TAKEN' });
    expect(await rows("SHOW TABLES LIKE 'parcels%'")).toEqual([]);
    expect(await store.generations()).toEqual([]);
    await rows('DROP TABLE countries__g1');
    await store.createGeneration(parcels, incarnation);
    expect(await seen(store)).toEqual([[], undefined]);
  });

  it('promotes once readers that hold an old snapshot are through, and lets others read meanwhile', async () => {
    const { store } = await twoGenerations();
    const reading = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const slow = store.read(['parcels'], async (manager) => {
      reading.resolve();
      await release.promise;
      return manager.find(Parcel);
    });
    await reading.promise;
    const promoting = store.promote('parcels', 2);
    expect(await seen(store)).toEqual([['first'], 1n]);
    release.resolve();
    expect((await slow).value.map(({ parcelId }) => parcelId)).toEqual(['first']);
    await promoting;
    expect(await seen(store)).toEqual([['second'], 2n]);
  });

  it('reports a connection killed in the middle of a transaction, keeps nothing of it, and works again', async () => {
    const { store, session } = await open();
    const killed = session.transact(
      async (transaction) => {
        await transaction.upsert('parcels', [parcel('lost')]);
        const [own] = await transaction.query<{ id: string }>('SELECT connection_id() AS id');
        await mariadbQuery(`KILL ${own?.id}`);
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
      const [own] = await manager.query<{ id: string }[]>('SELECT connection_id() AS id');
      await mariadbQuery(`KILL ${own?.id}`);
      return manager.find(Parcel);
    });
    await expect(killed).rejects.toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
    expect(await seen(store)).toEqual([[], undefined]);
  });

  it('survives the loss of all its idle connections', async () => {
    const { store } = await open();
    await Promise.all(Array.from({ length: 3 }, () => store.generations()));
    const own = await rows<{ id: string }>('SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()');
    for (const { id } of own) await mariadbQuery(`KILL ${id}`);
    const answers = await Promise.allSettled(Array.from({ length: 5 }, () => store.generations()));
    for (const answer of answers) if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
    await expect.poll(() => store.generations().catch(() => []), { timeout: 5_000 }).toHaveLength(1);
  });

  it('gives a batch up as a whole where the server has undone it for a deadlock that a handler hides', async () => {
    const { store, session } = await open();
    await session.commit(batchOf('a', undefined, 1));
    await rows('CREATE TABLE others (id int PRIMARY KEY, n int)');
    await rows('INSERT INTO others VALUES (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0)');
    const rival = await connectionTo(url);
    await rival.query('START TRANSACTION');
    await rival.query('UPDATE others SET n = n + 1'); // the one that has changed less is undone
    const failed = session.transact(
      async (transaction) => {
        await transaction.query(`UPDATE ${transaction.table('parcels')} SET weight = 5 WHERE "parcelId" = 'a'`);
        const blocked = rival.query('UPDATE parcels__g1 SET weight = 9').catch(() => undefined);
        const waiting = "SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'";
        await expect.poll(async () => (await rows(waiting)).length, { timeout: 10_000 }).toBeGreaterThan(0);
        await transaction.query('UPDATE others SET n = 7').catch(() => undefined);
        await transaction.upsert('parcels', [parcel('c')]).catch(() => undefined);
        await blocked;
      },
      { checkpoint: move(1, 2) },
    );
    const isWhole = await failed.then(
      () => true,
      (error: unknown) => {
        expect(error).toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
        return false;
      },
    );
    await rival.end();
    expect((await store.generations('parcels'))[0]?.checkpoint.position).toBe(isWhole ? 2n : 1n);
    expect((await session.load('parcels', ['c'])).size).toBe(isWhole ? 1 : 0);
  });

  it('takes documents up to what the server takes in one statement, and refuses a larger one by its key', async () => {
    const { session } = await open();
    const [row] = await rows<{ packet: string }>('SELECT @@max_allowed_packet AS packet');
    const text = "a'\\".repeat(Math.floor((Number(row?.packet) - 200_000) / 5));
    await session.commit(batchOf('large', undefined, 1, { note: text }));
    expect((await session.load('parcels', ['large'])).get('large')).toMatchObject({ note: text });
    const refused = session.commit(batchOf('larger', 1, 2, { note: text + text }));
    await expect(refused).rejects.toMatchObject({ code: 'READ_STORE_INVALID_DOCUMENT', key: 'larger' });
    const over = session.transact((transaction) => transaction.query('SELECT ?', [text + text]).then(() => undefined), { checkpoint: move(1, 2) });
    await expect(over).rejects.toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
  });

  it('keeps keys apart, and in order, whose first thousands of bytes are the same, and that differ by blanks at their end', async () => {
    const store = await fixture.open([LongKey]);
    const projection = { ...parcels, name: 'long', collections: [{ name: 'long', document: LongKey, hasState: false }] };
    await store.createGeneration(projection, incarnation);
    const session = await store.open(projection, 1);
    const keys = ['é'.repeat(1_299), `${'é'.repeat(1_299)}a`, `${'é'.repeat(1_299)}b`, 'a', 'a ', 'A', 'ä'].toSorted((a, b) =>
      Buffer.compare(Buffer.from(a), Buffer.from(b)),
    );
    await session.commit({
      changes: [{ collection: 'long', upserts: new Map(keys.map((id) => [id, { id }])), deletes: [] }],
      checkpoint: move(undefined, 1),
    });
    expect((await store.scan('long', 1, 'long', { limit: 10 })).map(([key]) => key)).toEqual(keys);
    const { value } = await store.read(['long'], (manager) => manager.find(LongKey, { order: { id: 'ASC' } }));
    expect(value.map(({ id }) => id)).toEqual(keys);
  });

  it('keeps names and times right whatever the server has set for sessions', async () => {
    const settings = await rows<{ mode: string; zone: string }>('SELECT @@global.sql_mode AS mode, @@global.time_zone AS zone');
    await mariadbQuery("SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES', GLOBAL time_zone = '+05:00'");
    try {
      const { store, session } = await open();
      await session.commit(batchOf("a'\\", undefined, 1, { note: '\\\' " ` \n', ratio: 0.1 + 0.2 }));
      expect((await session.load('parcels', ["a'\\"])).get("a'\\")).toMatchObject({ note: '\\\' " ` \n', ratio: 0.1 + 0.2 });
      expect(await seen(store)).toEqual([["a'\\"], 1n]);
    } finally {
      await mariadbQuery('SET GLOBAL sql_mode = ?, GLOBAL time_zone = ?', [settings[0]?.mode, settings[0]?.zone]);
    }
  });

  it('says what a user without rights lacks, and shows no password', async () => {
    const { store } = await open();
    await store.close();
    const user = `poor_${process.pid}`;
    await mariadbQuery(`CREATE USER ${user} IDENTIFIED BY 'sentinel-secret'`);
    try {
      const poor = Object.assign(new URL(url), { username: user, password: 'sentinel-secret' }).href;
      await expect(SqlReadStore.open({ url: poor }, { entities })).rejects.toMatchObject({ code: 'READ_STORE_PERMISSION_DENIED' });
      await mariadbQuery(`GRANT SELECT ON ${new URL(url).pathname.slice(1)}.* TO ${user}`);
      const reader = await SqlReadStore.open({ url: poor }, { entities }).catch((error: unknown) => error);
      if (!(reader instanceof SqlReadStore)) expect(reader).toMatchObject({ code: 'READ_STORE_PERMISSION_DENIED' });
      const wrong = SqlReadStore.open({ url: poor.replace('sentinel-secret', 'sentinel-wrong') }, { entities });
      await expect(wrong).rejects.toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
      await expect(wrong).rejects.toThrow(/check user and password/);
      expect(await shown(wrong)).not.toMatch(/sentinel/);
    } finally {
      await mariadbQuery(`DROP USER ${user}`);
    }
  });

  it('reports a server or a database that is not there', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    await new Promise((resolve) => silent.close(resolve));
    const nowhere = SqlReadStore.open({ url: `mariadb://someone:sentinel-secret@127.0.0.1:${port}/nowhere` }, { entities });
    await expect(nowhere).rejects.toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
    expect(await shown(nowhere)).not.toContain('sentinel-secret');
    const missing = SqlReadStore.open({ url: Object.assign(new URL(mariadbUrl), { pathname: '/no_such_database' }).href }, { entities });
    await expect(missing).rejects.toThrow(/READ_STORE_UNAVAILABLE|Unknown database/);
  });

  it('gives up a statement after the time that the URL allows, and a wait for a lock', async () => {
    const { store } = await open();
    await store.close();
    const hurried = await SqlReadStore.open({ url: `${url}?statement_timeout=1000&lock_timeout=1000` }, { entities });
    const slow = hurried.read(['parcels'], (manager) => manager.query('SELECT count(*) FROM (SELECT sleep(30)) AS pause'));
    await expect(slow).rejects.toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
    await expect(slow).rejects.toThrow(/max_statement_time/);
    const session = await hurried.open(parcels, 1);
    const blocker = await connectionTo(url);
    await blocker.query('START TRANSACTION');
    await blocker.query('SELECT * FROM mainstem_generations FOR UPDATE');
    await expect(session.commit(batchOf('a', undefined, 1))).rejects.toThrow(/waited too long for a lock|max_statement_time/);
    await blocker.end();
    await session.commit(batchOf('a', undefined, 1));
    await hurried.close();
  });

  it('works with one connection and many callers at once', async () => {
    const store = await SqlReadStore.open({ url, poolSizeMax: 1 }, { entities });
    await store.createGeneration(parcels, incarnation);
    const session = await store.open(parcels, 1);
    const calls = Array.from({ length: 50 }, (_, index) =>
      index % 2 === 0 ? store.read(['parcels'], (manager) => manager.count(Parcel)) : session.load('parcels', ['a']),
    );
    await session.commit(batchOf('a', undefined, 1));
    await Promise.all(calls);
    await store.close();
  });

  it('refuses to write where the server takes no writes, and reads there', async () => {
    const { store, session } = await open();
    await session.commit(batchOf('a', undefined, 1));
    await store.close();
    const user = `reader_${process.pid}`;
    await mariadbQuery(`CREATE USER ${user} IDENTIFIED BY 'reader'; GRANT ALL ON ${new URL(url).pathname.slice(1)}.* TO ${user}`);
    const readOnly = Object.assign(new URL(url), { username: user, password: 'reader' }).href;
    await mariadbQuery('SET GLOBAL read_only = 1');
    try {
      const replica = await SqlReadStore.open({ url: readOnly }, { entities });
      await expect(replica.open(parcels, 1)).rejects.toMatchObject({ code: 'READ_STORE_READ_ONLY' });
      expect(await seen(replica)).toEqual([['a'], 1n]);
      await replica.close();
    } finally {
      await mariadbQuery(`SET GLOBAL read_only = 0; DROP USER ${user}`);
    }
  });

  it('refuses a database that a newer version has changed, and leaves it as it is', async () => {
    const { store } = await open();
    await store.close();
    await rows("INSERT INTO mainstem_migrations (timestamp, name) VALUES (9999999999999, 'FromTheFuture9999999999999')");
    await expect(SqlReadStore.open({ url }, { entities })).rejects.toMatchObject({ code: 'READ_STORE_NEWER' });
  });
});

const connectionTo = (url: string): Promise<Connection> => createConnection({ uri: url.replace(/^mariadb:/, 'mysql:') });

const shown = (refused: Promise<unknown>): Promise<string> => refused.then(String, (error: unknown) => inspect(error, { depth: 9 }));
