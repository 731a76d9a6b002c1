// Named points between the engine's steps, where a test may kill, hang or fail it.

/** In the order of a batch; the first and the last three belong to opening and promoting a generation. */
export const CRASH_POINTS = [
  'before-open',
  'after-open',
  'before-load',
  'after-load',
  'after-fold',
  'before-commit',
  'after-commit',
  'before-promote',
  'after-promote',
] as const;

/**
 * Steps of a generation that does not serve yet, in order: creation, batches of the bulk load, making of indexes,
 * following later events, check of the digest, promotion. `cleanup` is around the deletion of an old one.
 */
export const REBUILD_CRASH_POINTS = ['begin', 'fill', 'index', 'catch-up', 'verify', 'promote', 'cleanup'] as const;

export type CrashPoint = (typeof CRASH_POINTS)[number] | (typeof REBUILD_CRASH_POINTS)[number];

/** At a crash point: return to go on, throw to fail, kill the process, or return a promise that holds the engine. */
export interface CrashPoints {
  reach(point: CrashPoint, projection: string): void | Promise<void>;
}
