// The read side: projections, the engine that runs them, and the read store port.
export * from './definition/document-projection.js';
export * from './definition/errors.js';
export * from './definition/handler-projection.js';
export type { AnyProjection, HostedProjection, RebuildPolicy } from './definition/hosted-projection.js';
export * from './definition/measures.js';
export * from './definition/on.js';
export * from './definition/partitioned.js';
export { DEFAULT_RECOVERY, type RecoveryPolicy } from './definition/recovery-policy.js';
export * from './definition/roll-up.js';
export * from './definition/wanted-events.js';
export * from './read-store/checkpoint.js';
export * from './read-store/document-json.js';
export * from './read-store/errors.js';
export { keyHash } from './read-store/key-hash.js';
export * from './read-store/key-order.js';
export * from './read-store/lease.js';
export * from './read-store/parked-text.js';
export * from './read-store/partition.js';
export * from './read-store/promotion-rules.js';
export * from './read-store/read-store.js';
export * from './read-store/rolling-digest.js';
export * from './memory/memory-read-store.js';
export * from './memory/memory-session.js';
export * from './fold/errors.js';
export * from './fold/fold-projection.js';
export * from './generations/crash-points.js';
export * from './generations/digest-check.js';
export * from './generations/errors.js';
export { generationChoiceOf, type GenerationChoice, type GenerationRefusal } from './generations/generation-choice.js';
export { newestFillingOf, servingOf } from './generations/generations-of.js';
export { ABANDONED_AFTER_MS, type FillingStatus } from './generations/filling-status.js';
export type { FillPhase } from './generations/promotion.js';
export { assertSameLogOf, isOfLostEvents } from './generations/same-log.js';
export * from './write/errors.js';
export type { ReplayResult } from './write/replay-parked.js';
export * from './run/errors.js';
export { LEASE_MS_DEFAULT, type LeaseOptions } from './run/lease-keeper.js';
export type { WaitOptions } from './run/position-waiters.js';
export type { BatchEnd, ObservedBatch, ProjectionObserver } from './run/projection-observer.js';
export type { Phase } from './run/projection-state.js';
export type { PartitionStatus, ProjectionStatus } from './run/projection-status.js';
export * from './run/projector.js';
export * from './run/wait-for-position.js';
export * from './rebuild/clean-up.js';
export * from './rebuild/crash-at.js';
export * from './rebuild/errors.js';
export * from './rebuild/forget-projection.js';
export type { RebuildPhase, RebuiltProjection } from './rebuild/generation-job.js';
export type { RebuildTarget } from './rebuild/rebuild-target.js';
export * from './rebuild/rebuilder.js';
export * from './rebuild/roll-back.js';
export * from './side/errors.js';
export * from './side/fill-side-generation.js';
export type { LastEvent, VerifyDifference } from './verify/differences.js';
export * from './verify/errors.js';
export * from './verify/verify-projection.js';
export type { VerifyProgress } from './verify/verify-work.js';
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
export * from './search/errors.js';
export * from './search/highlight.js';
export * from './search/search-collections.js';
export * from './search/search-cursor.js';
export * from './search/search-queries.js';
export * from './search/search-request.js';
export * from './search/words.js';
