// For applications: the event store port on EventStoreDB and KurrentDB. Other doors: /settings and /errors.

// Open it.
export type { ConnectionSettings } from './connection-settings.js';
export { EventStoreDbEventStore, type EventStoreDbOptions } from './eventstoredb-event-store.js';

// Watch its connection.
export type { ConnectionStatus } from './connection-health.js';
