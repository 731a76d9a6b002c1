// The schema of the log on PostgreSQL: made and upgraded once, by one of several processes or by an administrator,
// while others append.
import { readFile } from 'node:fs/promises';
import { streamName, type EventStore } from '@mainstem/event-store';
import { migrateSchema, schemaScript, type Migrated } from '@mainstem/postgres';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appendNamed, eventsNamed, flawsOf, LogSchema, logOf } from './postgres-events.js';
import { postgresQuery, postgresRows, postgresUrl, withPostgres } from './sql-fixtures.js';

const NEWEST = 3;
/** Of all versions before the newest: their schemas as they were, with three events. */
const OLDER = [1, 2];
/** Of these, those whose upgrade needs a lock on a table. */
const WITH_TABLE_LOCKS = [1];
const TOGETHER = 8;
const SHORT_MS = 600;
const GATE = Math.floor(Math.random() * 2 ** 31);

/** An append as a process of ours sends it; more of the statement may follow. */
const beforeGate = (schema: string, incarnation: string, id: string): string =>
  `SELECT ${schema}.append('${incarnation}', NULL, NULL, 5000, NULL, '{order-${id}}', '{-1}', ARRAY[gen_random_uuid()], '{1}', '{0}', '{Noted}', '{"{}"}', '{"{}"}') AS base`;

