// Ceiling of reading everything from PostgreSQL in order, payloads decoded.
import pg from 'pg';
import { expectSame, type Job } from '../job.js';
import { measuredWithServer } from '../server-time.js';

const PAGE = 10_000;

export const readAll: Job = async ({ postgresUrl, postgresLog, events }) => {
  const client = new pg.Client({ connectionString: postgresUrl });
  await client.connect();
  try {
    return await measuredWithServer(postgresUrl, async () => {
      let count = 0;
      let lines = 0;
      for (let after = '0'; ;) {
        const { rows } = await client.query<string[]>({
          name: 'page',
          text: `SELECT position, id, stream, revision, type, recorded_at_ms, data, metadata FROM ${postgresLog}.events
            WHERE position > $1 ORDER BY position LIMIT $2`,
          values: [after, PAGE],
          rowMode: 'array',
        });
        for (const row of rows) {
          count++;
          if ('line' in (JSON.parse(row[6] as string) as object)) lines++;
        }
        if (rows.length < PAGE) break;
        after = rows.at(-1)?.[0] as string;
      }
      expectSame('events read', count, events);
      if (lines === 0) throw new Error('no payload was decoded');
      return count;
    });
  } finally {
    await client.end();
  }
};
