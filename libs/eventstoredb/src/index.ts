// Public surface of @mainstem/eventstoredb: the event store port on EventStoreDB and KurrentDB.
export { type ConnectionStatus } from './connection-health.js';
export { type ConnectionSettings } from './connection-settings.js';
export * from './errors.js';
export { EventStoreDbEventStore, type EventStoreDbOptions } from './eventstoredb-event-store.js';
