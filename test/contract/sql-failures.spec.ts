// How a projection reacts to every answer of a database, on real servers: it waits for trouble, parks an event, or
// stops at a mistake.
import { documentProjection, handlerProjection } from '@mainstem/projection';
import { SqlReadStore, type SqlTransaction } from '@mainstem/sql';
import pg from 'pg';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { postgresQuery, postgresUrl, rowsByHand, sqlFixtures, type SqlFixture } from './sql-fixtures.js';
import { afterwards, append, cleanUp, events, historyOf, Item, itemsBy, says, start, TIMEOUT_MS, type Step } from './sql-handler-run.js';

afterEach(cleanUp);

let kept: SqlTransaction | undefined;
/** What no handler may do, in the words of both dialects. */
const MISTAKES: readonly (readonly [string, Step])[] = [
  ['names a table that is not there', says('UPDATE customer_totals SET a = a + 1')],
  ['has a syntax error', says('SELEKT 1')],
  ['names a column that is not there', (transaction) => transaction.query(`SELECT nothing FROM ${transaction.table('items')}`)],
  ['names a function that is not there', says('SELECT no_such_function(1)')],
  ['breaks a constraint', (transaction) => transaction.query(`INSERT INTO ${transaction.table('items')} (id, a) VALUES ('x', 1), ('x', 2)`)],
  ['writes NULL where none may be', (transaction) => transaction.query(`INSERT INTO ${transaction.table('items')} (id, a) VALUES ('y', ?)`, [null])],
  ['writes a row that no column takes', (transaction) => transaction.upsert('items', [{ id: 'z', a: 'text' }])],
  ['writes to a collection that it does not declare', (transaction) => transaction.upsert('others', [{ id: 'z' }])],
  [
    'keeps a transaction for later',
    async (transaction) => ((kept ??= transaction) === transaction ? Promise.reject(new Error('first')) : kept.find('items', [])),
  ],
];

for (const { name, make } of await sqlFixtures()) {
  describe(`failures on ${name}`, () => {
    const fixtureOf = async (): Promise<SqlFixture> => {
      const fixture = await make();
      afterwards(() => fixture.remove());
      return fixture;
    };

    it('parks exactly the events whose handler makes a mistake', async () => {
      const store = await (await fixtureOf()).open([Item]);
      const steps = Object.fromEntries(MISTAKES.map(([, step], index) => [2 * index + 2, step]));
      const run = start(await historyOf(Array.from({ length: 2 * MISTAKES.length + 1 }, () => ({}))), itemsBy(steps), store);
      await run.reaches(2 * MISTAKES.length + 1);
      expect((await store.parked('items', 100)).map(({ position }) => Number(position))).toEqual(Object.keys(steps).map(Number));
      const { value } = await store.read(['items'], (manager) => manager.find(Item));
      expect(value.map(({ id }) => id).sort()).toEqual(
        MISTAKES.map((_, index) => `thing-${2 * index + 1}`)
          .concat(`thing-${2 * MISTAKES.length + 1}`)
          .sort(),
      );
    });

    it('stops at the event of a mistake under stop, and names it', async () => {
      const store = await (await fixtureOf()).open([Item]);
      const run = start(await historyOf([{}, {}, {}]), itemsBy({ 2: says('UPDATE customer_totals SET a = 1') }), store, 'stop');
      await run.stops();
      expect(run.status()).toMatchObject({ position: 1n, reason: expect.stringMatching(/^PROJECTION_FAILED: .*position 2 .*customer_totals/) });
    });

    it('stops at once where a statement of its own is refused as wrong, and says what to do', async () => {
      const fixture = await fixtureOf();
      const store = await fixture.open([Item]);
      const reader = await historyOf([{ keys: ['a'], a: 1 }]);
      const run = start(reader, documents(), store);
      await run.reaches(1);
      await changeByHand(fixture, (table) => [`ALTER TABLE ${table} RENAME COLUMN a TO b`]);
      await append(reader, [{ keys: ['b'], a: 2 }]);
      await run.stops();
      expect(run.status().reason).toMatch(/^READ_STORE_STATEMENT_REFUSED: .*start again/);
      expect(await store.parked('items', 9)).toEqual([]);
    });

    it('parks for one document alone what a constraint refuses that was added by hand', async () => {
      const fixture = await fixtureOf();
      const store = await fixture.open([Item]);
      const reader = await historyOf([{ keys: ['first'], a: 1 }]);
      const run = start(reader, documents(), store);
      await run.reaches(1);
      await changeByHand(fixture, (table) => refusingRows(fixture, table));
      await append(reader, [
        { keys: ['b', 'refused', 'c'], a: 2 },
        { keys: ['d'], a: 3 },
        { keys: ['refused', 'e'], a: 4 },
      ]);
      await run.reaches(4);
      expect((await store.parked('items', 9)).map(({ key, position }) => [key, Number(position)])).toEqual([
        ['refused', 2],
        ['refused', 4],
      ]);
      const { value } = await store.read(['items'], (manager) => manager.find(Item));
      expect(value.map(({ id }) => id).sort()).toEqual(['b', 'c', 'd', 'e', 'first']);
    });
  });
}

