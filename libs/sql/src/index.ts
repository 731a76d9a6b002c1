// For applications: read models as TypeORM entities in SQL databases. Other doors: /settings and /errors.

// Open it.
export { SqlReadStore, type SqlReadStoreOptions } from './sql-read-store.js';
export type { SqliteLocation, SqlLocation } from './open-database.js';
export type { MariadbLocation } from './mariadb/mariadb-target.js';
export type { PostgresLocation } from './postgres/postgres-target.js';

// Write by handlers, and read.
export type { NamedProjection, ReadResult } from './sql-read-store.js';
export type { SqlTransaction } from './sql-transaction.js';
