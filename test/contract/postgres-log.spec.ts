// The log on PostgreSQL: one order that no reader passes, whatever writers and strangers do; bounded waits; names for
// every refusal.
import { randomUUID } from 'node:crypto';
import { streamName, systemRuntime, type Runtime } from '@mainstem/event-store';
import { PostgresEventStore, schemaStatements } from '@mainstem/postgres';
import { TcpProxy } from '@mainstem/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appendNamed, eventsNamed, flawsOf, following, LogSchema, logOf } from './postgres-events.js';
import { postgresQuery, postgresRows, postgresUrl, withPostgres } from './sql-fixtures.js';

const WAITED_MS = 300;
/** How long a close goes on to begin commits. */
const CLOSE_MS = 5_000;
/** In the statement that appends. */
const APPEND = '"append"(';
/** In the statement that looks where the log ends. */
const LOOK = 'ORDER BY e.position DESC LIMIT 1';

describe.runIf(await withPostgres())('the log on PostgreSQL', () => {
  let schema: LogSchema;
  let ending: AbortController;
  beforeEach(() => {
    schema = new LogSchema();
    ending = new AbortController();
  });
  afterEach(async () => {
    ending.abort();
    await schema[Symbol.asyncDispose]();
  });

  /** Sessions of this schema's stores that wait for a lock. */
  const waiting = (): Promise<readonly unknown[]> =>
    postgresRows(`SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%${schema.name}%'`);

  /** A way to the server that fails as the test says. */
  const through = async (onPiece: (proxy: TcpProxy, piece: Buffer, from: 'client' | 'server') => void) => {
    const { hostname, port } = new URL(postgresUrl);
    const proxy: TcpProxy = await TcpProxy.listen({
      target: { host: hostname, port: Number(port || 5432) },
      onPiece: (piece, from) => onPiece(proxy, piece, from),
    });
    const url = Object.assign(new URL(postgresUrl), { hostname: '127.0.0.1', port: String(proxy.port) }).href;
    return { proxy, url };
  };

  describe('has one order', () => {
    it.each(['COMMIT', 'ROLLBACK'])('in which no reader passes an append that is still open, until its %s', async (end) => {
      const store = await schema.open();
      const other = await schema.open();
      const { seen, done } = following(store, ending.signal);
      const stranger = await schema.stranger();
      await appendNamed(store, 'before');
      await stranger.query('BEGIN');
      await schema.appendBy(stranger, store, 'held');
      const appended = appendNamed(other, 'after');
      await expect.poll(waiting).toHaveLength(1);
      expect([await store.head(), (await logOf(store)).length]).toEqual([1n, 1]);
      await stranger.query(end);
      const { position } = await appended;
      expect(position).toBe(end === 'COMMIT' ? 3n : 2n);
      await expect.poll(() => seen).toEqual(end === 'COMMIT' ? [1n, 2n, 3n] : [1n, 2n]);
      expect(flawsOf(await logOf(store))).toEqual([]);
      ending.abort();
      await done;
    });

    it('in which a transaction that began early and appends late comes late', async () => {
      const store = await schema.open();
      const early = await schema.stranger();
      await early.query('BEGIN');
      await early.query('SELECT pg_current_xact_id()');
      await appendNamed(store, 'first');
      await schema.appendBy(early, store, 'late');
      await early.query('COMMIT');
      expect((await logOf(store)).map(({ stream }) => stream)).toEqual(['order-first', 'order-late']);
    });

    it('that the appends of several stores share, and every follower sees', async () => {
      const stores = await Promise.all(Array.from({ length: 4 }, (_, index) => schema.open({ notify: index % 2 === 0 })));
      const followers = stores.map((store) => following(store, ending.signal));
      const appends = stores.flatMap((store, index) =>
        Array.from({ length: 100 }, (_, n) => appendNamed(store, `${index}-${n}`, n % 3 === 0 ? 'shared-1' : `own-${index}`)),
      );
      await Promise.all(appends);
      const log = await logOf(stores[0] as PostgresEventStore);
      expect([log.length, flawsOf(log)]).toEqual([400, []]);
      for (const { seen } of followers) await expect.poll(() => seen).toEqual(log.map(({ position }) => position));
    });

    it('without a hole after any failure', async () => {
      const store = await schema.open();
      const stranger = await schema.stranger();
      await appendNamed(store, 'a', 'order-1');
      await expect(appendNamed(store, 'b', 'order-1', 'no-stream')).rejects.toMatchObject({ code: 'EVENT_STORE_WRONG_EXPECTED_REVISION' });
      await stranger.query('BEGIN; SAVEPOINT before');
      await schema.appendBy(stranger, store, 'undone');
      await stranger.query('ROLLBACK TO SAVEPOINT before');
      await schema.appendBy(stranger, store, 'kept');
      await stranger.query('COMMIT');
      await stranger.query('BEGIN');
      await schema.appendBy(stranger, store, 'lost');
      const appended = appendNamed(store, 'c', 'order-1');
      const { rows } = await stranger.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await postgresQuery('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
      await appended;
      const log = await logOf(store);
      expect([log.map(({ stream }) => stream), flawsOf(log)]).toEqual([['order-1', 'order-kept', 'order-1'], []]);
    });

    it('that open transactions of strangers do not hold up: neither those of another database nor their locks of rows', async () => {
      const store = await schema.open();
      const database = `${schema.name}_other`;
      await postgresQuery(`CREATE DATABASE ${database}`);
      const url = Object.assign(new URL(postgresUrl), { pathname: `/${database}` }).href;
      try {
        const { seen, done } = following(store, ending.signal);
        const elsewhere = await schema.stranger(url);
        const here = await schema.stranger();
        await elsewhere.query('BEGIN; CREATE TEMP TABLE theirs (a integer); SELECT pg_current_xact_id()');
        await appendNamed(store, 'before');
        await here.query(`BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT pg_current_xact_id(); SELECT * FROM ${schema.name}.events FOR SHARE`);
        for (let n = 0; n < 5; n++) await appendNamed(store, `c${n}`);
        await expect.poll(() => seen).toHaveLength(6);
        await elsewhere.end();
        ending.abort();
        await done;
      } finally {
        await postgresQuery(`DROP DATABASE ${database} WITH (FORCE)`);
      }
    });

    it.each(['repeatable read', 'serializable'])('whatever the sessions of the role default to: %s', async (isolation) => {
      const url = new URL(postgresUrl);
      url.searchParams.set('options', `-c default_transaction_isolation=${isolation.replace(' ', '\\ ')} -c synchronous_commit=off`);
      const stores = await Promise.all([schema.open({ url: url.href }), schema.open({ url: url.href })]);
      await Promise.all(stores.flatMap((store, index) => Array.from({ length: 20 }, (_, n) => appendNamed(store, `${index}-${n}`, 'shared-1'))));
      const log = await logOf(stores[0] as PostgresEventStore);
      expect([log.length, flawsOf(log)]).toEqual([40, []]);
    });

    it('whatever functions of others the search path of the role finds', async () => {
      const store = await schema.open();
      await store.append(streamName('order-1'), eventsNamed('many', 4_100), { expectedRevision: 'no-stream' });
      const others = `${schema.name}_others`;
      await postgresQuery(`CREATE SCHEMA ${others}`);
      try {
        await postgresQuery(`CREATE FUNCTION ${others}.cardinality(uuid[]) RETURNS integer LANGUAGE sql AS 'SELECT 99'`);
        await postgresQuery(`CREATE FUNCTION ${others}.unnest(text[]) RETURNS SETOF text LANGUAGE sql AS 'SELECT NULL LIMIT 0'`);
        const url = new URL(postgresUrl);
        url.searchParams.set('options', `-c search_path=${others}`);
        const theirs = await schema.open({ url: url.href });
        await theirs.append(streamName('order-last'), [{ ...eventsNamed('rare')[0], type: 'Rare' } as never], { expectedRevision: 'no-stream' });
        const rare: bigint[] = [];
        // The first page finds that few are wanted; the second one asks the index.
        for await (const events of theirs.readAll({ filter: { types: ['Rare'] }, batchSizeMax: 1 }))
          rare.push(...events.map(({ position }) => position));
        expect(rare).toEqual([4_101n]);
      } finally {
        await postgresQuery(`DROP SCHEMA ${others} CASCADE`);
      }
    });

    it('in which exactly one of many contenders wins, on a new stream and on one that is there', async () => {
      const stores = await Promise.all([schema.open(), schema.open(), schema.open()]);
      for (let round = 0; round < 10; round++) {
        const expected = round === 0 ? 'no-stream' : (BigInt(round - 1) as never);
        const outcomes = await Promise.allSettled(
          Array.from({ length: 21 }, (_, n) => appendNamed(stores[n % 3] as PostgresEventStore, `${round}-${n}`, 'order-1', expected)),
        );
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      }
      expect((await logOf(stores[0] as PostgresEventStore)).length).toBe(10);
    });
  });

  describe('takes an append once', () => {
    it.each(['any', 'no-stream'] as const)('whose answer was lost, expected at %s, also if others have appended since', async (expected) => {
      let step: 'idle' | 'armed' | 'sent' = 'idle';
      let onLost = (): void => undefined;
      const { proxy, url } = await through((self, piece, from) => {
        if (step === 'armed' && from === 'client' && piece.includes(APPEND)) {
          step = 'sent';
          self.become({ kind: 'no-reply' });
        } else if (step === 'sent' && from === 'server') {
          step = 'idle';
          onLost();
        }
      });
      try {
        const store = await schema.open({ url, notify: false });
        const direct = await schema.open();
        for (let round = 0; round < 5; round++) {
          const lost = new Promise<void>((resolve) => (onLost = resolve));
          step = 'armed';
          const stream = expected === 'any' ? 'order-1' : `order-${round}`;
          const appended = appendNamed(store, `c${round}`, stream, expected);
          await lost;
          await appendNamed(direct, `d${round}`, stream);
          proxy.become({ kind: 'none' });
          proxy.reset();
          expect(await direct.idAt((await appended).position)).toBe(eventsNamed(`c${round}`)[0]?.id);
        }
        const log = await logOf(direct);
        expect([log.length, flawsOf(log)]).toEqual([10, []]);
      } finally {
        await schema[Symbol.asyncDispose]();
        await proxy.close();
      }
    });

    it('whose COMMIT was not answered, after another process has put more events before it than any page holds', async () => {
      let step: 'idle' | 'armed' | 'sent' = 'idle';
      const { proxy, url } = await through((self, piece, from) => {
        if (step === 'armed' && from === 'client' && piece.includes('COMMIT\0')) {
          step = 'sent';
          self.become({ kind: 'no-reply' });
        } else if (step === 'sent' && from === 'server') {
          step = 'idle';
          self.become({ kind: 'none' });
          self.reset();
        }
      });
      try {
        const direct = await schema.open();
        const store = await schema.open({ url, notify: false });
        await appendNamed(direct, 'first', 'order-1');
        const stranger = await schema.stranger();
        await stranger.query(`BEGIN; SELECT FROM ${schema.name}.log FOR UPDATE`);
        const many = direct.append(streamName('order-1'), eventsNamed('many', 2_000), { expectedRevision: 'any' });
        await expect.poll(waiting).toHaveLength(1);
        step = 'armed';
        const appended = appendNamed(store, 'late', 'order-1');
        await expect.poll(waiting).toHaveLength(2);
        await stranger.query('COMMIT');
        await many;
        expect([await appended, step]).toEqual([{ revision: 2_001n, position: 2_002n }, 'idle']);
        expect(await direct.head()).toBe(2_002n);
      } finally {
        await schema[Symbol.asyncDispose]();
        await proxy.close();
      }
    });

    it('that did not arrive before the connection broke', async () => {
      let isArmed = false;
      const { proxy, url } = await through((self, piece, from) => {
        if (!isArmed || from !== 'client' || !piece.includes(APPEND)) return;
        isArmed = false;
        self.become({ kind: 'half-open' });
        setImmediate(() => {
          self.become({ kind: 'none' });
          self.reset();
        });
      });
      try {
        const store = await schema.open({ url, notify: false });
        for (let round = 0; round < 5; round++) {
          isArmed = true;
          await appendNamed(store, `c${round}`, 'order-1');
          expect(isArmed).toBe(false);
        }
        expect(flawsOf(await logOf(store))).toEqual([]);
        expect(await store.head()).toBe(5n);
      } finally {
        await schema[Symbol.asyncDispose]();
        await proxy.close();
      }
    });

    it('while the server ends its sessions all the time', async () => {
      const store = await schema.open();
      const { seen, done } = following(store, ending.signal);
      let isOver = false;
      const terminate = async (): Promise<void> => {
        while (!isOver)
          await postgresQuery(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mainstem' AND query LIKE '%${schema.name}%' AND random() < 0.3`,
          );
      };
      const terminating = terminate();
      for (let round = 0; round < 20; round++)
        await Promise.all(Array.from({ length: 5 }, (_, n) => appendNamed(store, `${round}-${n}`, `order-${n}`)));
      isOver = true;
      await terminating;
      const log = await logOf(store);
      expect([log.length, flawsOf(log)]).toEqual([100, []]);
      await expect.poll(() => seen).toEqual(log.map(({ position }) => position));
      ending.abort();
      await done;
    });
  });

  describe('refuses by name', () => {
    it('appends that wait too long for another session, whose pid it tells, while reads go on', async () => {
      const store = await schema.open({ lockTimeoutMs: WAITED_MS, poolSizeMax: 2 });
      await appendNamed(store, 'before');
      const stranger = await schema.stranger();
      const { rows } = await stranger.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      for (const held of [`SELECT * FROM ${schema.name}.log FOR UPDATE`, `LOCK TABLE ${schema.name}.events IN SHARE MODE`]) {
        await stranger.query(`BEGIN; ${held}`);
        const appends = Array.from({ length: 50 }, (_, n) => appendNamed(store, `c${n}`));
        expect(await logOf(store)).toHaveLength(1);
        for (const outcome of await Promise.allSettled(appends)) {
          expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'EVENT_STORE_BUSY', holders: [{ pid: rows[0]?.pid }] } });
        }
        await stranger.query('ROLLBACK');
      }
      expect((await appendNamed(store, 'after')).position).toBe(2n);
    });

    it.each(['that is locked', 'that does not answer'])(
      'what waits in a full queue when it is closed over a log %s, and closes soon',
      async (trouble) => {
        let looks = 0;
        const { proxy, url } = await through((_self, piece, from) => {
          if (from === 'client' && piece.includes(LOOK)) looks++;
        });
        // The time of a close passes quickly here; those of the server stay.
        const sleep: Runtime['sleep'] = (ms, signal) => systemRuntime.sleep(ms === CLOSE_MS ? 100 : ms, signal);
        const store = await schema.open({ url, lockTimeoutMs: 60_000, runtime: { ...systemRuntime, sleep } });
        const stranger = await schema.stranger();
        try {
          const { seen, done } = following(store, ending.signal);
          const followed = expect(done).rejects.toMatchObject({ code: 'EVENT_STORE_CLOSED' });
          await appendNamed(store, 'before');
          await expect.poll(() => seen).toEqual([1n]);
          if (trouble === 'that is locked') await stranger.query(`BEGIN; SELECT * FROM ${schema.name}.log FOR UPDATE`);
          else proxy.become({ kind: 'half-open' });
          const looked = looks;
          await expect.poll(() => looks).toBeGreaterThan(looked);
          const reading = Promise.allSettled([store.head()]); // a close ends it, or it was answered before
          const names = ['a', 'b', 'c'];
          const appends = names.map((name) => store.append(streamName(`order-${name}`), eventsNamed(name, 6_000), { expectedRevision: 'any' }));
          const outcomes = Promise.allSettled(appends);
          await store.close();
          const codes = ['EVENT_STORE_UNAVAILABLE', 'EVENT_STORE_CLOSED', 'EVENT_STORE_CLOSED'];
          expect(await outcomes).toMatchObject(codes.map((code) => ({ reason: { code } })));
          await Promise.all([reading, followed]);
        } finally {
          await stranger.end();
          await schema[Symbol.asyncDispose]();
          await proxy.close();
        }
      },
      20_000,
    );

    it('a log that lacks its last events, as after the restore of one table alone', async () => {
      const store = await schema.open();
      await appendNamed(store, 'a');
      await postgresQuery(`UPDATE ${schema.name}.log SET position = 2`);
      await expect(appendNamed(store, 'b')).rejects.toMatchObject({ code: 'EVENT_STORE_CORRUPT' });
      await postgresQuery(`UPDATE ${schema.name}.log SET position = 1`);
      expect((await appendNamed(store, 'b')).position).toBe(2n);
      await store.append(streamName('order-2'), eventsNamed('c', 1_500), { expectedRevision: 'no-stream' });
      await postgresQuery(`DELETE FROM ${schema.name}.events WHERE position > 1000`);
      await expect(appendNamed(await schema.open(), 'd')).rejects.toMatchObject({ code: 'EVENT_STORE_CORRUPT' });
    });

    it('events whose log was left behind by an import, unless its row was made anew: then appends go on behind them', async () => {
      await schema.open();
      await postgresQuery(`INSERT INTO ${schema.name}.events SELECT n, gen_random_uuid(), 'order-1', n - 1, 'Noted', 0, '{}', '{}'
        FROM generate_series(1, 5) AS n`);
      expect((await appendNamed(await schema.open(), 'a')).position).toBe(6n);
      await postgresQuery(`DELETE FROM ${schema.name}.log`);
      await expect(schema.open()).rejects.toMatchObject({ code: 'EVENT_STORE_CANNOT_OPEN' });
    });

    it('appends to another log at the same place, and to one that is gone', async () => {
      const store = await schema.open();
      await postgresQuery(`UPDATE ${schema.name}.log SET incarnation = $1`, [randomUUID()]);
      await expect(appendNamed(store, 'a')).rejects.toMatchObject({ code: 'EVENT_STORE_LOG_REPLACED' });
      await postgresQuery(`DROP SCHEMA ${schema.name} CASCADE`);
      await expect(appendNamed(store, 'a')).rejects.toMatchObject({ code: 'EVENT_STORE_CORRUPT' });
    });

    it.each(['DELETE FROM $.events WHERE position > 2', 'UPDATE $.events SET id = gen_random_uuid() WHERE position = 3'])(
      'to go on from an event that a restore took away: %s',
      async (restore) => {
        const store = await schema.open();
        for (let n = 0; n < 3; n++) await appendNamed(store, `c${n}`);
        const batches = store.subscribe({ after: undefined, signal: ending.signal })[Symbol.asyncIterator]();
        expect((await batches.next()).value?.position).toBe(3n);
        const refused = expect(batches.next()).rejects.toMatchObject({ code: 'EVENT_STORE_RESTORED' });
        await postgresQuery(restore.replace('$', schema.name));
        await postgresQuery(`UPDATE ${schema.name}.log SET position = (SELECT max(position) FROM ${schema.name}.events)`);
        // Two: a log that ends where it ended tells waiting readers nothing.
        await (await schema.open()).append(streamName('order-new'), eventsNamed('new', 2), { expectedRevision: 'any' });
        await refused;
      },
    );

    it.each(['DELETE FROM $.events WHERE position > 1', 'UPDATE $.events SET id = gen_random_uuid() WHERE position = 2'])(
      'to append behind an event that a restore took away, until it is opened again: %s',
      async (restore) => {
        const store = await schema.open();
        for (let n = 0; n < 2; n++) await appendNamed(store, `c${n}`);
        await postgresQuery(restore.replace('$', schema.name));
        await postgresQuery(`UPDATE ${schema.name}.log SET position = (SELECT max(position) FROM ${schema.name}.events)`);
        for (let n = 0; n < 2; n++) await expect(appendNamed(store, 'new')).rejects.toMatchObject({ code: 'EVENT_STORE_RESTORED' });
        await appendNamed(await schema.open(), 'new');
      },
    );

    it('what it cannot open', async () => {
      const open = (options: object) => PostgresEventStore.open({ url: postgresUrl, schema: schema.name, patienceMs: 200, ...options });
      await expect(open({ mustExist: true })).rejects.toMatchObject({ code: 'EVENT_STORE_CANNOT_OPEN' });
      await expect(open({ url: 'postgres://postgres@127.0.0.1:1/postgres' })).rejects.toMatchObject({ code: 'EVENT_STORE_UNAVAILABLE' });
      await expect(open({ url: `${new URL('/none_such', postgresUrl).href}` })).rejects.toMatchObject({ code: 'EVENT_STORE_ACCESS_DENIED' });
      for (const url of ['', 'mysql://a/b', 'postgres://a,b/c', `${postgresUrl}?none=1`, `${postgresUrl}?notify=no`, `${postgresUrl}?pool_size=0`]) {
        await expect(open({ url })).rejects.toMatchObject({ code: 'EVENT_STORE_CONNECTION_SETTINGS_INVALID' });
      }
      for (const name of ['', 'a"; DROP SCHEMA public', 'a'.repeat(64)]) {
        expect(() => schemaStatements(name)).toThrow(expect.objectContaining({ code: 'EVENT_STORE_CONNECTION_SETTINGS_INVALID' }));
      }
      await schema.open();
      await postgresQuery(`UPDATE ${schema.name}.log SET format = 99`);
      await expect(open({})).rejects.toMatchObject({ code: 'EVENT_STORE_NEWER_FORMAT' });
      const latin = `${schema.name}_latin`;
      await postgresQuery(`CREATE DATABASE ${latin} ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'`);
      try {
        const url = Object.assign(new URL(postgresUrl), { pathname: `/${latin}` }).href;
        await expect(open({ url })).rejects.toMatchObject({ code: 'EVENT_STORE_UNSUPPORTED_SERVER' });
      } finally {
        await postgresQuery(`DROP DATABASE ${latin} WITH (FORCE)`);
      }
    });
  });

  it('is made once by processes that start together', async () => {
    const stores = await Promise.all(Array.from({ length: 8 }, () => schema.open()));
    expect(new Set(stores.map(({ incarnation }) => incarnation)).size).toBe(1);
    await Promise.all(stores.map((store, index) => appendNamed(store, `c${index}`)));
    expect(await (stores[0] as PostgresEventStore).head()).toBe(8n);
  });

  it('serves a role that may neither change nor delete events, with tables that an administrator has made', async () => {
    const role = `${schema.name}_role`;
    for (const statement of schemaStatements(schema.name)) await postgresQuery(statement);
    await postgresQuery(`CREATE ROLE ${role} LOGIN`);
    try {
      // #region rights
      const rights = (schemaName: string, roleName: string): readonly string[] => [
        `GRANT USAGE ON SCHEMA ${schemaName} TO ${roleName}`,
        `GRANT SELECT, INSERT ON ${schemaName}.events TO ${roleName}`,
        `GRANT SELECT, UPDATE (position) ON ${schemaName}.log TO ${roleName}`,
      ];
      // #endregion rights
      for (const statement of rights(schema.name, role)) await postgresQuery(statement);
      const url = Object.assign(new URL(postgresUrl), { username: role }).href;
      const store = await schema.open({ url });
      const { seen, done } = following(store, ending.signal);
      const { position } = await appendNamed(store, 'a', 'order-1');
      await store.appendAll([{ stream: streamName('order-2'), events: eventsNamed('b'), expectedRevision: 'no-stream' }]);
      expect([position, (await logOf(store)).length]).toEqual([1n, 2]);
      await expect.poll(() => seen).toEqual([1n, 2n]);
      const session = await schema.stranger(url);
      for (const change of [`UPDATE ${schema.name}.events SET data = ''`, `DELETE FROM ${schema.name}.events`, `TRUNCATE ${schema.name}.events`]) {
        await expect(session.query(change)).rejects.toMatchObject({ code: '42501' });
      }
      ending.abort();
      await done;
    } finally {
      await schema[Symbol.asyncDispose]();
      await postgresQuery(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });

  it('keeps positions and revisions exact beyond 2^53', async () => {
    const store = await schema.open();
    const before = 9_007_199_254_740_990n;
    await postgresQuery(`INSERT INTO ${schema.name}.events SELECT $1, gen_random_uuid(), 'order-0', 0, 'Noted', 0, '{}', '{}'`, [String(before)]);
    await postgresQuery(`UPDATE ${schema.name}.log SET position = $1`, [String(before)]);
    for (let n = 1n; n <= 5n; n++) expect((await appendNamed(store, `c${n}`)).position).toBe(before + n);
    expect((await logOf(store)).map(({ position }) => position)).toEqual([0n, 1n, 2n, 3n, 4n, 5n].map((n) => before + n));
  });

  it('shows people the payloads as jsonb, and those that jsonb cannot hold as NULL', async () => {
    const store = await schema.open();
    const [event] = eventsNamed('a');
    await store.append(streamName('order-1'), [{ ...event, data: { text: '\0' } } as never], { expectedRevision: 'any' });
    await appendNamed(store, 'b', 'order-1');
    const rows = await postgresRows(`SELECT data ->> 'name' AS name FROM ${schema.name}.readable_events ORDER BY position`);
    expect(rows).toEqual([{ name: null }, { name: 'b' }]);
  });
});
