// Random histories: after the fix, a replay leaves the same as a run without failures, or reports the difference.
import { MemoryReadStore } from '@mainstem/projection/adapter';
import { describe, it } from 'vitest';
import { expectDocuments, expectHandled, expectParts } from './replay-expectations.fixtures.js';
import { PLAIN_PARTS } from './replay-histories.fixtures.js';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 60);
const SEED = Number(process.env['PROPERTY_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** Each history derives from the printed seed. */
const SEEDS = Array.from({ length: RUNS }, (_, index) => SEED + index);

describe(`after a replay (PROPERTY_SEED=${SEED})`, () => {
  it.each(SEEDS)('documents and roll-ups equal those of a run without failures (seed %i)', (seed) =>
    expectDocuments(new MemoryReadStore(), PLAIN_PARTS, seed),
  );

  it.each(SEEDS)('documents of a partitioned projection equal those of a run without failures (seed %i)', (seed) =>
    expectParts(new MemoryReadStore(), PLAIN_PARTS, seed),
  );

  it.each(SEEDS)('a handler has the effects of a run without failures, or the replay names the events out of order (seed %i)', (seed) =>
    expectHandled(new MemoryReadStore(), PLAIN_PARTS, seed),
  );
});
