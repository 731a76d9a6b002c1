// Event stores on PostgreSQL for the suites: a schema of its own each, gone afterwards.
import { randomUUID } from 'node:crypto';
import { PostgresEventStore, type PostgresEventStoreOptions } from '@mainstem/postgres';
import { postgresQuery, postgresUrl } from './sql-fixtures.js';

type Options = Partial<PostgresEventStoreOptions>;

/** A schema that no other test has. */
export class LogSchema implements AsyncDisposable {
  readonly name = `mainstem_events_${randomUUID().replaceAll('-', '').slice(0, 20)}`;
  readonly #opened: PostgresEventStore[] = [];

  constructor(readonly url = postgresUrl) {}

  /** Another store on it, closed with the schema. */
  async open(options: Options = {}): Promise<PostgresEventStore> {
    const store = await PostgresEventStore.open({ url: this.url, schema: this.name, ...options });
    this.#opened.push(store);
    return store;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#opened.map((store) => store.close()));
    await postgresQuery(`DROP SCHEMA IF EXISTS ${this.name} CASCADE`);
  }
}
