// Random histories: whatever had failed, a replay after the fix leaves what a run that never failed leaves, or says that it does not.
import { MemoryReadStore } from '@mainstem/projection/adapter';
import { describe, it } from 'vitest';
import { expectDocuments, expectHandled, expectParts } from './replay-expectations.fixtures.js';
import { PLAIN_PARTS } from './replay-histories.fixtures.js';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 60);
const SEED = Number(process.env['PROPERTY_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** Each history is another one of the seed that is printed. */
const SEEDS = Array.from({ length: RUNS }, (_, index) => SEED + index);

describe(`after a replay (PROPERTY_SEED=${SEED})`, () => {
  it.each(SEEDS)('documents and roll-ups are those of a run that never failed (seed %i)', (seed) =>
    expectDocuments(new MemoryReadStore(), PLAIN_PARTS, seed),
  );

  it.each(SEEDS)('documents of a projection in parts are those of a run that never failed (seed %i)', (seed) =>
    expectParts(new MemoryReadStore(), PLAIN_PARTS, seed),
  );

  it.each(SEEDS)('a handler has the effects of a run that never failed, or the replay names what it could not keep in order (seed %i)', (seed) =>
    expectHandled(new MemoryReadStore(), PLAIN_PARTS, seed),
  );
});
