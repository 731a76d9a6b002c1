// The event store contract on PostgreSQL, with notifications and without: they are only a hint.
import { eventStoreContract, registerContract } from '@mainstem/testing';
import { describe, it } from 'vitest';
import { LogSchema } from './postgres-events.js';
import { withPostgres } from './sql-fixtures.js';

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
}
