// Tables in PostgreSQL: COPY of the changed rows into a temporary table, merged by one statement, with the checkpoint.
import type { AnyProjection, DocumentClass } from '@mainstem/projection';
import pg from 'pg';
import { getMetadataArgsStorage } from 'typeorm';
import { collectionsOf, type BatchTarget } from './batch-target.js';
import { copyInto } from './postgres-copy.js';

interface Table {
  readonly name: string;
  readonly staged: string;
  readonly columns: readonly string[];
  readonly key: string;
  readonly merge: string;
  /** Made when everything is written. */
  readonly indexes: readonly string[];
}

type Row = Readonly<Record<string, unknown>>;

const quoted = (name: string): string => `"${name}"`;

/** Everything in one schema, which is dropped when it is closed. */
export const postgresTarget = async (connectionString: string, projections: readonly AnyProjection[]): Promise<BatchTarget> => {
  const schema = `mainstem_bench_${process.pid}_${Date.now()}`;
  const client = new pg.Client({ connectionString });
  await client.connect();
  // Like a rebuild, which turns to full durability only at the promotion.
  await client.query(`SET synchronous_commit = off; CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.checkpoint (position bigint)`);
  await client.query(`INSERT INTO ${schema}.checkpoint VALUES (0)`);
  const tables = new Map<string, Table>();
  for (const { name, document } of collectionsOf(projections)) tables.set(name, await createTable(client, schema, name, document));
  const tableOf = (collection: string): Table => {
    const table = tables.get(collection);
    if (!table) throw new Error(`${collection} has no table`);
    return table;
  };
  return {
    write: async (changes, position) => {
      await client.query('BEGIN');
      for (const [collection, rows] of changes.flatMap((changed) => [...changed])) await writeRows(client, tableOf(collection), rows);
      await client.query(`UPDATE ${schema}.checkpoint SET position = $1`, [position]);
      await client.query('COMMIT');
    },
    finish: async () => {
      for (const { indexes } of tables.values()) for (const sql of indexes) await client.query(sql);
    },
    count: async (collection) =>
      Number((await client.query<{ value: string }>(`SELECT count(*) AS value FROM ${tableOf(collection).name}`)).rows[0]?.value),
    close: async () => {
      await client.query(`DROP SCHEMA ${schema} CASCADE`);
      await client.end();
    },
  };
};

const createTable = async (client: pg.Client, schema: string, collection: string, document: DocumentClass): Promise<Table> => {
  const { columns, indices } = getMetadataArgsStorage();
  const own = columns.filter(({ target }) => target === document);
  const key = own.find(({ options }) => options.primary)?.propertyName ?? '';
  const names = own.map(({ propertyName }) => propertyName);
  const [name, staged] = [`${schema}.${quoted(collection)}`, quoted(`staged_${collection}`)];
  // Keys in the order of their bytes, as ours are.
  const declared = own.map(
    ({ propertyName, options }) => `${quoted(propertyName)} ${sqlType(options.type)}${options.primary ? ' COLLATE "C" PRIMARY KEY' : ''}`,
  );
  await client.query(`CREATE TABLE ${name} (${declared.join(', ')}); CREATE TEMP TABLE ${staged} (LIKE ${name})`);
  const changes = names.filter((one) => one !== key).map((one) => `${quoted(one)} = excluded.${quoted(one)}`);
  const action = changes.length > 0 ? `UPDATE SET ${changes.join(', ')}` : 'NOTHING';
  const merge = `INSERT INTO ${name} SELECT * FROM ${staged} ON CONFLICT (${quoted(key)}) DO ${action}`;
  const indexed = indices.flatMap(({ target, columns: fields }) => (target === document && Array.isArray(fields) ? [fields as string[]] : []));
  return { name, staged, columns: names, key, merge, indexes: indexed.map((fields) => `CREATE INDEX ON ${name} (${fields.map(quoted).join(', ')})`) };
};

const writeRows = async (client: pg.Client, table: Table, rows: ReadonlyMap<string, object | undefined>): Promise<void> => {
  const deleted: string[] = [];
  const written: (string | number | null)[][] = [];
  for (const [key, row] of rows) {
    if (row) written.push(table.columns.map((name) => columnValue((row as Row)[name])));
    else deleted.push(key);
  }
  if (written.length > 0) {
    await copyInto(client, table.staged, written);
    await client.query(table.merge);
    await client.query(`TRUNCATE ${table.staged}`);
  }
  if (deleted.length > 0) await client.query(`DELETE FROM ${table.name} WHERE ${quoted(table.key)} = ANY($1)`, [deleted]);
};

const sqlType = (type: unknown): string => (type === 'simple-json' ? 'text' : String(type));

const columnValue = (value: unknown): string | number | null => {
  if (value === undefined || value === null) return null;
  if (typeof value === 'boolean') return value ? 't' : 'f';
  return typeof value === 'object' ? JSON.stringify(value) : (value as string | number);
};
