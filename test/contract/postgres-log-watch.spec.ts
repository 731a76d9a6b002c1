// What the event store on PostgreSQL tells about itself, and what it does when the server has no room for
// notifications.
import { streamName, type EventStore } from '@mainstem/event-store';
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PrivatePostgres } from '../fixtures/private-postgres.js';
import { appendNamed, eventsNamed, following, LogSchema, logOf } from './postgres-events.js';
import { withPostgres } from './sql-fixtures.js';

/** The first version whose queue of notifications can be made small. */
const WITH_SMALL_QUEUE = 18;
const QUEUE_PAGES = 64;
const PAYLOAD_BYTES = 7_900;

describe.runIf(await withPostgres())('the log on PostgreSQL', () => {
  let schema: LogSchema;
  beforeEach(() => void (schema = new LogSchema()));
  afterEach(() => schema[Symbol.asyncDispose]());

  it('tells what waits and for how long the log is held, and by whom once an append was refused', async () => {
    const [store, other] = await Promise.all([schema.open({ lockTimeoutMs: 4_000 }), schema.open({ lockTimeoutMs: 4_000 })]);
    expect(await store.figures()).toMatchObject({ 'waiting-appends': 0, 'waiting-sessions': 0, notifies: 1 });
    const stranger = await schema.stranger();
    await stranger.query(`SET application_name = 'a stranger'; BEGIN; SELECT FROM ${schema.name}.log FOR UPDATE`);
    const refused = [appendNamed(store, 'a'), appendNamed(other, 'b')].map((append) => append.catch((error: unknown) => error));
    await expect.poll(() => store.figures()).toMatchObject({ 'waiting-sessions': 2, 'lock-holder-seconds': expect.any(Number) as number });
    const later = appendNamed(store, 'c').catch((error: unknown) => error);
    await expect.poll(async () => (await store.figures())['waiting-appends']).toBe(1);
    for (const error of await Promise.all(refused)) expect(error).toMatchObject({ code: 'EVENT_STORE_BUSY' });
    expect(store.troubles()).toEqual([expect.stringMatching(/^EVENT_STORE_BUSY: .*pid \d+ \(a stranger\), whose transaction is \d+ s old/)]);
    await stranger.query('COMMIT');
    await later;
    await appendNamed(store, 'd');
    expect(store.troubles()).toEqual([]);
  });

  it('appends without a notification while the server has no room for one, and subscriptions go on', async () => {
    await using server = await PrivatePostgres.start(WITH_SMALL_QUEUE);
    await server.query(`ALTER SYSTEM SET max_notify_queue_pages = ${QUEUE_PAGES}`);
    await server.stop('fast');
    await server.resume();
    await using log = new LogSchema(server.url);
    const [store, listening, filling] = await Promise.all([log.open(), log.stranger(), log.stranger()]);
    const ending = new AbortController();
    const { seen, done } = following(store, ending.signal);
    await appendNamed(store, 'a');
    await expect.poll(() => hears(store)).toBe(1);
    await listening.query('LISTEN anything');
    await listening.query('BEGIN; SELECT 1');
    await expect(fill(filling)).rejects.toMatchObject({ code: '54000' });
    expect((await appendNamed(store, 'b')).position).toBe(2n);
    await expect.poll(() => seen).toEqual([1n, 2n]);
    const caller = await log.stranger();
    await caller.query('BEGIN');
    await store.appendIn(caller, streamName('order-c'), eventsNamed('c'), { expectedRevision: 'any' });
    await caller.query('COMMIT');
    await expect.poll(() => seen).toEqual([1n, 2n, 3n]);
    const figures = await store.figures();
    expect(figures['notifies']).toBe(0);
    expect(figures['notify-queue-ratio']).toBeGreaterThan(0.9);
    expect(await logOf(store)).toHaveLength(3);
    ending.abort();
    await done;
  });
});

const hears = async (store: Pick<EventStore, 'figures'>): Promise<number | undefined> => (await store.figures?.())?.['hears-notifications'];

/** Until the server refuses. */
const fill = async (client: pg.Client): Promise<void> => {
  for (let n = 0; n < 3 * QUEUE_PAGES; n++) await client.query(`SELECT pg_notify('filled', repeat('x', ${PAYLOAD_BYTES}) || ${n})`);
};
