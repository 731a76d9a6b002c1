// The event store contract, for applications and libraries. Settings: /settings. See docs/how-it-works/the-log.md.

// Declare events and their rules.
export { defineEvents, EventRegistry, type EventDeclarations, type EventOf, type RecordedEventOf } from './event-registry.js';
export type { PayloadClass, Upcaster, VersionedPayload } from './event-registry.js';
export { ruleOptions, type RuleOptions } from './rule-options.js';
export { declaresField, fieldViolations, isObjectClass, violationsOfRules, type FieldViolation } from './declared-rules.js';

// Handle events.
export { occurredAt, type DomainEvent, type EventMetadata, type NewEvent, type RecordedEvent } from './event.js';
export { instantOf } from './instant.js';
export { copyJson, decodedForm, encodeJson, freezeJson, isBuiltIn, isOwnAccessor, type JsonValue } from './json.js';
export { isTraceparent, traceparentOf } from './traceparent.js';

// Name events, streams and places.
export { commandIdOf, eventIdOf } from './event-ids.js';
export * from './identifiers.js';

// Read and append. Authors of event stores find what else they need at /adapter.
export type { EventReader, EventStore, EventWriter, StoreLimits } from './event-store.js';
export type { AppendAllOptions, AppendAllResult, AppendOptions, AppendResult, StreamAppend } from './event-store.js';
export type { EventFilter, EventMark, ReadAllOptions, ReadStreamOptions, SubscribeOptions, SubscriptionBatch } from './event-store.js';
export { encodeAppend } from './append-rules.js';
export { PreparedEvent } from './encoded-event.js';
export { DEFAULT_LIMITS } from './event-store.js';
export type { ExpectedRevision } from './expected-revision.js';
export { InMemoryEventStore, type InMemoryEventStoreOptions } from './memory/in-memory-event-store.js';

// Keep snapshots, and recognise changed code.
export { InMemorySnapshotStore } from './memory/in-memory-snapshot-store.js';
export type { SnapshotKey, SnapshotPart, SnapshotsOf, SnapshotStore, StoredSnapshot } from './snapshot-store.js';
export { fingerprintOf, hiddenProblem, isHidden, sourceText } from './fingerprint.js';

// Handle errors by their codes.
export * from './errors.js';

// Take time and chance from outside, wait within bounds, show text.
export { systemRuntime, type Runtime } from './runtime.js';
export { allOrNone, type Closable } from './all-or-none.js';
export { backOffMs, type RetryDelays } from './back-off.js';
export { Heartbeat, silenceOf, STEP_DEADLINE_MS, type SilentLoop } from './heartbeat.js';
export { inTime } from './in-time.js';
export { Lanes, unlessAborted } from './lanes.js';
export { nearestName } from './nearest-name.js';
export { printable, printableLines } from './printable.js';