const documents = () =>
  documentProjection({
    name: 'items',
    version: 1,
    document: Item,
    events: [events],
    key: ({ data }) => [...(data.keys ?? [])],
    evolve: { Put: (_, { data }, id) => ({ id, a: data.a ?? 0 }) },
  });

const schemaOf = ({ location }: SqlFixture): string | undefined => ('schema' in location ? location.schema : undefined);

/** Statements of another program, about the table of the first generation. */
const changeByHand = async (fixture: SqlFixture, statements: (table: string) => readonly string[]): Promise<void> => {
  await rowsByHand(fixture, ...statements('items__g1'));
};

const refusingRows = (fixture: SqlFixture, table: string): readonly string[] =>
  fixture.name === 'SQLite'
    ? [`CREATE TRIGGER refuse BEFORE INSERT ON ${table} WHEN NEW.id = 'refused' BEGIN SELECT RAISE(ABORT, 'not this one'); END`]
    : [`ALTER TABLE ${table} ADD CHECK (id <> 'refused')`];

const DEFERRED: readonly (readonly [what: string, add: (table: string) => string])[] = [
  ['unique', (table) => `ALTER TABLE ${table} ADD UNIQUE (a) DEFERRABLE INITIALLY DEFERRED`],
  [
    'foreign',
    (table) => `ALTER TABLE ${table} ADD FOREIGN KEY (a) REFERENCES ${table.replace('items__g1', 'places')} (id) DEFERRABLE INITIALLY DEFERRED`,
  ],
];

const postgres = (await sqlFixtures()).find(({ name }) => name === 'PostgreSQL');

