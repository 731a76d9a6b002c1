// EventStoreDB's bare client, appending in many small parts until it is killed. Arguments: connection string, stream.
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';

const EVENTS = 500;

const [connectionString = '', stream = ''] = process.argv.slice(2);
const client = EventStoreDBClient.connectionString(connectionString);
for (let command = 0; ; command++) {
  const events = Array.from({ length: EVENTS }, (_, index) => jsonEvent({ type: 'Counted', data: { command, index } }));
  await client.appendToStream(stream, events, { batchAppendSize: 2_000 });
  process.send?.({ kind: 'acknowledged', command });
}
