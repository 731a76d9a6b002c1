// The data of a run as a log in PostgreSQL: copied there once, for the jobs that read.
import { PostgresEventStore } from '@mainstem/postgres';
import pg from 'pg';
import { namesIn, openEvents, pagesOf } from './ceilings/event-source.js';
import { copyInto } from './ceilings/postgres-copy.js';
import type { JobContext } from './job.js';

/** Makes the log in a schema that the caller drops. */
export const copyToPostgres = async ({ eventsDir, events, postgresUrl }: Omit<JobContext, 'dir'>, schema: string): Promise<void> => {
  console.error('copying the data to PostgreSQL …');
  const store = await PostgresEventStore.open({ url: postgresUrl, schema });
  await store.close();
  const client = new pg.Client({ connectionString: postgresUrl });
  await client.connect();
  const database = openEvents(eventsDir);
  try {
    const [streams, types] = [namesIn(database, 'streams'), namesIn(database, 'types')];
    for (const page of pagesOf(database)) {
      const rows = page.map(([position, id, stream, revision, type, ...rest]) => [
        position,
        id,
        streams[stream] as string,
        revision,
        types[type] as string,
        ...rest,
      ]);
      await copyInto(client, `${schema}.events`, rows);
    }
    await client.query(`UPDATE ${schema}.log SET position = $1`, [events]);
    await client.query(`VACUUM ANALYZE ${schema}.events`);
  } finally {
    database.close();
    await client.end();
  }
};