describe.runIf(postgres)('failures of the PostgreSQL server', () => {
  const fixtureOf = async (): Promise<SqlFixture> => {
    const fixture = await (postgres as { readonly make: () => Promise<SqlFixture> }).make();
    afterwards(() => fixture.remove());
    return fixture;
  };
  const raises = (state: string): string => `DO $$ BEGIN RAISE EXCEPTION 'raised' USING ERRCODE = '${state}'; END $$`;

  it.each(DEFERRED)('parks for one document alone what a deferred constraint (%s) refuses at the commit', async (_, add) => {
    const fixture = await fixtureOf();
    const store = await fixture.open([Item]);
    const reader = await historyOf([{ keys: ['first'], a: 1 }]);
    const run = start(reader, documents(), store);
    await run.reaches(1);
    const places = `"${schemaOf(fixture)}".places`;
    await postgresQuery(`CREATE TABLE ${places} (id integer PRIMARY KEY)`);
    await postgresQuery(`INSERT INTO ${places} VALUES (1), (2), (3), (5)`);
    await changeByHand(fixture, (table) => [add(table)]);
    // 4 is the place of no row, and 1 that of the first document.
    const refused = add('').includes('UNIQUE') ? 1 : 4;
    await append(reader, [
      { keys: ['b'], a: 2 },
      { keys: ['refused'], a: refused },
      { keys: ['c'], a: 3 },
    ]);
    await run.reaches(4);
    await append(reader, [{ keys: ['refused'], a: 5 }]);
    await run.reaches(5);
    expect((await store.parked('items', 9)).map(({ key, position }) => [key, Number(position)])).toEqual([
      ['refused', 3],
      ['refused', 5],
    ]);
    const { value } = await store.read(['items'], (manager) => manager.find(Item));
    expect(value.map(({ id }) => id).sort()).toEqual(['b', 'c', 'first']);
  });

  const TROUBLE = ['08006', '40001', '40P01', '42501', '53100', '53300', '55006', '55P03', '57P01', '57P03', '58030', 'XX000'];
  it('waits while the server is in trouble, and parks no event', async () => {
    const store = await (await fixtureOf()).open([Item]);
    const raised = new Set<string>();
    const steps = TROUBLE.map((state, index): [number, Step] => [
      index + 1,
      async (transaction) => {
        if (raised.has(state)) return;
        raised.add(state);
        await transaction.query(raises(state));
      },
    ]);
    const run = start(await historyOf(TROUBLE.map(() => ({}))), itemsBy(Object.fromEntries(steps)), store);
    await run.reaches(TROUBLE.length);
    expect(raised).toEqual(new Set(TROUBLE));
    expect(await store.parked('items', 100)).toEqual([]);
  });

  const OF_THE_EVENT = [
    ...['21000', '22003', '22P02', '23505', '23514', '0A000', '26000', '38000', '42601', '42704', '42804', '44000', '54000', 'P0001'],
    ...['08P01', '0L000', '20000', '25006', '2BP01', '2D000', '3F000', '42710', '42P06', '42P07', '55000', '58P01', 'HV000', 'ZZ000'],
  ];
  it('parks the event where the server refuses what a handler says', async () => {
    const store = await (await fixtureOf()).open([Item]);
    const steps = OF_THE_EVENT.map((state, index): [number, Step] => [index + 1, says(raises(state))]);
    const run = start(await historyOf(OF_THE_EVENT.map(() => ({}))), itemsBy(Object.fromEntries(steps)), store);
    await run.reaches(OF_THE_EVENT.length);
    const parked = await store.parked('items', 100);
    expect(parked.map(({ position }) => Number(position))).toEqual(OF_THE_EVENT.map((_, index) => index + 1));
    for (const { error } of parked) expect(error).toMatch(/PROJECTION_FAILED: .*raised/);
  });

  it('parks the event whose handler catches the error of a statement', async () => {
    const store = await (await fixtureOf()).open([Item]);
    const projection = handlerProjection<SqlTransaction, [typeof events]>({
      name: 'items',
      version: 1,
      tables: { items: Item },
      events: [events],
      apply: async (transaction, batch) => {
        for (const event of batch) await transaction.upsert('items', [{ id: event.stream, a: 1 }]);
        if (batch.some(({ position }) => position === 2n)) await transaction.query('SELECT 1/0').catch(() => undefined);
      },
    });
    const run = start(await historyOf([{}, {}, {}]), projection, store);
    await run.reaches(3);
    expect((await store.parked('items', 9)).map(({ position, error }) => [position, /was caught/.test(error)])).toEqual([[2n, true]]);
  });

  it('takes smaller batches where one takes longer than a statement may, and parks an event that does so alone', async () => {
    const fixture = await fixtureOf();
    const store = await SqlReadStore.open({ url: postgresUrl, schema: schemaOf(fixture) ?? '', statementTimeoutMs: 200 }, { entities: [Item] });
    afterwards(() => store.close());
    const sizes: number[] = [];
    const projection = handlerProjection<SqlTransaction, [typeof events]>({
      name: 'items',
      version: 1,
      tables: { items: Item },
      events: [events],
      apply: async (transaction, batch) => {
        const seconds = batch.some(({ position }) => position === 50n) ? 5 : batch.length * 0.008;
        sizes.push(batch.length);
        await transaction.query('SELECT pg_sleep(?)', [seconds]);
        await transaction.upsert(
          'items',
          batch.map(({ stream }) => ({ id: stream, a: 1 })),
        );
      },
    });
    const run = start(await historyOf(Array.from({ length: 100 }, () => ({}))), projection, store);
    await run.reaches(100);
    expect(sizes[0]).toBe(100);
    expect(Math.min(...sizes)).toBe(1);
    expect((await store.parked('items', 9)).map(({ position }) => position)).toEqual([50n]);
    const { value } = await store.read(['items'], (manager) => manager.count(Item));
    expect(value).toBe(99);
  });

  it('takes a wait for a lock for trouble, however short the time for a statement is', async () => {
    const fixture = await fixtureOf();
    const schema = schemaOf(fixture) ?? '';
    const store = await SqlReadStore.open({ url: postgresUrl, schema, statementTimeoutMs: 300 }, { entities: [Item] });
    afterwards(() => store.close());
    const reader = await historyOf([{}]);
    const run = start(reader, itemsBy({}), store);
    await run.reaches(1);
    const holder = new pg.Client(postgresUrl);
    await holder.connect();
    await holder.query(`BEGIN; LOCK TABLE "${schema}".items__g1 IN SHARE MODE`);
    await append(reader, [{}]);
    await vi.waitFor(() => expect(run.status().reason).toMatch(/waited too long for a lock/), { timeout: TIMEOUT_MS, interval: 10 });
    await holder.end();
    await run.reaches(2);
    expect(await store.parked('items', 9)).toEqual([]);
  });
});
