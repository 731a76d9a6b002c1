// For applications: the event store port on PostgreSQL. Other doors: /settings and /errors.

// Open it.
export { PostgresEventStore, type PostgresEventStoreOptions } from './postgres-event-store.js';
export type { PostgresLocation } from './server/target.js';

// Make its tables without it: statements for a database administrator.
export { schemaStatements } from './server/schema.js';
