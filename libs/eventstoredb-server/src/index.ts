// For programs and tests that serve EventStoreDB's protocol from an embedded event store. Doors: /command-line,
// /errors.

// Start a server.
export { EventStoreDbServer, type EventStoreDbServerOptions } from './server.js';
export type { Credentials } from './protocol/access.js';

// Serve figures beside its health.
export type { Metrics } from './health-server.js';
