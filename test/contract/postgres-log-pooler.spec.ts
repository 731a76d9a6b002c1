// The event store contract on PostgreSQL through PgBouncer in transaction mode. Notifications do not arrive there.
import { eventStoreContract, registerContract } from '@mainstem/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasPooler, Poolers } from './pooler.js';
import { appendNamed, following, LogSchema } from './postgres-events.js';
import { postgresQuery, withPostgres } from './sql-fixtures.js';

describe.runIf(hasPooler && (await withPostgres()))('through PgBouncer in transaction mode', () => {
  let poolers: Poolers;
  let url: string;
  beforeAll(async () => {
    poolers = await Poolers.prepare(`mainstem_pooled_events_${process.pid}`);
    url = await poolers.start('default_pool_size = 12');
  });
  afterAll(() => poolers[Symbol.asyncDispose]());

  const create = async () => {
    const schema = new LogSchema(url);
    const store = await schema.open();
    const dispose = async (): Promise<void> => {
      await schema[Symbol.asyncDispose]();
      await postgresQuery(`DROP SCHEMA ${schema.name} CASCADE`);
    };
    return { store, schema, dispose };
  };

  registerContract(eventStoreContract({ name: 'PostgreSQL', create, hasAppendAll: true }), { describe, it });

  it('shows the appends of others, of which it hears nothing', async () => {
    const { store, schema, dispose } = await create();
    const other = await schema.open();
    const ending = new AbortController();
    const { seen, done } = following(store, ending.signal);
    for (let n = 1; n <= 20; n++) {
      await appendNamed(other, `c${n}`);
      await expect.poll(() => seen.length, { interval: 1 }).toBe(n);
    }
    ending.abort();
    await done;
    await dispose();
  });
});
