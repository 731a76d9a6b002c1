// The event store contract, for applications and libraries. Settings: /settings. See docs/how-it-works/the-log.md.

// Declare events and their rules.
export * from './event-registry.js';
export * from './rule-options.js';
export * from './declared-rules.js';

// Handle events.
export * from './event.js';
export * from './instant.js';
export * from './json.js';
export * from './traceparent.js';

// Name events, streams and places.
export * from './event-ids.js';
export * from './identifiers.js';

// Read and append.
export * from './event-store.js';
export * from './expected-revision.js';
export * from './memory/in-memory-event-store.js';

// Write an event store.
export * from './append-all-rules.js';
export * from './append-rules.js';
export * from './encoded-event.js';
export * from './read-options.js';

// Handle errors by their codes.
export * from './errors.js';

// Take time and chance from outside, wait within bounds, show text.
export * from './runtime.js';
export * from './all-or-none.js';
export * from './back-off.js';
export * from './heartbeat.js';
export * from './in-time.js';
export * from './lanes.js';
export { nearestName } from './nearest-name.js';
export * from './printable.js';
