// Chooses the dialect from where the read models are to live.
import type { Runtime } from '@mainstem/event-store';
import type { DocumentClass } from '@mainstem/projection';
import { InvalidSqlOptions } from './errors.js';
import type { SqlDatabase } from './sql-database.js';
import { SqliteDatabase } from './sqlite/sqlite-database.js';

/** A folder for the embedded database, or a PostgreSQL server. */
export type SqlLocation =
  /** The file is `<dir>/sql.db`. */
  | { readonly dir: string }
  /** `postgres://user:password@host:port/database?schema=name`; `schema` here or in the URL, default `public`. `poolSizeMax` connections, default 10. */
  | { readonly url: string; readonly schema?: string; readonly poolSizeMax?: number };

export interface OpenOptions {
  readonly entities: readonly DocumentClass[];
  readonly runtime: Runtime;
}

/** Opens either. Errors: READ_STORE_INVALID_OPTIONS, and those of the dialect. */
export const openDatabase = async (location: SqlLocation, options: OpenOptions): Promise<SqlDatabase> => {
  if ('dir' in location) return SqliteDatabase.open({ dir: location.dir, ...options });
  throw new InvalidSqlOptions('PostgreSQL');
};
