// The read models in a PostgreSQL schema, read from its tables without the store's own code.
import { canonical, compare } from './canonical.js';
import type { StoredModel } from './read-model-files.js';

/** Runs a query on a connection without faults. */
export type Query = <Row extends object>(sql: string) => Promise<readonly Row[]>;

/** All serving models of a schema, by projection. */
export const postgresModels = async (query: Query, schema: string): Promise<ReadonlyMap<string, StoredModel>> => {
  const generations = await query<Omit<StoredModel, 'lines' | 'position'> & { position: string | null }>(
    `SELECT projection, generation, position::text AS position, digest FROM ${schema}.mainstem_generations WHERE state = 'serving'`,
  );
  const models = await Promise.all(
    generations.map(async ({ position, ...generation }): Promise<StoredModel> => {
      const tables = await query<{ collection: string; name: string }>(
        `SELECT collection, table_name AS name FROM ${schema}.mainstem_collections
         WHERE projection = '${generation.projection}' AND generation = ${generation.generation}`,
      );
      const lines = await Promise.all(
        tables.toSorted((left, right) => compare(left.collection, right.collection)).map((table) => linesOf(query, schema, table)),
      );
      return { ...generation, position: position ?? undefined, lines: lines.flat() };
    }),
  );
  return new Map(models.map((model) => [model.projection, model]));
};

const linesOf = async (query: Query, schema: string, { collection, name }: { collection: string; name: string }): Promise<readonly string[]> => {
  const [key] = await query<{ column: string }>(
    `SELECT a.attname AS column FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
     WHERE i.indrelid = '${schema}.${name}'::regclass AND i.indisprimary`,
  );
  const rows = await query<Record<string, unknown>>(`SELECT * FROM ${schema}.${name}`);
  return rows
    .map((row) => [String(row[key?.column ?? '']), row] as const)
    .toSorted(([left], [right]) => compare(left, right))
    .map(
      ([rowKey, { mainstem_state, ...row }]) =>
        `${collection} ${rowKey} ${canonical({ ...asStored(row), ...(mainstem_state !== undefined && { $state: mainstem_state }) })}`,
    );
};

/** Booleans as the oracle has them for SQL. */
const asStored = (row: Record<string, unknown>): object =>
  Object.fromEntries(Object.entries(row).map(([column, value]) => [column, typeof value === 'boolean' ? Number(value) : value]));
