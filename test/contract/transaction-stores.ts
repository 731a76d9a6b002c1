// Event stores for the contract that append in transactions of a caller.
import { Lanes, type EventStore } from '@mainstem/event-store';
import type { PostgresEventStore, TransactionEventStore } from '@mainstem/postgres';
import type { Client } from 'pg';

/** Each append is a transaction of its own on one session; all else is the store's. */
export const inTransactions = (store: PostgresEventStore, client: Client): EventStore => {
  const lanes = new Lanes();
  const appending = <Result>(work: (inside: TransactionEventStore) => Promise<Result>): Promise<Result> =>
    lanes.run(
      'append',
      async () => {
        await client.query('BEGIN');
        try {
          const { isCommitted, ...told } = (await work(store.within(client))) as Result & { isCommitted: boolean };
          await client.query(isCommitted ? 'ROLLBACK' : 'COMMIT');
          return told as Result;
        } catch (error) {
          await client.query('ROLLBACK');
          throw error;
        }
      },
      'append',
    );
  return {
    incarnation: store.incarnation,
    hasDensePositions: store.hasDensePositions,
    hasAppendAll: store.hasAppendAll,
    limits: store.limits,
    append: (stream, events, options) => appending((inside) => inside.append(stream, events, options)),
    appendAll: (appends, options) => appending((inside) => inside.appendAll(appends, options)),
    readStream: (stream, options) => store.readStream(stream, options),
    readAll: (options) => store.readAll(options),
    subscribe: (options) => store.subscribe(options),
    head: (signal) => store.head(signal),
    idAt: (position, signal) => store.idAt(position, signal),
    close: () => store.close(),
  };
};

/** Everything happens in the transaction that the session has begun, and is never committed. */
export const inOneTransaction = (store: PostgresEventStore, client: Client): EventStore => {
  const inside = store.within(client);
  return Object.assign(inside, {
    subscribe: () => {
      throw new TypeError('a transaction has no subscriptions');
    },
    close: () => store.close(),
  });
};
