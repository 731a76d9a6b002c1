// A schema of a job's own on the PostgreSQL server, gone afterwards.
import pg from 'pg';

export const inSchema = async <Result>(url: string, work: (schema: string) => Promise<Result>): Promise<Result> => {
  const schema = `mainstem_bench_${process.pid}_${Date.now()}`;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(schema);
  } finally {
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await client.end();
  }
};
