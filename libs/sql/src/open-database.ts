// Chooses the dialect by the location of the read models.
import { InvalidSqlOptions } from './errors.js';
import { MariadbDatabase } from './mariadb/mariadb-database.js';
import type { MariadbLocation } from './mariadb/mariadb-target.js';
import { PostgresDatabase } from './postgres/postgres-database.js';
import type { PostgresLocation } from './postgres/postgres-target.js';
import type { OpenOptions, SqlDatabase } from './server/sql-database.js';
import { SqliteDatabase } from './sqlite/sqlite-database.js';

/** The folder of the embedded database, whose file is `<dir>/sql.db`. */
export interface SqliteLocation {
  readonly dir: string;
  /** True: refuse a folder without the file (READ_STORE_CANNOT_OPEN) instead of making it. Default false. */
  readonly mustExist?: boolean;
}

/** Where read models live: a folder, a PostgreSQL server, or a MariaDB server. */
export type SqlLocation = SqliteLocation | PostgresLocation | MariadbLocation;

/** Opens any of them. Errors: READ_STORE_INVALID_OPTIONS, and those of the dialect. */
export const openDatabase = async (location: SqlLocation, options: OpenOptions): Promise<SqlDatabase> => {
  if ('url' in location && /^(?:mariadb|mysql):/i.test(location.url)) return MariadbDatabase.open(location, options);
  if ('url' in location) return PostgresDatabase.open(location, options);
  if (typeof location.dir !== 'string' || location.dir === '')
    throw new InvalidSqlOptions('give a folder as `dir`, or a PostgreSQL or MariaDB server as `url`');
  return SqliteDatabase.open({ dir: location.dir, mustExist: location.mustExist ?? false, ...options });
};
