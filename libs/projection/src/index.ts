// The read side: projections, the engine that runs them, and the read store port.
export {
  type BoardEntry,
  type CacheCollectionOptions,
  type CacheCollections,
  assertCacheCollections,
  declarationOf,
  declaredExpiry,
  expiresOtherwise,
  type Derived,
  derivedOf,
  type Places,
} from './cache/cache-collections.js';
export * from './cache/cache-queries.js';
export * from './cache/errors.js';
export * from './definition/document-projection.js';
export * from './definition/errors.js';
export * from './definition/handler-projection.js';
export * from './definition/measures.js';
export * from './definition/roll-up.js';
export * from './definition/on.js';
export * from './definition/wanted-events.js';
export * from './digest/rolling-digest.js';
export * from './engine/crash-points.js';
export * from './engine/errors.js';
export * from './engine/fold-projection.js';
export type { AnyProjection, HostedProjection, RebuildPolicy } from './engine/hosted-projection.js';
export { LEASE_MS_DEFAULT, type LeaseOptions } from './engine/lease-keeper.js';
export type { WaitOptions } from './engine/position-waiters.js';
export { ABANDONED_AFTER_MS, type FillingStatus } from './engine/filling-status.js';
export type { BatchEnd, ObservedBatch, ProjectionObserver } from './engine/projection-observer.js';
export type { PartitionStatus, ProjectionStatus } from './engine/projection-status.js';
export * from './engine/projector.js';
export { DEFAULT_RECOVERY, type RecoveryPolicy } from './engine/recovery-policy.js';
export type { Phase } from './engine/projection-state.js';
export type { ReplayResult } from './engine/replay-parked.js';
export * from './engine/wait-for-position.js';
export * from './partition/errors.js';
export * from './partition/partition.js';
export { keyHash } from './partition/key-hash.js';
export * from './partition/partitioned.js';
export * from './memory/memory-read-store.js';
export * from './memory/memory-session.js';
export { assertSameLogOf, isOfLostEvents } from './engine/same-log.js';
export type { FillPhase } from './engine/promotion.js';
export * from './rebuild/clean-up.js';
export * from './rebuild/crash-at.js';
export * from './rebuild/digest-check.js';
export * from './rebuild/errors.js';
export * from './rebuild/forget-projection.js';
export type { RebuildPhase, RebuiltProjection } from './rebuild/generation-job.js';
export type { RebuildTarget } from './rebuild/rebuild-target.js';
export * from './rebuild/rebuilder.js';
export * from './rebuild/roll-back.js';
export * from './read-store/checkpoint.js';
export * from './read-store/document-json.js';
export * from './read-store/errors.js';
export * from './read-store/key-order.js';
export * from './read-store/lease.js';
export * from './read-store/parked-text.js';
export * from './read-store/promotion-rules.js';
export * from './read-store/read-store.js';
export * from './search/errors.js';
export * from './search/highlight.js';
export * from './search/search-collections.js';
export * from './search/search-cursor.js';
export * from './search/search-queries.js';
export * from './search/search-request.js';
export * from './search/words.js';
export * from './side/errors.js';
export * from './side/fill-side-generation.js';
export type { LastEvent, VerifyDifference } from './verify/differences.js';
export * from './verify/errors.js';
export * from './verify/verify-projection.js';
export type { VerifyProgress } from './verify/verify-work.js';