describe.runIf(await withPostgres())('the schema of the log on PostgreSQL', () => {
  let schema: LogSchema;
  beforeEach(() => void (schema = new LogSchema()));
  afterEach(() => schema[Symbol.asyncDispose]());

  const restore = async (version: number): Promise<void> => {
    const file = new URL(`../fixtures/postgres-log/version-${version}.sql`, import.meta.url);
    await postgresQuery((await readFile(file, 'utf8')).replaceAll('mainstem_events', schema.name));
  };
  const migrate = (options: { readonly patienceMs?: number; readonly signal?: AbortSignal } = {}): Promise<Migrated> =>
    migrateSchema({ url: postgresUrl, schema: schema.name, ...options });
  const version = async (): Promise<unknown> => (await postgresRows(`SELECT to_jsonb(l) ->> 'version' AS version FROM ${schema.name}.log AS l`))[0];
  /** Everything in the schema, without its name. */
  const shape = async (): Promise<unknown> => {
    const found = await Promise.all(
      [
        `SELECT table_name, column_name, data_type, is_nullable, collation_name FROM information_schema.columns WHERE table_schema = $1 ORDER BY 1, 2`,
        `SELECT indexdef FROM pg_indexes WHERE schemaname = $1 ORDER BY 1`,
        `SELECT pg_get_functiondef(p.oid) AS text FROM pg_proc AS p WHERE p.pronamespace = $1::regnamespace ORDER BY 1`,
        `SELECT to_jsonb(l) - 'incarnation' - 'position' AS log FROM ${schema.name}.log AS l WHERE $1 <> ''`,
      ].map((text) => postgresRows(text, [schema.name])),
    );
    return JSON.parse(JSON.stringify(found).replaceAll(schema.name, 'it'));
  };

  it('is made once by processes that migrate together, and is then as it has to be', async () => {
    const all = await Promise.all(Array.from({ length: TOGETHER }, () => migrate()));
    expect(all.map(({ to }) => to)).toEqual(Array.from({ length: TOGETHER }, () => NEWEST));
    expect(await migrate()).toEqual({ from: NEWEST, to: NEWEST });
    expect((await appendNamed(await schema.open({ mustExist: true }), 'a')).position).toBe(1n);
  });

  describe.each(OLDER)('of version %i', (older) => {
    beforeEach(() => restore(older));

    it('serves this program, which leaves it as it is', async () => {
      const before = await shape();
      const store = await schema.open();
      expect((await appendNamed(store, 'a', 'order-1', 1n as never)).position).toBe(4n);
      expect([flawsOf(await logOf(store)), await shape()]).toEqual([[], before]);
    });

    it('becomes that of a new log, once, if processes upgrade it together', async () => {
      const all = await Promise.all(Array.from({ length: TOGETHER }, () => migrate()));
      expect(all.every(({ to }) => to === NEWEST)).toBe(true);
      const upgraded = await shape();
      await postgresQuery(`DROP SCHEMA ${schema.name} CASCADE`);
      await migrate();
      expect(upgraded).toEqual(await shape());
    });

    it.runIf(WITH_TABLE_LOCKS.includes(older))(
      'is upgraded while processes append, and a transaction of a stranger is open for some time',
      async () => {
        const stores = await Promise.all([schema.open(), schema.open(), schema.open({ notify: false })]);
        const stranger = await schema.stranger();
        await stranger.query(`BEGIN; SELECT * FROM ${schema.name}.log`);
        let isOver = false;
        const appending = async (store: EventStore, index: number): Promise<number> => {
          let count = 0;
          for (; !isOver; count++) await appendNamed(store, `${index}-${count}`, `order-${count % 2}`);
          return count;
        };
        const appends = stores.map((store, index) => appending(store, index));
        const migrated = migrate();
        const waits = () =>
          postgresRows(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'ALTER TABLE "${schema.name}"%'`);
        await expect.poll(waits, { interval: 5, timeout: 10_000 }).toHaveLength(1);
        const before = await stores[0]?.head();
        // The change gives way again and again.
        await expect.poll(async () => ((await stores[0]?.head()) ?? 0n) - (before ?? 0n), { timeout: 10_000 }).toBeGreaterThan(5n);
        await stranger.query('COMMIT');
        expect(await migrated).toEqual({ from: older, to: NEWEST });
        const after = await stores[0]?.head();
        await expect.poll(async () => ((await stores[0]?.head()) ?? 0n) - (after ?? 0n), { timeout: 10_000 }).toBeGreaterThan(5n);
        isOver = true;
        const counts = await Promise.all(appends);
        const log = await logOf(stores[0] as EventStore);
        expect([log.length, flawsOf(log)]).toEqual([3 + counts.reduce((sum, count) => sum + count, 0), []]);
      },
    );

    it.runIf(WITH_TABLE_LOCKS.includes(older))(
      'is upgraded after an append that began with the older function, and has not come to the log',
      async () => {
        const [store, slow, gate] = await Promise.all([schema.open(), schema.stranger(), schema.stranger()]);
        await slow.query(beforeGate(schema.name, store.incarnation, 'warm'));
        await gate.query(`SELECT pg_advisory_lock(${GATE})`);
        const appended = slow.query<{ base: string }>(`${beforeGate(schema.name, store.incarnation, 'late')} FROM pg_advisory_lock(${GATE})`);
        const sees = (condition: string) => postgresRows(`SELECT FROM pg_stat_activity WHERE ${condition}`);
        await expect.poll(() => sees(`wait_event = 'advisory' AND query LIKE '%${schema.name}%'`)).toHaveLength(1);
        const migrated = migrate();
        await expect.poll(version).toEqual({ version: '1' });
        await expect.poll(() => sees(`query LIKE 'DO $wait$%'`), { interval: 5 }).not.toEqual([]);
        expect((await appendNamed(store, 'other')).position).toBe(5n);
        await gate.query(`SELECT pg_advisory_unlock(${GATE})`);
        expect((await appended).rows).toEqual([{ base: '5' }]);
        expect(await migrated).toEqual({ from: older, to: NEWEST });
        expect(flawsOf(await logOf(store))).toEqual([]);
      },
    );

    it.runIf(WITH_TABLE_LOCKS.includes(older))('is not upgraded past a transaction that could still append as before', async () => {
      const stranger = await schema.stranger();
      await stranger.query('BEGIN; SELECT 1');
      const { rows } = await stranger.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      const refused = expect.objectContaining({
        code: 'EVENT_STORE_BUSY',
        holders: expect.arrayContaining([expect.objectContaining({ pid: rows[0]?.pid })]),
      });
      await expect(migrate({ patienceMs: SHORT_MS })).rejects.toEqual(refused);
    });

    it.runIf(WITH_TABLE_LOCKS.includes(older))('is not upgraded past a transaction that stays open, whose session the refusal names', async () => {
      const stranger = await schema.stranger();
      await stranger.query(`BEGIN; SELECT * FROM ${schema.name}.log`);
      const { rows } = await stranger.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await expect(migrate({ patienceMs: SHORT_MS })).rejects.toMatchObject({ code: 'EVENT_STORE_BUSY', holders: [{ pid: rows[0]?.pid }] });
      await expect(migrate({ signal: AbortSignal.timeout(SHORT_MS) })).rejects.toMatchObject({ code: 'EVENT_STORE_ABORTED' });
      expect(await version()).toEqual({ version: null });
      await stranger.query('ROLLBACK');
      expect(await migrate()).toEqual({ from: older, to: NEWEST });
    });

    it.runIf(WITH_TABLE_LOCKS.includes(older))('is upgraded by the printed SQL when it runs again after a part of it met a transaction', async () => {
      const [administrator, stranger] = await Promise.all([schema.stranger(), schema.stranger()]);
      const { rows } = await administrator.query<{ owner: string }>('SELECT current_user AS owner');
      const owner = rows[0]?.owner ?? '';
      // As psql does: what follows a part that failed runs all the same.
      const run = async (): Promise<readonly unknown[]> => {
        const failed: unknown[] = [];
        for (const part of schemaScript({ schema: schema.name, owner, application: owner, from: older }).split('\n\n')) {
          await administrator.query(part).catch(async (error: unknown) => {
            failed.push(error);
            await administrator.query('ROLLBACK');
          });
        }
        return failed;
      };
      await stranger.query('BEGIN; SELECT 1');
      expect(await run()).toEqual([expect.objectContaining({ code: '55P03' })]);
      expect(await version()).toEqual({ version: '1' });
      await stranger.query('COMMIT');
      expect(await run()).toEqual([]);
      expect(await version()).toEqual({ version: String(NEWEST) });
    });

    it('is upgraded by an administrator who runs the printed SQL', async () => {
      const role = `${schema.name}_role`;
      await postgresQuery(`CREATE ROLE ${role} LOGIN`);
      try {
        const [{ owner = '' } = {}] = (await postgresRows('SELECT current_user AS owner')) as readonly { owner?: string }[];
        await postgresQuery(schemaScript({ schema: schema.name, owner, application: role, from: older }));
        expect(await version()).toEqual({ version: String(NEWEST) });
        const store = await schema.open({ url: Object.assign(new URL(postgresUrl), { username: role }).href, mustExist: true });
        expect((await appendNamed(store, 'a')).position).toBe(4n);
        expect(await postgresRows(`SELECT data FROM ${schema.name}.readable_events WHERE position = 3`)).toEqual([{ data: { n: 3 } }]);
      } finally {
        await schema[Symbol.asyncDispose]();
        await postgresQuery(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
      }
    });
  });

  it('is refused by name if it is newer than the program, and stays as it is if that can work with it', async () => {
    await migrate();
    await postgresQuery(`UPDATE ${schema.name}.log SET version = 99`);
    expect(await migrate()).toEqual({ from: 99, to: 99 });
    expect((await appendNamed(await schema.open(), 'a')).position).toBe(1n);
    await postgresQuery(`UPDATE ${schema.name}.log SET format = 99`);
    await expect(migrate()).rejects.toMatchObject({ code: 'EVENT_STORE_NEWER_FORMAT' });
    await expect(schema.open()).rejects.toMatchObject({ code: 'EVENT_STORE_NEWER_FORMAT' });
  });

  it('is made by printed SQL with two roles: one owns it, the other one can only read and append', async () => {
    const [owner, application] = [`${schema.name}_owner`, `${schema.name}_app`];
    await postgresQuery(`CREATE ROLE ${owner}; CREATE ROLE ${application} LOGIN`);
    const { rows } = await (await schema.stranger()).query<{ name: string }>('SELECT current_database() AS name');
    try {
      await postgresQuery(`GRANT CREATE ON DATABASE "${rows[0]?.name}" TO ${owner}`);
      await postgresQuery(schemaScript({ schema: schema.name, owner, application }));
      const url = Object.assign(new URL(postgresUrl), { username: application }).href;
      const store = await schema.open({ url, mustExist: true });
      await store.append(streamName('order-1'), eventsNamed('a', 1_100), { expectedRevision: 'no-stream' });
      await appendNamed(store, 'b');
      expect(flawsOf(await logOf(store))).toEqual([]);
      const session = await schema.stranger(url);
      for (const change of [
        `UPDATE ${schema.name}.events SET data = ''`,
        `DELETE FROM ${schema.name}.events`,
        `TRUNCATE ${schema.name}.events`,
        `UPDATE ${schema.name}.log SET incarnation = 'other'`,
        `CREATE OR REPLACE FUNCTION ${schema.name}.as_jsonb("json" text) RETURNS jsonb LANGUAGE sql AS 'SELECT NULL::jsonb'`,
        `ALTER TABLE ${schema.name}.events DISABLE TRIGGER ALL`,
        `DROP TABLE ${schema.name}.events`,
      ]) {
        await expect(session.query(change)).rejects.toMatchObject({ code: '42501' });
      }
      await expect(migrateSchema({ url, schema: schema.name })).resolves.toEqual({ from: NEWEST, to: NEWEST });
    } finally {
      await schema[Symbol.asyncDispose]();
      await postgresQuery(`DROP OWNED BY ${application}; DROP OWNED BY ${owner}; DROP ROLE ${application}; DROP ROLE ${owner}`);
    }
  });

  it.each([
    { owner: 'a"; DROP', application: 'b' },
    { owner: 'a', application: '' },
    { owner: 'a', application: 'b', from: 4 },
  ])('has no SQL for %j', (roles) => {
    expect(() => schemaScript({ schema: schema.name, ...roles })).toThrow(
      expect.objectContaining({ code: 'EVENT_STORE_CONNECTION_SETTINGS_INVALID' }),
    );
  });
});
