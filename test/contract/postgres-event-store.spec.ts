// The event store contract on PostgreSQL: with notifications and without, which are only a hint, and as a role that may
// neither change nor delete events.
import { eventStoreContract, registerContract } from '@mainstem/testing';
import { rightsOf, schemaStatements } from '@mainstem/postgres';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { LogSchema } from './postgres-events.js';
import { postgresQuery, postgresUrl, withPostgres } from './sql-fixtures.js';

const ROLE = `mainstem_restricted_${process.pid}`;

if (await withPostgres()) {
  for (const notify of [true, false]) {
    const create = async () => {
      const schema = new LogSchema();
      return { store: await schema.open({ notify }), dispose: () => schema[Symbol.asyncDispose]() };
    };
    registerContract(eventStoreContract({ name: notify ? 'PostgreSQL' : 'PostgreSQL without notifications', create, hasAppendAll: true }), {
      describe,
      it,
    });
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
    registerContract(eventStoreContract({ name: 'PostgreSQL as a restricted role', create, hasAppendAll: true }), { describe, it });
  });
}
