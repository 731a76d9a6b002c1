// For authors of read stores: the port, its errors, and code that stores share. See docs/write-your-own-read-store.md.

// The port.
export * from './read-store/checkpoint.js';
export * from './read-store/errors.js';
export * from './read-store/lease.js';
export type { Note } from './read-store/note.js';
export * from './read-store/read-store.js';
export { CollectionTaken, InvalidProjection, NotPartitionable, InvalidPartitions } from './definition/errors.js';

// The port as one class, for stores that change a record in one step.
export { decide, type Decided, type OwnerOf } from './record/decide.js';
export {
  decideLease,
  heldAmong,
  isRunning,
  leaseKeyText,
  rivalOf,
  type DecidedLease,
  type LeaseCommand,
  type LeaseRecord,
} from './record/lease-record.js';
export {
  allDescribed,
  describedIn,
  emptyRecord,
  generationIn,
  servingIn,
  type GenerationRecord,
  type PartRecord,
  type ProjectionRecord,
} from './record/projection-record.js';
export type { Claim, Effect, RecordCommand } from './record/record-command.js';
export type { CommitClaim, Described, LeaseBook, RecordStore, SessionStore } from './record/record-store.js';
export { concernsServing, touchedBy, type Touched } from './record/touched-generations.js';
export { RecordedReadStore } from './record/recorded-read-store.js';
export { RecordedSession } from './record/recorded-session.js';

// Code that every store uses alike.
export * from './read-store/document-json.js';
export { keyHash } from './read-store/key-hash.js';
export { compareKeys } from './read-store/key-order.js';
export * from './read-store/parked-text.js';
export * from './read-store/partition.js';
export * from './read-store/promotion-rules.js';
export { flawOfStoreName } from './read-store/read-store-name.js';
export * from './read-store/rolling-digest.js';

// Caches.
export {
  assertCacheCollections,
  declarationOf,
  declaredExpiry,
  derivedOf,
  expiresOtherwise,
  type Derived,
  type Places,
} from './cache/cache-collections.js';
export { assertTopOptions, TOP_LIMIT_MAX, type CacheAnswer, type Place, type PlaceCursor, type TopOptions } from './cache/cache-queries.js';
export * from './cache/errors.js';

// Search.
export * from './search/errors.js';
export * from './search/highlight.js';
export { decodeDeclaration, encodeDeclaration, fieldWords, haveSameIndex, textsOf, type SearchDeclaration } from './search/search-collections.js';
export * from './search/search-cursor.js';
export type { SearchItem, SearchResult } from './search/search-queries.js';
export {
  parseFilters,
  parseRequest,
  scopeOf,
  SEARCH_FILTERS_MAX,
  SEARCH_LENGTH_MAX,
  SEARCH_LIMIT_MAX,
  SEARCH_WORDS_MAX,
  type SearchFilter,
  type SearchFilters,
  type SearchWords,
} from './search/search-request.js';
export * from './search/words.js';

// The simplest adapter, in memory, and the simplest fold: @mainstem/testing offers them.
export { foldProjection, type FoldedCollections } from './fold/fold-projection.js';
export { MemoryReadStore } from './memory/memory-read-store.js';
export { MemoryState } from './memory/memory-state.js';
export type { MemorySession, MemoryTransaction } from './memory/memory-session.js';
