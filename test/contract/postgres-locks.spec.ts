// Promotions, drops and commits on PostgreSQL that wait for each other: in any order one generation serves; queries go
// on.
import { isMainstemError } from '@mainstem/event-store';
import type { EventId, Position, Revision, StreamName } from '@mainstem/event-store';
import type { ParkedEvent, ProjectionDescriptor } from '@mainstem/projection/adapter';
import { SqlReadStore } from '@mainstem/sql';
import pg from 'pg';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CountryTotal, incarnation, move, Parcel, parcel, parcels, postgresFixture, postgresUrl, withPostgres } from './sql-fixtures.js';
import type { SqlFixture } from './sql-fixtures.js';

@Entity('letters')
class Letter {
  @PrimaryColumn('text') letterId!: string;
  @Column('integer') weight!: number;
}

const letters: ProjectionDescriptor = {
  name: 'letters',
  version: 1,
  fingerprint: '00000000000000bb',
  collections: [{ name: 'letters', document: Letter, hasState: false }],
};

/** Longer than a test may take: what waits for a lock waits until its holder lets go. */
const LOCK_TIMEOUT_MS = 120_000;
const WAIT_MS = 30_000;

describe.runIf(await withPostgres())('locks in PostgreSQL', () => {
  let fixture: SqlFixture;
  let schema: string;
  let holder: pg.Client;
  let holderPid: number;
  let watcher: pg.Client;
  let store: SqlReadStore;
  const opened: SqlReadStore[] = [];
  const open = async (lockTimeoutMs: number): Promise<SqlReadStore> => {
    const one = await SqlReadStore.open({ url: postgresUrl, schema, lockTimeoutMs }, { entities: [Parcel, CountryTotal, Letter] });
    opened.push(one);
    return one;
  };
  beforeEach(async () => {
    fixture = await postgresFixture();
    schema = 'schema' in fixture.location ? String(fixture.location.schema) : '';
    [holder, watcher] = [new pg.Client(postgresUrl), new pg.Client(postgresUrl)];
    await Promise.all([holder.connect(), watcher.connect()]);
    holderPid = (await holder.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid ?? 0;
    store = await open(LOCK_TIMEOUT_MS);
  });
  afterEach(async () => {
    await Promise.all([holder.end(), watcher.end()]);
    await Promise.all(opened.splice(0).map((one) => one.close()));
    await fixture.remove();
  });

  /** The holder begins a transaction with this statement and keeps it open, as a commit under way does. */
  const hold = (sql: string) => holder.query(`BEGIN; ${sql}`);
  const release = () => holder.query('COMMIT');
  const holdGeneration = (generation: number) =>
    hold(`UPDATE "${schema}".mainstem_generations SET epoch = epoch WHERE projection = 'parcels' AND generation = ${generation}`);

  /** Connections that wait for the holder, or for others that do. */
  const waiting = async (): Promise<number> => {
    const sql = `WITH RECURSIVE held (pid) AS (
        SELECT $1::int UNION SELECT waiting.pid FROM pg_stat_activity AS waiting JOIN held ON held.pid = ANY (pg_blocking_pids(waiting.pid)))
      SELECT count(*)::int - 1 AS total FROM held`;
    return (await watcher.query<{ total: number }>(sql, [holderPid])).rows[0]?.total ?? 0;
  };
  const waitFor = (total: number) => expect.poll(waiting, { timeout: WAIT_MS }).toBe(total);

  const serving = async () => (await store.generations('parcels')).filter(({ state }) => state === 'serving').map(({ number }) => number);
  const readParcels = async () => (await store.read(['parcels'], (manager) => manager.find(Parcel))).value;

  it('refuses to promote a generation that is dropped while the promotion waits for a commit', async () => {
    for (const _ of [1, 2]) await store.createGeneration(parcels, incarnation);
    await holdGeneration(1);
    const promoting = outcomeOf(store.promote('parcels', 2));
    await waitFor(1);
    await store.dropGeneration('parcels', 2);
    await release();
    expect(await promoting).toBe('READ_STORE_UNKNOWN_GENERATION');
    expect(await serving()).toEqual([1]);
    expect(await readParcels()).toEqual([]);
  });

  it('refuses to promote a generation whose deletion has begun', async () => {
    for (const _ of [1, 2]) await store.createGeneration(parcels, incarnation);
    await hold(`SELECT * FROM "${schema}".parcels__g2`);
    const dropping = outcomeOf(store.dropGeneration('parcels', 2));
    await waitFor(1);
    const promoting = outcomeOf(store.promote('parcels', 2));
    await waitFor(2);
    await release();
    expect(await Promise.all([dropping, promoting])).toEqual(['done', 'READ_STORE_UNKNOWN_GENERATION']);
    expect(await serving()).toEqual([1]);
    expect(await readParcels()).toEqual([]);
  });

  it('answers queries while a promotion waits for a commit that takes long', async () => {
    for (const projection of [parcels, parcels, letters]) await store.createGeneration(projection, incarnation);
    await holdGeneration(1);
    const promoting = outcomeOf(store.promote('parcels', 2));
    await waitFor(1);
    expect((await store.read(['letters'], (manager) => manager.find(Letter))).value).toEqual([]);
    expect(await readParcels()).toEqual([]);
    await release();
    expect(await promoting).toBe('done');
    expect(await serving()).toEqual([2]);
  });

  it('answers queries while a promotion waits for another reader of a view', async () => {
    for (const projection of [parcels, parcels, letters]) await store.createGeneration(projection, incarnation);
    await hold(`SELECT * FROM "${schema}".parcels`);
    const promoting = outcomeOf(store.promote('parcels', 2));
    await waitFor(1);
    expect((await store.read(['letters'], (manager) => manager.find(Letter))).value).toEqual([]);
    await release();
    expect(await promoting).toBe('done');
    expect(await serving()).toEqual([2]);
  });

  it('lets commits go on while a promotion waits for readers', async () => {
    for (const _ of [1, 2]) await store.createGeneration(parcels, incarnation);
    const session = await store.open(parcels, 1);
    await hold(`LOCK TABLE "${schema}".mainstem_projections IN ACCESS SHARE MODE`);
    const promoting = outcomeOf(store.promote('parcels', 2, { isForced: true }));
    await waitFor(1);
    await session.commit({ changes: [], checkpoint: move(undefined, 1) });
    await release();
    expect(await promoting).toBe('done');
    await expect(session.commit({ changes: [], checkpoint: move(1, 2) })).rejects.toMatchObject({ code: 'READ_STORE_CHECKPOINT_MOVED' });
  });

  it('never makes two generations serve when one is made while the first one is promoted', async () => {
    const { number } = await store.createGeneration(parcels, incarnation, { isBulk: true });
    await (await store.open(parcels, number)).finishBulk();
    await holdGeneration(number);
    const promoting = outcomeOf(store.promote('parcels', number));
    await waitFor(1);
    let isMade = false;
    const making = store.createGeneration(parcels, incarnation).finally(() => (isMade = true));
    await expect.poll(async () => isMade || (await waiting()) === 2, { timeout: WAIT_MS }).toBe(true);
    await release();
    expect(await promoting).toBe('done');
    expect((await making).state).toBe('filling');
    expect(await serving()).toEqual([number]);
  });

  it('lets one of two projections that begin at once fill a table of the same name', async () => {
    const rival = { ...letters, name: 'rival' };
    await store.createGeneration(rival, incarnation);
    await hold(`LOCK TABLE "${schema}".mainstem_collections IN SHARE MODE`);
    const first = outcomeOf(store.createGeneration(parcels, incarnation));
    await waitFor(1);
    const second = outcomeOf(store.createGeneration({ ...rival, collections: parcels.collections }, incarnation));
    await waitFor(2);
    await release();
    expect(await Promise.all([first, second])).toEqual(['done', 'READ_STORE_NAME_TAKEN']);
  });

  it('says so when it has waited too long for making a table', async () => {
    const impatient = await open(500);
    await hold(`CREATE TABLE "${schema}".parcels__g1 (foreign_column text)`);
    expect(await outcomeOf(impatient.createGeneration(parcels, incarnation))).toBe('READ_STORE_UNAVAILABLE');
    await release();
    expect(await outcomeOf(impatient.createGeneration(parcels, incarnation))).toBe('READ_STORE_NAME_TAKEN');
  });

  it('lists the parked events of one generation, although another one is promoted and the first one dropped meanwhile', async () => {
    await store.createGeneration(parcels, incarnation);
    const session = await store.open(parcels, 1);
    await session.commit({ changes: [], checkpoint: move(undefined, 1), park: [parkedEvent] });
    await hold(`LOCK TABLE "${schema}".mainstem_parked IN ACCESS EXCLUSIVE MODE`);
    const listing = store.parked('parcels', 10);
    await waitFor(1);
    await holder.query(`DELETE FROM "${schema}".mainstem_parked`);
    await release();
    expect(await listing).toEqual([parkedEvent]);
  });

  it('locks a split generation in one order, whether it is finished or dropped', async () => {
    const split = { ...parcels, partitions: 2 };
    await store.createGeneration(split, incarnation);
    const { number } = await store.createGeneration(split, incarnation, { isBulk: true });
    const session = await store.open(split, number, 1);
    // Locked without a change: PostgreSQL gives a changed row to any of the waiting transactions first.
    await hold(`SELECT * FROM "${schema}".mainstem_generations WHERE projection = 'parcels' AND generation = ${number} FOR UPDATE`);
    const dropping = outcomeOf(store.dropGeneration('parcels', number));
    await waitFor(1);
    const finishing = outcomeOf(session.finishBulk());
    await waitFor(2);
    await release();
    expect(await Promise.all([dropping, finishing])).toEqual(['done', 'READ_STORE_CHECKPOINT_MOVED']);
  });

  it('lets a split generation be finished and dropped in either order, without a deadlock, after one who has changed it', async () => {
    const split = { ...parcels, partitions: 2 };
    await store.createGeneration(split, incarnation);
    const { number } = await store.createGeneration(split, incarnation, { isBulk: true });
    const session = await store.open(split, number, 1);
    await holdGeneration(number);
    const dropping = outcomeOf(store.dropGeneration('parcels', number));
    await waitFor(1);
    const finishing = outcomeOf(session.finishBulk());
    await waitFor(2);
    await release();
    expect(await dropping).toBe('done');
    expect(['done', 'READ_STORE_CHECKPOINT_MOVED']).toContain(await finishing);
    expect((await store.generations('parcels')).map((one) => one.number)).not.toContain(number);
  });

  it(
    'keeps one generation serving, without a deadlock, whatever is promoted, rolled back, dropped and committed at once',
    async () => {
      const seen = new Set<string>();
      let isDone = false;
      await store.createGeneration(parcels, incarnation);
      const until = async (act: (round: number) => Promise<unknown>): Promise<void> => {
        for (let round = 0; !isDone; round++) seen.add(await outcomeOf(act(round)));
      };
      const known = async () => (await store.generations('parcels')).map(({ number }) => number);
      const commit = async (round: number) => {
        const numbers = await known();
        const session = await store.open(parcels, numbers[round % numbers.length] ?? 0);
        const { position } = session.checkpoint;
        const changes = [{ collection: 'parcels', upserts: new Map([['p', parcel('p')]]), deletes: [] }];
        await session.commit({ changes, checkpoint: { ...move(1, 1), from: position, to: position ?? move(1, 1).to } });
      };
      const others = [commit, commit].map(until);
      others.push(until(async (round) => store.promote('parcels', (await known()).at(round % 2) ?? 0, { isForced: true })));
      others.push(until(async () => store.promote('parcels', (await known()).at(-1) ?? 0, { isForced: true })));
      others.push(
        until(async () => expect(await serving()).toHaveLength(1)),
        until(readParcels),
      );
      for (let round = 0; round < ROUNDS; round++) {
        await store.createGeneration(parcels, incarnation);
        for (const number of (await known()).slice(0, -2)) seen.add(await outcomeOf(store.dropGeneration('parcels', number)));
      }
      isDone = true;
      await Promise.all(others);
      expect([...seen].filter((code) => !EXPECTED.includes(code))).toEqual([]);
      expect(await serving()).toHaveLength(1);
      await readParcels();
    },
    STORM_TIMEOUT_MS,
  );
});

const parkedEvent: ParkedEvent = {
  key: 'p',
  position: move(undefined, 1).to as Position,
  eventId: '00000000-0000-5000-8000-000000000001' as EventId,
  type: 'ParcelSent',
  stream: 'parcel-p' as StreamName,
  revision: 0n as Revision,
  error: 'PROJECTION_FAILED: no',
  parkedAt: '2026-01-01T00:00:00.000Z',
};

const ROUNDS = 10;
const STORM_TIMEOUT_MS = 180_000;
const EXPECTED = ['done', 'READ_STORE_UNKNOWN_GENERATION', 'READ_STORE_GENERATION_SERVES', 'READ_STORE_CHECKPOINT_MOVED'];

/** `done`, or the code of what it fails with. */
const outcomeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (isMainstemError(error) ? error.code : String(error)),
  );
