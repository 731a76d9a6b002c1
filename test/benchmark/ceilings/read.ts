// Ceiling of reading everything in order, payloads decoded.
import { expectSame, measured, type Job } from '../job.js';
import { namesIn, openEvents, pagesOf } from './event-source.js';

export const readAll: Job = async ({ eventsDir, events }) => {
  const database = openEvents(eventsDir);
  const sample = await measured(async () => {
    const streams = namesIn(database, 'streams');
    let count = 0;
    let lines = 0;
    for (const page of pagesOf(database, 1_000)) {
      for (const [, , stream, , , , data] of page) {
        if (streams[stream] === undefined) throw new Error(`stream ${stream} has no name`);
        count++;
        if ('line' in (JSON.parse(data) as object)) lines++;
      }
    }
    expectSame('events read', count, events);
    if (lines === 0) throw new Error('no payload was decoded');
    return count;
  });
  database.close();
  return sample;
};
