// The event store contract. See docs/architecture.md for how the parts fit.
export * from './append-rules.js';
export * from './declared-rules.js';
export * from './errors.js';
export * from './event-ids.js';
export * from './event-registry.js';
export * from './event-store.js';
export * from './event.js';
export * from './expected-revision.js';
export * from './heartbeat.js';
export * from './identifiers.js';
export * from './in-time.js';
export * from './json.js';
export * from './nearest-name.js';
export * from './memory/in-memory-event-store.js';
export * from './read-options.js';
export * from './runtime.js';
export * from './traceparent.js';
