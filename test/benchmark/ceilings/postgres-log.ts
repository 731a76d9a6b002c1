// A log in PostgreSQL by hand: events by position, one place for each revision, and a counter.
import pg from 'pg';
import type { Sample } from '../job.js';
import { inSchema } from '../postgres-schema.js';

/** In a schema of its own, gone afterwards. */
export const withLog = (url: string, work: (client: pg.Client, schema: string) => Promise<Sample>): Promise<Sample> =>
  inSchema(url, async (schema) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      await client.query(`CREATE SCHEMA ${schema};
        CREATE TABLE ${schema}.log (position bigint NOT NULL);
        INSERT INTO ${schema}.log VALUES (0);
        CREATE TABLE ${schema}.events (position bigint PRIMARY KEY, id uuid NOT NULL, stream text COLLATE "C" NOT NULL, revision bigint NOT NULL,
          type text COLLATE "C" NOT NULL, recorded_at_ms bigint NOT NULL, data text COLLATE "C" NOT NULL, metadata text COLLATE "C" NOT NULL);
        CREATE UNIQUE INDEX ON ${schema}.events (stream, revision)`);
      return await work(client, schema);
    } finally {
      await client.end();
    }
  });

export const countEvents = async (client: pg.Client, schema: string): Promise<number> =>
  Number((await client.query<{ value: string }>(`SELECT count(*) AS value FROM ${schema}.events`)).rows[0]?.value);
