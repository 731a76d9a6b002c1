// The statements of a handler: one at a time. None may begin, end or outlive the transaction of its batch.
import type { SqlReadStore, SqlTransaction } from '@mainstem/sql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sqlFixtures, type SqlFixture } from './sql-fixtures.js';
import { afterwards, append, cleanUp, historyOf, Item, itemsBy, says, start, type Step } from './sql-handler-run.js';

const REFUSED = /READ_STORE_STATEMENT_REFUSED|refuses a statement as wrong/;

/** Each of them is refused by both databases or before they are asked. */
const CONTROL = [
  ...['COMMIT', 'ROLLBACK', 'BEGIN', 'END', 'ABORT', 'SAVEPOINT a', 'ROLLBACK TO a', 'RELEASE a', 'START TRANSACTION', "PREPARE TRANSACTION 'a'"],
  ...['SET TRANSACTION READ ONLY', 'SET LOCAL transaction_read_only = on', 'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY'],
  ...['SET default_transaction_read_only = on', ' -- so\n commit work', '/* so */;; rollback', '', '-- nothing'],
  ...['SELECT 1; COMMIT', 'SELECT 1; SELECT 2', 'SELECT 1;;-- and\n ROLLBACK;'],
];

/** A handler's own mistakes, each with what it needs before. */
const MISTAKES_ON_POSTGRES: readonly (readonly string[])[] = [
  ['SELECT audit_of_nobody.note(1)'],
  ['CREATE TABLE audit_of_nobody.x (a int)'],
  ['CREATE TEMP SEQUENCE fresh', "SELECT currval('fresh')"],
  ['CREATE TEMP SEQUENCE short MAXVALUE 1', "SELECT nextval('short'), nextval('short')"],
  ['DO $$ BEGIN CASE 1 WHEN 2 THEN NULL; END CASE; END $$'],
  ['CREATE TEMP SEQUENCE used', "CREATE TEMP TABLE user_of (a int DEFAULT nextval('used'))", 'DROP SEQUENCE used'],
  ['CREATE SCHEMA public'],
  ['CREATE ROLE postgres'],
  ["LOAD 'nosuchlib'"],
  ["SELECT set_config('transaction_read_only', 'on', true)", 'CREATE TABLE public.never_made (a int)'],
  ['DO $$ BEGIN COMMIT; END $$'],
  ['COPY pg_class FROM STDIN'],
  ['copy pg_class to stdout'],
];
const MISTAKES_ON_SQLITE: readonly (readonly string[])[] = [
  ["ATTACH '/nonexistent/x.db' AS other"],
  ["ATTACH ':memory:' AS other"],
  ['DETACH other'],
  ['PRAGMA query_only = 1'],
  ['PRAGMA main.query_only(1)'],
  ['PRAGMA foreign_keys = OFF'],
  ['PRAGMA wal_checkpoint'],
  ['VACUUM'],
];
/** What PostgreSQL keeps for the session. */
const OUTLIVING = [
  ...[
    'SET search_path = pg_catalog',
    'SET SESSION statement_timeout = 0',
    "set /* so */ time zone 'Europe/Berlin'",
    'SET ROLE NONE',
    'RESET work_mem',
  ],
  ...[
    'RESET ALL',
    'DISCARD PLANS',
    'LISTEN here',
    'UNLISTEN *',
    'PREPARE one AS SELECT 1',
    'DEALLOCATE ALL',
    'DECLARE c CURSOR WITH HOLD FOR SELECT 1',
  ],
];
const MISTAKES_ON_MARIADB: readonly (readonly string[])[] = [
  ['CREATE TABLE made (a int)'],
  ['CREATE TEMPORARY TABLE made (a int)'],
  ['DROP TABLE items__g1'],
  ['ALTER TABLE items__g1 ADD COLUMN b int'],
  ['TRUNCATE items__g1'],
  ['RENAME TABLE items__g1 TO other'],
  ['SET autocommit = 1'],
  ["SET sql_mode = ''"],
  ['LOCK TABLES items__g1 WRITE'],
  ['UNLOCK TABLES'],
  ['CALL nothing()'],
  ['XA START 1'],
  ['USE mysql'],
  ['GRANT SELECT ON items__g1 TO root'],
  ['/*! COMMIT */'],
  ['SELECT 1 /*M! ; COMMIT */'],
  ['# COMMIT', 'SELECT no_such_function(1)'],
  ['SELECT * FROM no_such_database.items'],
  ['SELECT * FROM no_such_table'],
  ['INSERT INTO items__g1 VALUES (1, 2, 3)'],
  ['UPDATE items__g1 SET a = 99999999999'],
  ["SIGNAL SQLSTATE '45000'"],
];
const saysInTurn =
  (statements: readonly string[]): Step =>
  async (transaction) => {
    for (const sql of statements) await transaction.query(sql);
  };

