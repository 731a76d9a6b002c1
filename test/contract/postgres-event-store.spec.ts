// The event store contract on PostgreSQL: with notifications and without, which are only a hint. As a role that may
// neither change nor delete events, and in transactions of the caller.
import { eventStoreContract, registerContract } from '@mainstem/testing';
import { rightsOf, schemaStatements } from '@mainstem/postgres';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { LogSchema } from './postgres-events.js';
import { inOneTransaction, inTransactions } from './transaction-stores.js';
import { postgresQuery, postgresUrl, withPostgres } from './sql-fixtures.js';

const ROLE = `mainstem_restricted_${process.pid}`;

if (await withPostgres()) {
  for (const notify of [true, false]) {
    const create = async () => {
      const schema = new LogSchema();
      return { store: await schema.open({ notify }), dispose: () => schema[Symbol.asyncDispose]() };
    };
    registerContract(
      eventStoreContract({ name: notify ? 'PostgreSQL' : 'PostgreSQL without notifications', create, hasAppendAll: true, takesCopies: true }),
      {
        describe,
        it,
      },
    );
  }

  describe('with tables of an administrator', () => {
    beforeAll(() => postgresQuery(`CREATE ROLE ${ROLE} LOGIN`));
    afterAll(() => postgresQuery(`DROP ROLE ${ROLE}`));

    const url = Object.assign(new URL(postgresUrl), { username: ROLE }).href;
    const create = async () => {
      const schema = new LogSchema();
      await postgresQuery([...schemaStatements(schema.name), ...rightsOf(schema.name, ROLE)].join(';'));
      return { store: await schema.open({ url, mustExist: true }), dispose: () => schema[Symbol.asyncDispose]() };
    };
    registerContract(eventStoreContract({ name: 'PostgreSQL as a restricted role', create, hasAppendAll: true, takesCopies: true }), {
      describe,
      it,
    });
  });

  const eachInItsOwn = async () => {
    const schema = new LogSchema();
    const store = await schema.open();
    return { store: inTransactions(store, await schema.stranger()), dispose: () => schema[Symbol.asyncDispose]() };
  };
  // Here calls wait for their turn, and begin later than they are made.
  const isOfTheMoment = /before close|changes its objects/;
  const own = eventStoreContract({ name: 'PostgreSQL in transactions of the caller', create: eachInItsOwn, hasAppendAll: true });
  registerContract({ ...own, cases: own.cases.filter(({ name }) => !isOfTheMoment.test(name)) }, { describe, it });

  const allInOne = async () => {
    const schema = new LogSchema();
    const client = await schema.stranger();
    await client.query('BEGIN');
    return { store: inOneTransaction(await schema.open(), client), dispose: () => schema[Symbol.asyncDispose]() };
  };
  const one = eventStoreContract({ name: 'PostgreSQL in one transaction of the caller', create: allInOne, hasAppendAll: true });
  // A transaction has no subscriptions; and it ends with its caller, not with a close.
  const isOfReadersElsewhere = /subscri|every way of reading|backwards and live|close/;
  registerContract({ ...one, cases: one.cases.filter(({ name }) => !isOfReadersElsewhere.test(name)) }, { describe, it });
}
