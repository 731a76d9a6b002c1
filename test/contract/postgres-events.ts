// Event stores on PostgreSQL for the suites: a schema of its own each, gone afterwards; and sessions of strangers.
import { randomUUID } from 'node:crypto';
import {
  eventIdOf,
  streamName,
  type EventStore,
  type ExpectedRevision,
  type NewEvent,
  type Position,
  type RecordedEvent,
} from '@mainstem/event-store';
import { PostgresEventStore, type PostgresEventStoreOptions } from '@mainstem/postgres';
import pg from 'pg';
import { postgresQuery, postgresUrl } from './sql-fixtures.js';

type Options = Partial<PostgresEventStoreOptions>;

/** A schema that no other test has. */
export class LogSchema implements AsyncDisposable {
  readonly name = `mainstem_events_${randomUUID().replaceAll('-', '').slice(0, 20)}`;
  readonly #opened: PostgresEventStore[] = [];
  readonly #clients: pg.Client[] = [];

  constructor(readonly url = postgresUrl) {}

  /** Another store on it, closed with the schema. */
  async open(options: Options = {}): Promise<PostgresEventStore> {
    const store = await PostgresEventStore.open({ url: this.url, schema: this.name, ...options });
    this.#opened.push(store);
    return store;
  }

  /** A session of another program; what it leaves open is rolled back with the schema. */
  async stranger(url = this.url): Promise<pg.Client> {
    const client = new pg.Client(url);
    client.on('error', () => undefined); // a test may end it
    await client.connect();
    this.#clients.push(client);
    return client;
  }

  /** Appends one event to a new stream as a process of ours does, in whatever transaction this session has. */
  async appendBy(client: pg.Client, store: EventStore, id: string): Promise<bigint> {
    const values = [store.incarnation, [streamName(`order-${id}`)], [eventIdOf(id, streamName(`order-${id}`), 0)]];
    const { rows } = await client.query<{ base: string }>(
      `SELECT ${this.name}.append($1, NULL, NULL, 5000, NULL, $2, '{-1}', $3, '{1}', '{0}', '{Noted}', '{"{}"}', '{"{}"}') AS base`,
      values,
    );
    return BigInt(rows[0]?.base ?? -1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#opened.map((store) => store.close()), ...this.#clients.map((client) => client.end())]);
    if (this.url === postgresUrl) await postgresQuery(`DROP SCHEMA IF EXISTS ${this.name} CASCADE`);
  }
}

export const eventsNamed = (name: string, count = 1): readonly NewEvent[] =>
  Array.from({ length: count }, (_, n) => ({ id: eventIdOf(name, streamName('any-1'), n), type: 'Noted', data: { name, n }, metadata: {} }));

export const appendNamed = (store: EventStore, name: string, stream = `order-${name}`, expectedRevision: ExpectedRevision = 'any') =>
  store.append(streamName(stream), eventsNamed(name), { expectedRevision });

export const logOf = async (store: Pick<EventStore, 'readAll'>): Promise<readonly RecordedEvent[]> => {
  const events: RecordedEvent[] = [];
  for await (const batch of store.readAll()) events.push(...batch);
  return events;
};

/** What every log must be: positions and revisions without holes, and in each stream the same order. */
export const flawsOf = (events: readonly RecordedEvent[]): readonly string[] => {
  const next = new Map<string, bigint>();
  return events.flatMap(({ position, stream, revision }, index) => {
    const expected = next.get(stream) ?? 0n;
    next.set(stream, revision + 1n);
    return position === BigInt(index + 1) && revision === expected ? [] : [`${stream}@${revision} lies at ${position}`];
  });
};

/** Follows a log until the signal fires; gives the positions in the order in which they were seen. */
export const following = (store: EventStore, signal: AbortSignal, after?: Position) => {
  const seen: bigint[] = [];
  const run = async (): Promise<void> => {
    for await (const { events } of store.subscribe({ after, signal })) seen.push(...events.map(({ position }) => position));
  };
  return { seen, done: run() };
};
