// Appends in a transaction of the caller: its rows and the events are committed together or not at all, on its own
// connection.
import { createHash } from 'node:crypto';
import { CommandExecutor, CommandRefused, defineAggregate } from '@mainstem/aggregate';
import { defineEvents, isMainstemError, revision, streamName, type EventOf, type EventStore, type NewEvent } from '@mainstem/event-store';
import type { PostgresEventStore } from '@mainstem/postgres';
import { IsInt, IsString } from 'class-validator';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Column, DataSource, Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { appendNamed, eventsNamed, flawsOf, following, LogSchema, logOf } from './postgres-events.js';
import { postgresQuery, postgresRows, postgresUrl, withPostgres } from './sql-fixtures.js';

/** A table of a team that moves to events, table by table. */
@Entity('invoices')
class Invoice {
  @PrimaryColumn('text') invoiceId!: string;
  @Column('integer') total!: number;
}

class IssuedData {
  @IsString() invoiceId!: string;
  @IsInt() total!: number;
}
const billEvents = defineEvents('bill', { Issued: IssuedData });

class Issue {
  @IsString() invoiceId!: string;
  @IsInt() total!: number;
}

class LimitReached extends CommandRefused {
  constructor() {
    super('LIMIT_REACHED', 'The bills of this customer exceed the limit.');
  }
}

const bill = defineAggregate({
  category: 'bill',
  events: billEvents,
  initialState: 0,
  evolve: (sum: number, event: EventOf<typeof billEvents>) => sum + event.data.total,
  decide: ({ invoiceId, total }: Issue, sum) => {
    if (sum + total > 100) throw new LimitReached();
    return [{ type: 'Issued' as const, data: { invoiceId, total } }];
  },
});
const issue = (invoiceId: string, total: number): Issue => Object.assign(new Issue(), { invoiceId, total });

const codeOf = (outcome: PromiseSettledResult<unknown>): string =>
  outcome.status === 'fulfilled'
    ? 'done'
    : isMainstemError(outcome.reason)
      ? outcome.reason.code
      : String((outcome.reason as { code?: string }).code);

