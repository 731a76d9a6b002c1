// A schema of a job's own on the PostgreSQL server, gone afterwards.
import pg from 'pg';

let schemas = 0;

export const inSchema = async <Result>(url: string, work: (schema: string) => Promise<Result>): Promise<Result> => {
  const schema = `mainstem_bench_${process.pid}_${Date.now()}_${++schemas}`;
  try {
    return await work(schema);
  } finally {
    await dropSchema(url, schema);
  }
};

export const dropSchema = async (url: string, schema: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  } finally {
    await client.end();
  }
};

/** The address of a schema, as settings take it. */
export const schemaUrl = (url: string, schema: string): string => {
  const address = new URL(url);
  address.searchParams.set('schema', schema);
  return address.href;
};
