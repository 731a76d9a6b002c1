// Public surface of @mainstem/eventstoredb-server: the EventStoreDB protocol served from an embedded event store.
export * from './errors.js';
export { type Credentials } from './protocol/access.js';
export type { Metrics } from './health-server.js';
export { EventStoreDbServer, type EventStoreDbServerOptions } from './server.js';
