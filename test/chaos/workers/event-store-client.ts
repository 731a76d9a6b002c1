// A client of EventStoreDB with large appends, one after the other, until it is killed. Arguments: connection string,
// category.
import { eventIdOf, streamName, type ExpectedRevision } from '@mainstem/event-store';
import { EventStoreDbEventStore } from '@mainstem/eventstoredb';

const EVENTS = 500;

const [connectionString = '', category = ''] = process.argv.slice(2);
const store = await EventStoreDbEventStore.open({ connectionString });
const stream = streamName(`${category}-1`);
let expectedRevision: ExpectedRevision = 'no-stream';
for (let command = 0; ; command++) {
  const commandId = `${category}/${command}`;
  const events = Array.from({ length: EVENTS }, (_, index) => ({
    id: eventIdOf(commandId, stream, index),
    type: 'Counted',
    data: { command, index },
    metadata: { commandId },
  }));
  ({ revision: expectedRevision } = await store.append(stream, events, { expectedRevision }));
  process.send?.({ kind: 'acknowledged', command });
}
