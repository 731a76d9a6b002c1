// The optimistic check: the revision that a stream must have for an append to be accepted.
import { InvalidInput } from './errors.js';
import { revision, type Revision } from './identifiers.js';

/**
 * `revision`: exactly this revision. `no-stream`: no event yet. `stream-exists`: at least one event. `any`: no check,
 * and no protection against lost updates; a retry is recognised only while its events are the last of the stream.
 */
export type ExpectedRevision = Revision | 'no-stream' | 'stream-exists' | 'any';

/** Checks an expected revision that came from outside. Errors: EVENT_STORE_INVALID_INPUT. */
export const expectedRevision = (value: ExpectedRevision | bigint): ExpectedRevision => {
  if (typeof value === 'bigint') return revision(value);
  if (value === 'no-stream' || value === 'stream-exists' || value === 'any') return value;
  throw new InvalidInput('expectedRevision', `must be a bigint, 'no-stream', 'stream-exists' or 'any', got ${JSON.stringify(String(value))}`);
};
