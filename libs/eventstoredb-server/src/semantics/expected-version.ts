// Where a stream has to be for a write to be accepted, as the protocol says it.

/** A revision, or one of the three wishes that name none. */
export type ExpectedVersion = bigint | 'any' | 'no-stream' | 'stream-exists';

/** The largest number of an event: that of a tombstone. */
export const INT64_MAX = 2n ** 63n - 1n;

const SENTINELS = { any: -2n, 'no-stream': -1n, 'stream-exists': -4n } as const;

/** As the number that error trailers carry: −2, −1, −4, or the revision. */
export const expectedNumber = (expected: ExpectedVersion): bigint => (typeof expected === 'bigint' ? expected : SENTINELS[expected]);
