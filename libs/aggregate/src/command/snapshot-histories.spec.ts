// Snapshots are never a second truth: any history gives the same answers, refusals and events with them and without.
import { InMemorySnapshotStore } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { FIRST_SEED, randomOf, RUNS } from './random-histories.fixtures.js';
import { FaultySnapshots, lifeOf, stepsOf } from './snapshot-worlds.fixtures.js';
import type { SnapshotTold } from '../snapshot/snapshots.js';

const STEPS = 60;
/** A history is long: a quarter of the usual number. */
const seeds = Array.from({ length: Math.ceil(RUNS / 4) }, (_, index) => FIRST_SEED + index);

describe(`random histories of commands, from seed ${FIRST_SEED}`, () => {
  const told: SnapshotTold[] = [];

  it.each(seeds)(
    'are the same without snapshots, with a store for them, and with one that has every fault: seed %i',
    async (seed) => {
      const options = { steps: stepsOf(seed, STEPS), every: 1 + (seed % 4), placesMax: 1 + (seed % 5) };
      const without = await lifeOf({ ...options, snapshots: undefined });
      expect(await lifeOf({ ...options, snapshots: new InMemorySnapshotStore(), told })).toEqual(without);
      expect(await lifeOf({ ...options, snapshots: new FaultySnapshots(randomOf(seed)), told })).toEqual(without);
    },
    60_000,
  );

  it.runIf(RUNS >= 20)('have used snapshots, ignored some, and met failures', () => {
    const counts = Map.groupBy(told, ({ outcome }) => outcome);
    for (const outcome of ['taken', 'used', 'ignored', 'failed'] as const) expect(counts.get(outcome)?.length, outcome).toBeGreaterThan(0);
  });
});
