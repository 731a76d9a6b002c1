// A standby is as healthy as its owner: healthy while the owner makes progress, even with a first generation that does
// not serve.
import { position, systemRuntime, type Incarnation, type Runtime } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import type { Generation } from '../read-store/checkpoint.js';
import { WHOLE } from '../read-store/partition.js';
import { Progress } from './progress.js';
import { initialProjectionState, type ProjectionState } from './projection-state.js';
import { Standby } from './standby.js';

const HEAD = position('1000');
const STANDBY: ProjectionState = { ...initialProjectionState, phase: 'standby' };
const STEP_MS = 5_000;

const setUp = () => {
  let nowMs = 0;
  const runtime: Runtime = { ...systemRuntime, monotonic: () => nowMs };
  const hosted = { projection: { name: 'tally' }, store: { name: 'memory', generations: () => Promise.resolve([]) } };
  const progress = new Progress({ hosted, reader: { hasDensePositions: true }, partition: WHOLE, runtime });
  const signal = new AbortController().signal;
  const standby = new Standby({ hosted, partition: WHOLE, runtime, progress, head: () => HEAD, isStandby: () => true, signal });
  return {
    /** Five seconds later it looks and sees this. */
    sees: (...generations: readonly Generation[]): void => {
      nowMs += STEP_MS;
      standby.see(generations);
    },
    status: () => progress.status(STANDBY, HEAD),
  };
};

const generation = (state: Generation['state'], at: number, updatedAtS: number): Generation =>
  ({
    projection: 'tally',
    number: state === 'serving' ? 1 : 2,
    version: 1,
    fingerprint: 'any',
    state,
    checkpoint: { incarnation: 'any' as Incarnation, position: position(String(at)), epoch: 1, digest: 'any' },
    updatedAt: new Date(updatedAtS * 1_000).toISOString(),
  }) as unknown as Generation;

describe('a standby', () => {
  it('is healthy for as long as the owner fills the first generation', () => {
    const { sees, status } = setUp();
    for (let round = 1; round <= 20; round++) {
      sees(generation('filling', round * 10, round));
      expect(status()).toMatchObject({ state: 'standby', isHealthy: true });
    }
  });

  it('is healthy while the owner gives signs of life without a new position, as when it makes indices', () => {
    const { sees, status } = setUp();
    for (let round = 1; round <= 5; round++) {
      sees(generation('filling', 500, round));
      expect(status().isHealthy).toBe(true);
    }
  });

  it.each([
    ['the first generation', [generation('filling', 500, 1)]],
    ['the generation that serves', [generation('serving', 500, 1)]],
    ['nothing', []],
  ])('is red once the owner makes no progress with %s', (_, generations) => {
    const { sees, status } = setUp();
    sees(...generations);
    sees(...generations);
    sees(...generations);
    expect(status()).toMatchObject({ isHealthy: false, reason: expect.stringContaining('PROJECTION_STALLED') as string });
  });

  it('is red once the serving generation makes no progress, even if another one is being filled', () => {
    const { sees, status } = setUp();
    for (let round = 1; round <= 3; round++) sees(generation('serving', 500, 1), generation('filling', round * 10, round));
    expect(status().isHealthy).toBe(false);
  });
});
