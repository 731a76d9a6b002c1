// The order summaries on PostgreSQL: COPY of the changed rows into a temporary table, merged by one statement, with
// checkpoint.
import pg from 'pg';
import type { JobContext, Sample } from '../job.js';
import { inSchema } from '../postgres-schema.js';
import { copyInto } from './postgres-copy.js';
import { COLUMNS, valuesOf, type SummaryTarget } from './summary.js';

export const withTarget = ({ postgresUrl }: JobContext, work: (target: SummaryTarget) => Promise<Sample>): Promise<Sample> =>
  inSchema(postgresUrl, async (schema) => {
    const client = new pg.Client({ connectionString: postgresUrl });
    await client.connect();
    try {
      return await work(await openTarget(client, schema));
    } finally {
      await client.end();
    }
  });

const openTarget = async (client: pg.Client, schema: string): Promise<SummaryTarget> => {
  const table = `${schema}.order_summary`;
  const columns = COLUMNS.map(([name, type], index) => `${name} ${type}${index === 0 ? ' PRIMARY KEY' : ''}`).join(', ');
  // Like a rebuild, which turns to full durability only at the promotion.
  await client.query('SET synchronous_commit = off');
  await client.query(`CREATE SCHEMA ${schema}`);
  await client.query(`CREATE TABLE ${table} (${columns})`);
  await client.query(`CREATE TABLE ${schema}.checkpoint (position bigint)`);
  await client.query(`INSERT INTO ${schema}.checkpoint VALUES (0)`);
  await client.query(`CREATE TEMP TABLE staged (LIKE ${table})`);
  const changes = COLUMNS.slice(1).map(([name]) => `${name} = excluded.${name}`);
  const merge = `INSERT INTO ${table} SELECT * FROM staged ON CONFLICT (stream) DO UPDATE SET ${changes.join(', ')}`;
  return {
    write: async (rows, position) => {
      await client.query('BEGIN');
      await copyInto(client, 'staged', rows.map(valuesOf));
      await client.query(merge);
      await client.query('TRUNCATE staged');
      await client.query(`UPDATE ${schema}.checkpoint SET position = $1`, [position]);
      await client.query('COMMIT');
    },
    sumOfVersions: async () => Number((await client.query<{ value: string }>(`SELECT sum(version) AS value FROM ${table}`)).rows[0]?.value),
    close: async () => undefined,
  };
};
