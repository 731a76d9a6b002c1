// A process that writes rows and events in transactions of its own without end, and reports what it has committed:
// `<url> <schema> <first number>`. Each row of `<schema>.rows` has two events.
import { setTimeout as delay } from 'node:timers/promises';
import { streamName } from '@mainstem/event-store';
import { PostgresEventStore } from '@mainstem/postgres';
import pg from 'pg';
import { eventsNamed } from '../../contract/postgres-events.js';

const [url = '', schema = '', first = '0'] = process.argv.slice(2);
const store = await PostgresEventStore.open({ url, schema, mustExist: true, patienceMs: 60_000 });

const connected = async (): Promise<pg.Client> => {
  for (;;) {
    const client = new pg.Client(url);
    client.on('error', () => undefined);
    try {
      await client.connect();
      return client;
    } catch {
      await delay(20);
    }
  }
};

let client = await connected();
process.send?.({ kind: 'open' });
for (let number = Number(first); ; number++) {
  try {
    await client.query('BEGIN');
    await client.query(`INSERT INTO ${schema}.rows VALUES ($1)`, [number]);
    await store.appendIn(client, streamName(`row-${number}`), eventsNamed(`row-${number}`, 2), { expectedRevision: 'no-stream' });
    const { command } = await client.query(number % 7 === 0 ? 'ROLLBACK' : 'COMMIT');
    if (command === 'COMMIT') process.send?.({ kind: 'acknowledged', number });
  } catch {
    // Whatever has failed, and wherever: the next one begins with a new session.
    client.end().catch(() => undefined);
    client = await connected();
  }
}