for (const { name, make } of await sqlFixtures()) {
  describe(`statements of a handler on ${name}`, () => {
    let fixture: SqlFixture;
    let store: SqlReadStore;
    beforeEach(async () => {
      fixture = await make();
      afterwards(() => fixture.remove());
      store = await fixture.open([Item]);
    });
    afterEach(cleanUp);

    const writes = async (transaction: SqlTransaction, id: string): Promise<void> => transaction.upsert('items', [{ id, a: 1 }]);
    const idsIn = async (): Promise<readonly string[]> =>
      (await store.read(['items'], (manager) => manager.find(Item))).value.map(({ id }) => id).sort();
    const namesTo = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `thing-${index + 1}`);
    /** These events alone are parked, and all others have had their effect. */
    const expectParked = async (count: number, parked: readonly number[], error: RegExp): Promise<void> => {
      const found = await store.parked('items', 100);
      expect(found.map(({ position }) => Number(position))).toEqual(parked);
      for (const one of found) expect(one.error).toMatch(error);
      expect(await idsIn()).toEqual(
        namesTo(count)
          .filter((_, index) => !parked.includes(index + 1))
          .toSorted(),
      );
    };

    it('parks exactly the events whose handler would begin or end a transaction, or say several things at once', async () => {
      const refused = CONTROL.map((sql): Step => async (transaction) => {
        await writes(transaction, 'half');
        await transaction.query(sql);
      });
      const steps = Object.fromEntries(refused.map((step, index) => [2 * index + 2, step]));
      const count = 2 * CONTROL.length + 1;
      await start(await historyOf(Array.from({ length: count }, () => ({}))), itemsBy(steps), store).reaches(count);
      await expectParked(count, Object.keys(steps).map(Number), REFUSED);
    });

    it('parks the event even if the handler catches the refusal, or fails after it', async () => {
      const steps: Record<number, Step> = {
        2: (transaction) => transaction.query('ROLLBACK').catch(() => undefined),
        4: async (transaction) => {
          await transaction.query('COMMIT').catch(() => undefined);
          throw new Error('after the commit');
        },
      };
      await start(await historyOf([{}, {}, {}, {}, {}]), itemsBy(steps), store).reaches(5);
      await expectParked(5, [2, 4], /refuses a statement as wrong|after the commit/);
    });

    it('takes one statement with a semicolon at its end, and semicolons inside of it', async () => {
      const steps: Record<number, Step> = { 1: says("SELECT ';COMMIT' AS text; -- COMMIT\n ; "), 2: says(' ;; SELECT 1 AS "begin;"') };
      await start(await historyOf([{}, {}]), itemsBy(steps), store).reaches(2);
      await expectParked(2, [], REFUSED);
    });

    it('parks exactly the events whose handler gives more or fewer values than there are placeholders', async () => {
      const insert =
        (values: string, parameters?: readonly unknown[]): Step =>
        async (transaction) =>
          transaction.query(`INSERT INTO ${transaction.table('items')} (id, a) VALUES ${values}`, parameters);
      const steps: Record<number, Step> = {
        1: insert('(?, ?)', ['one', 1]),
        2: insert('(?, ?)', ['few']),
        3: insert("(?, '?' /* ? */ || 1) -- ?", ['many', 1]),
        4: insert("('none', ?)"),
        5: insert('($1, 1)', ['numbered']),
        6: (transaction) => transaction.query('SELECT 1', [1]),
        7: insert('(?, $1)', ['twice']),
      };
      // SQLite would take each for NULL, PostgreSQL for an error of its own or a number.
      if (name === 'SQLite') Object.assign(steps, { 8: insert('(:id, 1)'), 9: insert('(?1, 1)', ['x']), 10: insert('(@id, 1)') });
      const count = 11;
      await start(await historyOf(Array.from({ length: count }, () => ({}))), itemsBy(steps), store).reaches(count);
      const parked = Object.keys(steps).map(Number).slice(1);
      expect((await store.parked('items', 100)).map(({ position }) => Number(position))).toEqual(parked);
      for (const { error } of await store.parked('items', 100)) expect(error).toMatch(REFUSED);
      expect(await idsIn()).toEqual(['one', ...namesTo(count).filter((_, index) => !parked.includes(index + 1))].toSorted());
    });

    it('refuses the same to queries on a snapshot', async () => {
      await start(await historyOf([{}]), itemsBy({}), store).reaches(1);
      for (const sql of ['COMMIT', 'SELECT 1; ROLLBACK', 'BEGIN']) {
        const read = store.read(['items'], async (manager) => {
          await manager.query(sql);
          return manager.query('DELETE FROM items') as Promise<unknown>;
        });
        await expect(read).rejects.toMatchObject({ code: 'READ_STORE_STATEMENT_REFUSED' });
      }
      const nested = store.read(['items'], (manager) => manager.transaction((inner) => inner.find(Item)));
      await expect(nested).rejects.toMatchObject({ code: 'READ_STORE_STATEMENT_REFUSED' });
      expect(await idsIn()).toEqual(['thing-1']);
    });

    it('parks exactly the events of mistakes that sound like an outage', async () => {
      const mistakes = { SQLite: MISTAKES_ON_SQLITE, PostgreSQL: MISTAKES_ON_POSTGRES, MariaDB: MISTAKES_ON_MARIADB }[name] ?? [];
      const steps = Object.fromEntries(mistakes.map((sql, index): [number, Step] => [2 * index + 2, saysInTurn(sql)]));
      const count = 2 * mistakes.length + 1;
      await start(await historyOf(Array.from({ length: count }, () => ({}))), itemsBy(steps), store).reaches(count);
      await expectParked(count, Object.keys(steps).map(Number), /^PROJECTION_FAILED/);
    });

    // MariaDB checks every constraint at once, and takes no table from a handler.
    it.runIf(name !== 'MariaDB')('parks exactly the events of what only the commit refuses', async () => {
      const schema = 'schema' in fixture.location ? `"${fixture.location.schema}".` : '';
      const tables = [
        `CREATE TABLE IF NOT EXISTS ${schema}rooms (id integer PRIMARY KEY)`,
        `CREATE TABLE IF NOT EXISTS ${schema}seats (room integer REFERENCES ${schema}rooms (id) DEFERRABLE INITIALLY DEFERRED)`,
      ];
      const seat = (room: number): Step => saysInTurn([`INSERT INTO ${schema}seats VALUES (${room})`]);
      const steps: Record<number, Step> = {
        1: saysInTurn(tables),
        3: seat(7),
        5: async (transaction, event) => {
          await seat(8)(transaction, event);
          await saysInTurn([`INSERT INTO ${schema}rooms VALUES (8)`])(transaction, event);
        },
        6: seat(9),
      };
      await start(await historyOf([{}, {}, {}, {}, {}, {}, {}]), itemsBy(steps), store).reaches(7);
      await expectParked(7, [3, 6], /foreign key constraint/i);
    });

    it.runIf(name === 'PostgreSQL')('parks exactly the events whose handler would leave a setting behind', async () => {
      const steps = Object.fromEntries(OUTLIVING.map((sql, index): [number, Step] => [2 * index + 2, says(sql)]));
      const count = 2 * OUTLIVING.length + 1;
      steps[1] = saysInTurn(["SET LOCAL work_mem = '5MB'", 'SET CONSTRAINTS ALL IMMEDIATE', 'DECLARE c CURSOR FOR SELECT 1']);
      await start(await historyOf(Array.from({ length: count }, () => ({}))), itemsBy(steps), store).reaches(count);
      const parked = OUTLIVING.map((_, index) => 2 * index + 2);
      await expectParked(count, parked, /it would outlive the transaction/);
    });

    it.runIf(name === 'PostgreSQL')('keeps no setting that a function has made for the session', async () => {
      const seen: unknown[] = [];
      const look: Step = async (transaction) => {
        seen.push(...(await transaction.query("SELECT current_setting('work_mem') AS work_mem, current_setting('statement_timeout') AS timeout")));
      };
      const change = saysInTurn(["SELECT set_config('work_mem', '7MB', false), set_config('statement_timeout', '0', false)"]);
      const reader = await historyOf([{}]);
      const run = start(reader, itemsBy({ 1: look, 2: change, 3: look, 4: change, 5: look }), store);
      // Each in a batch of its own.
      for (let position = 1; position <= 5; position++) {
        await run.reaches(position);
        await append(reader, [{}]);
      }
      expect(seen).toHaveLength(3);
      expect(seen).toEqual(seen.map(() => seen[0]));
      expect(seen[0]).not.toMatchObject({ work_mem: '7MB' });
    });

    // MariaDB takes no temporary table from a handler.
    it.runIf(name !== 'MariaDB')('keeps no temporary table longer than the transaction of the handler that has made it', async () => {
      const made = saysInTurn([
        'CREATE TEMP TABLE scratch (a integer)',
        'CREATE INDEX scratch_by_a ON scratch (a)',
        'CREATE TEMP VIEW scratched AS SELECT a FROM scratch',
        'INSERT INTO scratch VALUES (1)',
        'SELECT a FROM scratched',
      ]);
      const reader = await historyOf([{}]);
      const run = start(reader, itemsBy({ 1: made, 2: made, 3: says('SELECT a FROM scratch'), 4: made }), store);
      // Each in a batch of its own.
      for (let position = 1; position <= 5; position++) {
        await run.reaches(position);
        await append(reader, [{}]);
      }
      await run.reaches(6);
      await expectParked(6, [3], /scratch/);
    });

    it.runIf(name === 'SQLite')('takes pragmas that leave no setting behind', async () => {
      const reading = ['PRAGMA foreign_keys', 'PRAGMA table_info(items__g1)', 'PRAGMA main.foreign_key_check(items__g1)'];
      const steps = { 1: saysInTurn([...reading, 'PRAGMA defer_foreign_keys = ON']) };
      await start(await historyOf([{}]), itemsBy(steps), store).reaches(1);
      await expectParked(1, [], REFUSED);
    });

    it.runIf(name === 'SQLite')('keeps nothing of a batch whose transaction a statement has ended by itself', async () => {
      const steps: Record<number, Step> = {
        3: async (transaction) => {
          const again = `INSERT OR ROLLBACK INTO ${transaction.table('items')} (id, a) VALUES ('thing-1', 1)`;
          await transaction.query(again).catch(() => undefined);
          await writes(transaction, 'alone');
        },
        5: (transaction) =>
          transaction.query(`INSERT OR ROLLBACK INTO ${transaction.table('items')} (id, a) VALUES ('thing-1', 1)`).catch(() => undefined),
      };
      await start(await historyOf([{}, {}, {}, {}, {}]), itemsBy(steps), store).reaches(5);
      await expectParked(5, [3, 5], /has ended the transaction/);
    });
  });
}
