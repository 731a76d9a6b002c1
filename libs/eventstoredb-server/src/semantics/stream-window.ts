// The part of a stream that its metadata lets a reader see.
import type { StreamState } from './stream-state.js';

export interface StreamWindow {
  /** The lowest visible revision. */
  readonly from: number;
  /** Events recorded before this are hidden, in milliseconds since the Unix epoch. */
  readonly recordedFromMs: number;
}

/** `$tb` and `$maxCount` raise the lower end, `$maxAge` hides by time. Revisions are never renumbered. */
export const windowOf = ({ last, metadata }: StreamState, nowMs: number): StreamWindow => ({
  from: Math.max(0, metadata.truncateBefore ?? 0, metadata.countMax === undefined ? 0 : last - metadata.countMax + 1),
  recordedFromMs: metadata.ageMaxSeconds === undefined ? Number.MIN_SAFE_INTEGER : nowMs - metadata.ageMaxSeconds * 1_000,
});