describe.runIf(await withPostgres())('the event store in a transaction of the caller', () => {
  let schema: LogSchema;
  let store: PostgresEventStore;
  let database: DataSource;
  let ending: AbortController;

  beforeEach(async () => {
    schema = new LogSchema();
    ending = new AbortController();
    store = await schema.open();
    // One connection: a call that asked for a second one would wait for ever.
    const tables = `${schema.name}_t`;
    await postgresQuery(`CREATE SCHEMA ${tables}`);
    const extra = { max: 1, connectionTimeoutMillis: 3_000 };
    database = new DataSource({ type: 'postgres', url: postgresUrl, schema: tables, entities: [Invoice], synchronize: true, extra });
    await database.initialize();
  });
  afterEach(async () => {
    ending.abort();
    await database.destroy();
    // Sessions of strangers end first: what they hold would keep the tables.
    await schema[Symbol.asyncDispose]();
    await postgresQuery(`DROP SCHEMA ${schema.name}_t CASCADE`);
  });

  const stream = (name: string) => streamName(`order-${name}`);
  const append = (target: Pick<EventStore, 'append'>, name: string, expectedRevision: 'any' | 'no-stream' = 'any') =>
    target.append(stream(name), eventsNamed(name), { expectedRevision });
  const insert = (manager: EntityManager, invoiceId: string) => manager.insert(Invoice, { invoiceId, total: 1 });
  const streams = async () => (await logOf(store)).map((event) => event.stream);
  /** A session of the caller without TypeORM, in a transaction. */
  const begun = async (isolation = 'READ COMMITTED') => {
    const client = await schema.stranger();
    await client.query(`BEGIN ISOLATION LEVEL ${isolation}`);
    return client;
  };
  const refused = (promise: Promise<unknown>, code: string, text = /./) =>
    expect(promise).rejects.toSatisfy((error) => isMainstemError(error, code) && text.test(error.message));

  it('commits rows and events together, on the one connection that there is', async () => {
    const events = eventsNamed('a', 2);
    // #region events
    const told = await database.transaction(async (manager) => {
      await manager.insert(Invoice, { invoiceId: 'a', total: 1 });
      return store.appendIn(manager, streamName('order-a'), events, { expectedRevision: 'no-stream' });
    });
    // #endregion events
    expect(told).toEqual({ revision: 1n, position: 2n, isCommitted: false });
    expect([await database.manager.count(Invoice), await streams()]).toEqual([1, ['order-a', 'order-a']]);
  });

  it('leaves neither rows nor events, nor a hole, after a rollback', async () => {
    const failed = database.transaction(async (manager) => {
      await insert(manager, 'a');
      await store.appendIn(manager, stream('a'), eventsNamed('a'), { expectedRevision: 'any' });
      throw new Error('the caller changes its mind');
    });
    await expect(failed).rejects.toThrow('changes its mind');
    expect([await database.manager.count(Invoice), await streams()]).toEqual([0, []]);
    expect((await appendNamed(store, 'b')).position).toBe(1n);
  });

  it('works with a query runner, and inside of savepoints, which take their events along', async () => {
    const runner = database.createQueryRunner();
    await runner.startTransaction();
    await append(store.within(runner), 'kept');
    await runner.startTransaction();
    await append(store.within(runner), 'undone');
    await runner.rollbackTransaction();
    await append(store.within(runner), 'last');
    await runner.commitTransaction();
    await runner.release();
    expect([await streams(), flawsOf(await logOf(store))]).toEqual([['order-kept', 'order-last'], []]);
  });

  it('shows the transaction its own events, and no other reader before the commit', async () => {
    const { seen, done } = following(store, ending.signal);
    const client = await begun();
    const inside = store.within(client);
    await append(inside, 'a');
    const names: string[] = [];
    for await (const batch of inside.readStream(stream('a'))) names.push(...batch.map(({ type }) => type));
    expect([names, await inside.head(), (await logOf(inside)).length]).toEqual([['Noted'], 1n, 1]);
    expect([await store.head(), seen]).toEqual([undefined, []]);
    await client.query('COMMIT');
    await expect.poll(() => seen).toEqual([1n]);
    ending.abort();
    await done;
  });

  it('notifies listeners after a commit, and never after a rollback', async () => {
    const listener = await schema.stranger();
    const heard: string[] = [];
    listener.on('notification', ({ channel }) => heard.push(channel));
    await listener.query(`LISTEN mainstem_${createHash('sha256').update(store.incarnation).digest('hex').slice(0, 32)}`);
    const client = await begun();
    await append(store.within(client), 'a');
    await client.query('ROLLBACK');
    await listener.query('SELECT 1');
    expect(heard).toEqual([]);
    await client.query('BEGIN');
    await append(store.within(client), 'a');
    await client.query('COMMIT');
    await expect.poll(() => heard.length).toBe(1);
  });

  it('answers a wrong revision, or a condition that does not hold, without harm to the transaction', async () => {
    await append(store, 'a');
    const told = await database.transaction(async (manager) => {
      await insert(manager, 'a');
      const inside = store.within(manager);
      await refused(
        inside.append(stream('a'), eventsNamed('x'), { expectedRevision: revision(7n) }),
        'EVENT_STORE_WRONG_EXPECTED_REVISION',
        /order-a/,
      );
      await refused(
        inside.appendAll([
          { stream: stream('b'), events: eventsNamed('b'), expectedRevision: 'no-stream' },
          { stream: stream('a'), events: [], expectedRevision: 'no-stream' },
        ]),
        'EVENT_STORE_WRONG_EXPECTED_REVISION',
      );
      return inside.append(stream('a'), eventsNamed('y'), { expectedRevision: revision(0n) });
    });
    expect(told.revision).toBe(1n);
    expect([await database.manager.count(Invoice), await streams()]).toEqual([1, ['order-a', 'order-a']]);
  });

  it('sees under the lock what another process has appended since the transaction looked', async () => {
    const [client, other] = [await begun(), await schema.open()];
    const inside = store.within(client);
    expect(await inside.head()).toBe(undefined);
    await append(other, 'a');
    await refused(inside.append(stream('a'), eventsNamed('z'), { expectedRevision: 'no-stream' }), 'EVENT_STORE_WRONG_EXPECTED_REVISION');
    await inside.append(stream('a'), eventsNamed('z'), { expectedRevision: revision(0n) });
    await client.query('COMMIT');
    expect(await streams()).toEqual(['order-a', 'order-a']);
  });

  it('recognises a repeated append by its ids, in one transaction and over several', async () => {
    const first = await database.transaction(async (manager) => {
      const inside = store.within(manager);
      const told = await append(inside, 'a', 'no-stream');
      expect(await append(inside, 'a', 'no-stream')).toEqual(told);
      return told;
    });
    const again = await database.transaction((manager) => append(store.within(manager), 'a', 'no-stream'));
    expect([again, await streams()]).toEqual([first, ['order-a']]);
  });

  it.each(['REPEATABLE READ', 'SERIALIZABLE'])(
    'ends a %s transaction that is older than the last event with a conflict, to be repeated',
    async (level) => {
      const client = await begun(level);
      await client.query('SELECT 1 FROM pg_class LIMIT 1');
      await append(store, 'other');
      await refused(append(store.within(client), 'mine'), 'EVENT_STORE_TRANSACTION_CONFLICT', /do all of it again/);
      await refused(append(store.within(client), 'mine'), 'EVENT_STORE_TRANSACTION_UNUSABLE', /roll it back/);
      await client.query(`ROLLBACK; BEGIN ISOLATION LEVEL ${level}`);
      await append(store.within(client), 'mine');
      await client.query('COMMIT');
      expect(await streams()).toEqual(['order-other', 'order-mine']);
    },
  );

  it('ends one of two transactions that wait for each other with a conflict', async () => {
    await postgresQuery(`INSERT INTO ${schema.name}_t.invoices VALUES ('a', 1)`);
    const [holder, client] = [await begun(), await begun()];
    const update = `UPDATE ${schema.name}_t.invoices SET total = total + 1`;
    await client.query(update);
    await append(store.within(holder), 'a');
    const outcomes = await Promise.allSettled([
      holder.query(update),
      append(store.within(client), 'b').catch(async (error: unknown) => {
        await client.query('ROLLBACK');
        throw error;
      }),
    ]);
    // The server chooses: the statement of the caller, or the append.
    expect(outcomes.map(codeOf)).toSatisfy(
      (codes: string[]) => codes.join() === 'done,EVENT_STORE_TRANSACTION_CONFLICT' || codes.join() === '40P01,done',
    );
  });

  it('keeps other appends waiting until the commit, and names itself to those that give up', async () => {
    const client = await begun();
    await client.query('SAVEPOINT inner_part');
    await append(store.within(client), 'a');
    await client.query('RELEASE SAVEPOINT inner_part');
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const impatient = await schema.open({ lockTimeoutMs: 200 });
    await refused(append(impatient, 'b'), 'EVENT_STORE_BUSY', new RegExp(`pid ${rows[0]?.pid}`));
    const second = await begun();
    await refused(append(impatient.within(second), 'b'), 'EVENT_STORE_BUSY', new RegExp(`pid ${rows[0]?.pid}`));
    await client.query('COMMIT');
    expect(await streams()).toEqual(['order-a']);
  });

  it('leaves the time that the caller waits for locks as it was', async () => {
    const client = await begun();
    await client.query(`SET LOCAL lock_timeout = '1234ms'`);
    await append(store.within(client), 'a');
    const { rows } = await client.query<{ lock_timeout: string }>('SHOW lock_timeout');
    expect(rows[0]?.lock_timeout).toBe('1234ms');
  });

  it('refuses what is no open transaction, before anything is written', async () => {
    await refused(append(store.within(database.manager), 'a'), 'EVENT_STORE_TRANSACTION_UNUSABLE', /none is open/);
    await refused(append(store.within(await schema.stranger()), 'a'), 'EVENT_STORE_TRANSACTION_UNUSABLE', /none is open/);
    const pool = new pg.Pool({ connectionString: postgresUrl, max: 1 });
    await refused(append(store.within(pool), 'a'), 'EVENT_STORE_TRANSACTION_UNUSABLE', /none is open/);
    await pool.end();
    expect(() => store.within({} as never)).toThrow('no function query');
    expect(() => store.within({ query: 1 } as never)).toThrow('no function query');
    await refused(append(store.within({ query: () => Promise.resolve(1) }), 'a'), 'EVENT_STORE_TRANSACTION_UNUSABLE', /neither with rows/);
    expect(await streams()).toEqual([]);
  });

  it('refuses a transaction on a database without this event store', async () => {
    const name = `${schema.name}_other`;
    await postgresQuery(`CREATE DATABASE ${name}`);
    const client = await schema.stranger(Object.assign(new URL(postgresUrl), { pathname: `/${name}` }).href);
    try {
      await client.query('BEGIN');
      await refused(append(store.within(client), 'a'), 'EVENT_STORE_TRANSACTION_UNUSABLE', /no event store in schema/);
    } finally {
      await client.end();
      await postgresQuery(`DROP DATABASE ${name}`);
    }
  });

  it('refuses calls after the transaction has ended, also when the next one of the connection has begun', async () => {
    const client = await begun();
    const inside = store.within(client);
    await append(inside, 'a');
    await client.query('COMMIT');
    await refused(append(inside, 'late'), 'EVENT_STORE_TRANSACTION_UNUSABLE', /has ended/);
    await client.query('BEGIN');
    await refused(append(inside, 'later'), 'EVENT_STORE_TRANSACTION_UNUSABLE', /has ended/);
    await append(store.within(client), 'b');
    await client.query('COMMIT');
    let kept: EntityManager | undefined;
    await database.transaction(async (manager) => void (kept = manager));
    await refused(append(store.within(kept as EntityManager), 'late'), 'EVENT_STORE_TRANSACTION_UNUSABLE');
    expect(await streams()).toEqual(['order-a', 'order-b']);
  });

  it('writes an append that was not awaited into its transaction, or refuses it', async () => {
    for (let turns = 0; turns < 12; turns++) {
      const client = await begun();
      const inside = store.within(client);
      const loose = Promise.allSettled([append(inside, `loose-${turns}`)]);
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      await client.query(turns % 2 === 0 ? 'COMMIT' : 'ROLLBACK');
      const [outcome] = await loose;
      const isThere = (await streams()).includes(`order-loose-${turns}` as never);
      const code = codeOf(outcome as PromiseSettledResult<unknown>);
      if (code === 'done') expect(isThere).toBe(turns % 2 === 0);
      else expect([code, isThere]).toEqual(['EVENT_STORE_TRANSACTION_UNUSABLE', false]);
      await client.query('ROLLBACK');
    }
  });

  it('runs calls that meet on one transaction one after the other', async () => {
    const client = await begun();
    const [left, right] = [store.within(client), store.within(client)];
    const told = await Promise.all(
      Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? left : right).append(stream('a'), eventsNamed(`n${n}`), { expectedRevision: 'any' })),
    );
    await client.query('COMMIT');
    expect(told.map((one) => one.revision)).toEqual(Array.from({ length: 20 }, (_, n) => BigInt(n)));
    expect(flawsOf(await logOf(store))).toEqual([]);
  });

  it('shares the one order with appends of other transactions and processes', async () => {
    const other = await schema.open();
    const { seen, done } = following(other, ending.signal);
    const clients = await Promise.all(Array.from({ length: 4 }, () => schema.stranger()));
    const byClients = clients.map(async (client, place) => {
      for (let n = 0; n < 15; n++) {
        await client.query('BEGIN');
        await store.within(client).append(stream('shared'), eventsNamed(`c${place}-${n}`), { expectedRevision: 'any' });
        await client.query(n % 5 === 4 ? 'ROLLBACK' : 'COMMIT');
      }
    });
    const byStore = Array.from({ length: 40 }, (_, n) => other.append(stream('shared'), eventsNamed(`s-${n}`), { expectedRevision: 'any' }));
    await Promise.all([...byClients, ...byStore]);
    const log = await logOf(store);
    expect([log.length, flawsOf(log)]).toEqual([4 * 12 + 40, []]);
    await expect.poll(() => seen).toEqual(log.map(({ position }) => position));
    ending.abort();
    await done;
  });

  it('reports a connection that breaks in the middle, and leaves nothing', async () => {
    const client = await begun();
    const inside = store.within(client);
    await append(inside, 'a');
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await postgresQuery('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    await refused(append(inside, 'b'), 'EVENT_STORE_UNAVAILABLE');
    await expect.poll(() => postgresRows(`SELECT 1 FROM pg_stat_activity WHERE pid = ${rows[0]?.pid}`)).toEqual([]);
    expect(await streams()).toEqual([]);
  });

  it('refuses calls after the store was closed', async () => {
    const client = await begun();
    const inside = store.within(client);
    await store.close();
    await refused(append(inside, 'a'), 'EVENT_STORE_CLOSED');
    expect(() => store.within(client)).toThrow('closed');
  });

  describe('commands', () => {
    it('are decided and appended in it, with the rows of the caller', async () => {
      const executor = new CommandExecutor({ store, aggregates: [bill] });
      // #region commands
      const together = (invoiceId: string, total: number) =>
        database.transaction(async (manager) => {
          await manager.insert(Invoice, { invoiceId, total });
          // Last: from here to the commit, all other appends wait.
          return executor.within(store.within(manager)).execute(bill, 'c1', issue(invoiceId, total));
        });
      // #endregion commands
      const undone = database.transaction(async (manager) => {
        await manager.insert(Invoice, { invoiceId: 'b', total: 30 });
        await executor.within(store.within(manager)).execute(bill, 'c1', issue('b', 30));
        throw new Error('undone');
      });
      await expect(undone).rejects.toThrow('undone');
      expect(await together('a', 60)).toMatchObject({ isRepeat: false });
      await expect(together('c', 50)).rejects.toMatchObject({ code: 'LIMIT_REACHED' });
      expect(await executor.execute(bill, 'c1', issue('d', 40))).toMatchObject({ isRepeat: false });
      await expect(together('e', 1)).rejects.toMatchObject({ code: 'LIMIT_REACHED' });
      expect([await database.manager.find(Invoice), (await streams()).length]).toEqual([[{ invoiceId: 'a', total: 60 }], 2]);
    });

    it('keep to their rules while others append to the same stream', async () => {
      const executor = new CommandExecutor({ store, aggregates: [bill] });
      const clients = await Promise.all(Array.from({ length: 4 }, () => schema.stranger()));
      const outcomes = await Promise.allSettled([
        ...clients.map(async (client, place) => {
          await client.query('BEGIN');
          try {
            await executor.within(store.within(client)).execute(bill, 'c1', issue(`t${place}`, 20));
            await client.query('COMMIT');
          } catch (error) {
            await client.query('ROLLBACK');
            throw error;
          }
        }),
        ...Array.from({ length: 4 }, (_, n) => executor.execute(bill, 'c1', issue(`s${n}`, 20))),
      ]);
      expect(outcomes.map(codeOf).toSorted()).toEqual([...Array<string>(3).fill('LIMIT_REACHED'), ...Array<string>(5).fill('done')]);
      expect((await streams()).length).toBe(5);
    });

    it('need a store of the same log', async () => {
      const other = new LogSchema();
      const executor = new CommandExecutor({ store });
      const client = await begun();
      const strange = (await other.open()).within(client);
      expect(() => executor.within(strange)).toThrow('same event store');
      await other[Symbol.asyncDispose]();
    });
  });

  it('gives back every kind of payload as it was appended', async () => {
    const client = await begun();
    const data = { text: 'a"\\,{}()\n\u0000é', number: 1e21, list: [null, '', ' '] };
    const event: NewEvent = { ...(eventsNamed('p')[0] as NewEvent), data };
    const inside = store.within(client);
    await inside.append(stream('p'), [event], { expectedRevision: 'any' });
    expect((await logOf(inside)).map((read) => read.data)).toEqual([data]);
    await client.query('COMMIT');
    expect((await logOf(store)).map((read) => read.data)).toEqual([data]);
  });
});
