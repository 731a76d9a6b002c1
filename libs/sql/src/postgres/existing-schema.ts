// Looks whether a schema has read models, for a process that must not make it.
import { nearestName } from '@mainstem/event-store';
import { SchemaMissing } from '../errors.js';
import type { SqlConnection } from '../server/sql-database.js';

/** Every schema that a store was opened in has this table. */
const SCHEMAS = "SELECT nspname AS name FROM pg_class JOIN pg_namespace space ON space.oid = relnamespace WHERE relname = 'mainstem_projections'";

/** Nothing is made. Errors: READ_STORE_CANNOT_OPEN, with the schema that was probably meant. */
export const assertExists = async (connection: SqlConnection, schema: string): Promise<void> => {
  const found = await connection.query<{ name: string }>(SCHEMAS);
  const names = found.map(({ name }) => name).filter((name) => name !== schema);
  if (names.length < found.length) return;
  throw new SchemaMissing(schema, nearestName(schema, names));
};
