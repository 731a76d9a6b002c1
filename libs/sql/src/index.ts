// The SQL read store: read models as TypeORM entities on SQLite or PostgreSQL.
export * from './errors.js';
export type { SqliteLocation, SqlLocation } from './open-database.js';
export type { PostgresLocation } from './postgres/postgres-target.js';
export { SqlReadStore } from './sql-read-store.js';
export type { ReadResult, SqlReadStoreOptions } from './sql-read-store.js';
export type { SqlReadStoreSession } from './sql-session.js';
export type { SqlTransaction } from './sql-transaction.js';
