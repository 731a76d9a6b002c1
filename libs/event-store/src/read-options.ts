// Checks of the options that every reader takes.
import { InvalidInput } from './errors.js';

const BATCH_SIZE_DEFAULT = 1_000;
const BATCH_SIZE_MAX = 100_000;

/** A limit on the number of events; Infinity when none is given. Errors: EVENT_STORE_INVALID_INPUT. */
export const limitOf = (limit: number | undefined): number => {
  if (limit === undefined) return Infinity;
  if (!Number.isSafeInteger(limit) || limit < 0) throw new InvalidInput('limit', `must be a whole number from 0, got ${limit}`);
  return limit;
};

/** A batch size from 1 to 100,000; default 1,000. Errors: EVENT_STORE_INVALID_INPUT. */
export const batchSizeOf = (batchSizeMax: number | undefined): number => {
  const size = batchSizeMax ?? BATCH_SIZE_DEFAULT;
  if (!Number.isSafeInteger(size) || size < 1 || size > BATCH_SIZE_MAX) {
    throw new InvalidInput('batchSizeMax', `must be a whole number from 1 to ${BATCH_SIZE_MAX}, got ${size}`);
  }
  return size;
};
