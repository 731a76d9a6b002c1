// Faults that users of other event stores on PostgreSQL met, and what the log does instead. The page
// docs/reference/postgresql-faults.md names the test of each.
import { createHash } from 'node:crypto';
import { streamName, systemRuntime, type EventStore, type Runtime } from '@mainstem/event-store';
import type { PostgresEventStore } from '@mainstem/postgres';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appendNamed, eventsNamed, flawsOf, following, LogSchema, logOf } from './postgres-events.js';
import { postgresQuery, postgresRows, withPostgres } from './sql-fixtures.js';

const HOUR_MS = 3_600_000;
/** For so long a process takes it that no other one has appended. */
const CHANGES_KNOWN_MS = 50;

const channelOf = ({ incarnation }: EventStore): string => `mainstem_${createHash('sha256').update(incarnation).digest('hex').slice(0, 32)}`;

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

  const insertAt = (position: bigint) =>
    postgresQuery(`INSERT INTO ${schema.name}.events SELECT $1, gen_random_uuid(), 'order-0', 0, 'Noted', 0, '{}', '{}'`, [String(position)]);
  const listeners = (store: EventStore): Promise<readonly unknown[]> =>
    postgresRows(`SELECT pid FROM pg_stat_activity WHERE query = 'LISTEN "${channelOf(store)}"'`);

  it('has the same order for processes whose clocks differ by hours, and tells the time of the server', async () => {
    const shifted = (byMs: number): Runtime => ({ ...systemRuntime, now: () => systemRuntime.now() + byMs });
    const stores = await Promise.all([schema.open({ runtime: shifted(HOUR_MS) }), schema.open({ runtime: shifted(-HOUR_MS) })]);
    const followers = stores.map((store) => following(store, ending.signal));
    for (const n of [1, 2, 3, 4]) await appendNamed(stores[n % 2] as EventStore, `c${n}`, 'order-1');
    for (const { seen } of followers) await expect.poll(() => seen).toEqual([1n, 2n, 3n, 4n]);
    const times = (await logOf(stores[0] as EventStore)).map(({ recordedAt }) => Date.parse(recordedAt));
    expect(times).toEqual(times.toSorted((left, right) => left - right));
    expect(Math.abs((times[0] ?? 0) - systemRuntime.now())).toBeLessThan(HOUR_MS / 2);
  });

  it('may begin at any position, and has no hole after refused appends', async () => {
    const store = await schema.open();
    await insertAt(30_000_000n);
    const { seen } = following(store, ending.signal);
    await expect.poll(() => seen).toEqual([30_000_000n]);
    const refused = Array.from({ length: 100 }, (_, n) => appendNamed(store, `c${n}`, 'order-0', 'no-stream'));
    for (const outcome of await Promise.allSettled(refused)) expect(outcome.status).toBe('rejected');
    expect((await appendNamed(store, 'next')).position).toBe(30_000_001n);
    await expect.poll(() => seen).toEqual([30_000_000n, 30_000_001n]);
  });

  it('has no sequence and no number of a transaction, and is not written for each append', async () => {
    const store = await schema.open();
    expect(await postgresRows(`SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = $1::regnamespace`, [schema.name])).toEqual([]);
    const types = `SELECT DISTINCT data_type FROM information_schema.columns WHERE table_schema = $1 AND table_name IN ('log', 'events') ORDER BY 1`;
    expect(await postgresRows(types, [schema.name])).toEqual(['bigint', 'boolean', 'integer', 'text', 'uuid'].map((data_type) => ({ data_type })));
    const row = () => postgresRows(`SELECT ctid::text, xmin::text FROM ${schema.name}.log`);
    const before = await row();
    for (let n = 0; n < 20; n++) await appendNamed(store, `c${n}`);
    expect(await row()).toEqual(before);
  });

  it('is followed past events that were deleted, by readers that run and by those that come later', async () => {
    const store = await schema.open();
    await store.append(streamName('order-1'), eventsNamed('a', 12), { expectedRevision: 'no-stream' });
    const { seen } = following(store, ending.signal);
    await expect.poll(() => seen.length).toBe(12);
    await postgresQuery(`DELETE FROM ${schema.name}.events WHERE position BETWEEN 5 AND 9`);
    expect((await appendNamed(store, 'b')).position).toBe(13n);
    await expect.poll(() => seen.at(-1)).toBe(13n);
    const later = following(store, ending.signal, 2n as never);
    await expect.poll(() => later.seen).toEqual([3n, 4n, 10n, 11n, 12n, 13n]);
  });

  it('is followed by a reader whose listening session was ended, and by one that was told what is not so', async () => {
    const [store, other] = await Promise.all([schema.open(), schema.open()]);
    const { seen } = following(store, ending.signal);
    await appendNamed(other, 'a');
    await expect.poll(() => listeners(store)).toHaveLength(1);
    await postgresQuery(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN "${channelOf(store)}"'`);
    await appendNamed(other, 'b');
    await expect.poll(() => seen).toEqual([1n, 2n]);
    await postgresQuery(`SELECT pg_notify('${channelOf(store)}', '40000000')`);
    expect((await appendNamed(other, 'c')).position).toBe(3n);
    await expect.poll(() => seen).toEqual([1n, 2n, 3n]);
  });

  it('notifies once for an append, with nothing in it, however large the events are', async () => {
    const store = await schema.open();
    const listener = await schema.stranger();
    const heard: (string | undefined)[] = [];
    listener.on('notification', ({ payload }) => heard.push(payload));
    await listener.query(`LISTEN "${channelOf(store)}"`);
    const large = eventsNamed('a', 3).map((event) => ({ ...event, data: { text: 'é'.repeat(100_000) } }));
    await store.append(streamName('order-1'), large, { expectedRevision: 'no-stream' });
    await expect.poll(() => heard).toEqual(['']);
  });

  it('leaves the settings of a session as they were', async () => {
    const store = await schema.open();
    const session = await schema.stranger();
    const settings = () => session.query(`SELECT current_setting('lock_timeout') AS lock, current_setting('synchronous_commit') AS sync`);
    await session.query('SET synchronous_commit = off');
    const before = (await settings()).rows;
    await schema.appendBy(session, store, 'a');
    expect((await settings()).rows).toEqual(before);
  });

  it('records times that ascend with positions, whatever the time zone and the begin of a transaction', async () => {
    const store = await schema.open();
    const early = await schema.stranger();
    await early.query(`SET timezone = 'Pacific/Kiritimati'; BEGIN; SELECT now()`);
    await appendNamed(store, 'a');
    await schema.appendBy(early, store, 'b');
    await early.query('COMMIT');
    const times = (await logOf(store)).map(({ recordedAt }) => Date.parse(recordedAt));
    expect(times[1]).toBeGreaterThanOrEqual(times[0] ?? Infinity);
    expect(Math.abs((times[1] ?? 0) - systemRuntime.now())).toBeLessThan(HOUR_MS / 2);
  });

  it('tells streams apart by bytes, and finds them by prefix in any order of letters', async () => {
    const store = await schema.open();
    const names = ['order-b', 'order-a-b', 'order-a_b', 'order-A', 'order-a'];
    for (const name of names) await appendNamed(store, `c${names.indexOf(name)}`, name, 'no-stream');
    const found: string[] = [];
    for await (const batch of store.readAll({ filter: { streamPrefixes: ['order-a'] } })) found.push(...batch.map(({ stream }) => stream));
    expect(found).toEqual(['order-a-b', 'order-a_b', 'order-a']);
  });

  it('knows whether others have appended, as long as an append has told of late', async () => {
    let nowMs = 0;
    const store: PostgresEventStore = await schema.open({ runtime: { ...systemRuntime, monotonic: () => nowMs } });
    const other = await schema.open();
    const after = async (by: EventStore, name: string): Promise<number | undefined> => {
      await appendNamed(by, name);
      return store.changesByOthers();
    };
    expect(store.changesByOthers()).toBeUndefined();
    const first = await after(store, 'a');
    expect(first).toBeTypeOf('number');
    expect(await after(store, 'b')).toBe(first);
    await after(other, 'c');
    expect(await after(store, 'd')).not.toBe(first);
    nowMs += CHANGES_KNOWN_MS + 1;
    expect(store.changesByOthers()).toBeUndefined();
    expect(flawsOf(await logOf(store))).toEqual([]);
  });
});
