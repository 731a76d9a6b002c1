// Reading everything in order, payloads decoded.
import { EmbeddedEventStore } from '@mainstem/embedded';
import type { EventReader } from '@mainstem/event-store';
import { expectSame, measured, type Job } from '../job.js';

/** The number of events read. */
export const readEvents = async (reader: EventReader, events: number): Promise<number> => {
  let count = 0;
  let lines = 0;
  for await (const batch of reader.readAll()) {
    for (const event of batch) {
      count++;
      if ('line' in (event.data as object)) lines++;
    }
  }
  expectSame('events read', count, events);
  if (lines === 0) throw new Error('no payload was decoded');
  return count;
};

export const readAll: Job = async ({ eventsDir, events }) => {
  const reader = await EmbeddedEventStore.open({ dir: eventsDir, isReadOnly: true });
  try {
    return await measured(() => readEvents(reader, events));
  } finally {
    await reader.close();
  }
};
