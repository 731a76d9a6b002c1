// For authors of event stores: limits, decisions about appends and reads, and the forms of an event on its way.

// Append.
export { encodeAppendAll, resultOfAll, ruleOnAppendAll, type AppendAllRuling, type EncodedAppendAll } from './append-all-rules.js';
export { AppendQueue, type AppendOutcome, type AppendQueueOptions, type QueuedAppend } from './append-queue.js';
export { appendLimits, ruleOnAppend, type AppendRuling, type EncodedAppend, type StreamState } from './append-rules.js';
export type { EncodedEvent } from './encoded-event.js';
export type { AppendLimits } from './event-store.js';

// Copy.
export { copyGroups, eventCopyOf, eventTextsOf, isCopyTarget, type AppendCopiesOptions, type CopyTarget, type EventCopy } from './event-copy.js';

// Read.
export { LazyRecordedEvent, type StoredEvent } from './event.js';
export { LogWaiters } from './log-waiters.js';
export { nameRanges, type NameRange } from './name-range.js';
export { checkAllRead, checkStreamRead, checkSubscription, isWanted } from './read-options.js';
export type { AllRead, StreamRead, Subscription } from './read-options.js';
