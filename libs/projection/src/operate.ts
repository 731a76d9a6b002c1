// For operators of projections: rebuild and roll back, verify, look into the past, read the status, watch.

// Rebuild, go back, clean up.
export { cleanUp, type CleanedUp, type CleanUpOptions } from './rebuild/clean-up.js';
export * from './rebuild/errors.js';
export { forgetProjection, leftBehind, type LeftBehind } from './rebuild/forget-projection.js';
export type { RebuildPhase, RebuiltProjection } from './rebuild/generation-job.js';
export type { RebuildTarget } from './rebuild/rebuild-target.js';
export { Rebuilder, type RebuilderOptions, type RebuildProgress, type RebuildReport } from './rebuild/rebuilder.js';
export { rollBack, type RollBackOptions } from './rebuild/roll-back.js';

// Compare with the events; look into the past.
export { UntilAhead, UntilTooEarly } from './side/errors.js';
export { fillSideGeneration, placeOf, positionAt, type SideGenerationOptions } from './side/fill-side-generation.js';
export type { LastEvent, VerifyDifference } from './verify/differences.js';
export * from './verify/errors.js';
export { verifyProjection, type VerifyOptions, type VerifyReport } from './verify/verify-projection.js';
export type { VerifyProgress } from './verify/verify-work.js';

// Pause and resume.
export { pauseOf, pauseProjection, resumeProjection, untilResting } from './run/pause-projection.js';
export type { PausedProjection, PauseOptions, UntilRestingOptions } from './run/pause-projection.js';
export { pausedText, type Pause } from './read-store/pause.js';

// Tell where projections stand, from what the stores hold.
export { ABANDONED_AFTER_MS, type FillingStatus } from './generations/filling-status.js';
export { generationChoiceOf, type GenerationChoice, type GenerationRefusal } from './generations/generation-choice.js';
export { newestFillingOf, servingOf } from './generations/generations-of.js';
export type { FillPhase } from './generations/promotion.js';
export { assertSameLogOf, isOfLostEvents } from './generations/same-log.js';
export type { Checkpoint, Generation, GenerationState } from './read-store/checkpoint.js';
export { compareKeys } from './read-store/key-order.js';
export { MEMBERS_FROM, type HeldLease } from './read-store/lease.js';
export type { ParkedEvent, ScanEntry, ScanOptions } from './read-store/read-store.js';

// Watch running ones, and know their failures.
export { DEFAULT_RECOVERY } from './definition/recovery-policy.js';
export { ProjectionFailed } from './fold/errors.js';
export * from './generations/errors.js';
export * from './run/errors.js';
export { LEASE_MS_DEFAULT } from './run/lease-keeper.js';
export type { WaitOptions } from './run/position-waiters.js';
export type { BatchEnd, ObservedBatch, ProjectionObserver } from './run/projection-observer.js';
export type { Phase } from './run/projection-state.js';
export type { PartitionStatus } from './run/projection-status.js';
export { ReplayRefused } from './write/errors.js';
export type { ReplayResult } from './write/replay-parked.js';

// Stop the engine at a step, to see it recover.
export { CRASH_POINTS, REBUILD_CRASH_POINTS, type CrashPoint, type CrashPoints } from './generations/crash-points.js';
export { crashAtOf } from './rebuild/crash-at.js';
