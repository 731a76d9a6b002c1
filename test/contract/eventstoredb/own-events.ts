// A server's own events: links of its projections, statistics. A client writes them here, as no test server does.
import { randomUUID } from 'node:crypto';
import { binaryEvent, jsonEvent, type EventStoreDBClient } from '@eventstore/db-client';

const PER_APPEND = 1_000;

/** Behind everything, to the stream of a category's links; a tenth of them are statistics. */
export const addOwnEvents = async (client: EventStoreDBClient, count: number, category = 'order'): Promise<void> => {
  const statistics = Math.floor(count / 10);
  for (let done = 0; done < count - statistics; done += PER_APPEND) {
    const links = Array.from({ length: Math.min(PER_APPEND, count - statistics - done) }, (_, n) =>
      binaryEvent({ id: randomUUID(), type: '$>', data: Buffer.from(`${n}@${category}-1`) }),
    );
    await client.appendToStream(`$ce-${category}`, links);
  }
  for (let done = 0; done < statistics; done += PER_APPEND) {
    const reports = Array.from({ length: Math.min(PER_APPEND, statistics - done) }, () =>
      jsonEvent({ id: randomUUID(), type: '$statsCollected', data: { 'proc-cpu': 1 } }),
    );
    await client.appendToStream('$stats-127.0.0.1:2113', reports);
  }
};
