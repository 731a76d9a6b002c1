// For applications: the event store port on PostgreSQL. Other doors: /settings and /errors.

// Open it.
export { PostgresEventStore, type PostgresEventStoreOptions } from './postgres-event-store.js';
export type { PostgresLocation } from './server/target.js';

// Append in a transaction of the caller.
export type { CallerTransaction } from './transaction/caller-transaction.js';
export type { TransactionEventStore, UncommittedAppend } from './transaction/transaction-store.js';

// Make and upgrade its tables without it: a call, or SQL for a database administrator.
export { migrateSchema, schemaVersion, type Migrated, type MigrateOptions } from './migrate/migrate-schema.js';
export { rightsOf, schemaScript, type SchemaScriptOptions } from './migrate/schema-script.js';
export { schemaStatements } from './server/schema.js';
