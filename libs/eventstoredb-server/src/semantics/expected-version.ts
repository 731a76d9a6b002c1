// The state that a stream must have for a write to be accepted, in the protocol's terms.

/** A revision, or one of the three conditions without a revision. */
export type ExpectedVersion = bigint | 'any' | 'no-stream' | 'stream-exists';

/** The largest event number: that of a tombstone. */
export const INT64_MAX = 2n ** 63n - 1n;

const SENTINELS = { any: -2n, 'no-stream': -1n, 'stream-exists': -4n } as const;

/** As a number for error trailers: −2, −1, −4, or the revision. */
export const expectedNumber = (expected: ExpectedVersion): bigint => (typeof expected === 'bigint' ? expected : SENTINELS[expected]);
