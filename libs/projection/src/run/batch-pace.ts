// The size of a batch after batches were too large for a store: half at once, larger again after a while.
import { halfOf } from '../fold/narrowing.js';

export interface BatchPace {
  readonly limit: number;
  /** The number that was too much the last time. */
  readonly ceiling: number;
  /** Batches written since the limit changed. */
  readonly written: number;
}

/** Batches before the size is doubled, and before a size that failed is tried again. */
const WRITTEN_MIN = 16;
const WRITTEN_MIN_AT_CEILING = 256;

export const slower = (size: number): BatchPace => ({ limit: halfOf(size), ceiling: size, written: 0 });

/** After one more batch; undefined once there is no limit any more. */
export const afterBatch = (pace: BatchPace, batchSizeMax: number): BatchPace | undefined => {
  const written = pace.written + 1;
  const limit = pace.limit * 2;
  if (written < (limit >= pace.ceiling ? WRITTEN_MIN_AT_CEILING : WRITTEN_MIN)) return { ...pace, written };
  return limit >= batchSizeMax ? undefined : { ...pace, limit, written: 0 };
};
