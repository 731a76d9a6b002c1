// One status for many parts: it must not look better than the part furthest behind, and shows each part by itself.
import type { Position } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import type { ProjectionStatus } from './projection-status.js';
import { mergedStatus } from './merged-status.js';

const at = (position: bigint, head: bigint, change: Partial<ProjectionStatus> = {}): ProjectionStatus => ({
  projection: 'tally',
  store: 'sql',
  generation: 1,
  state: 'live',
  position: position as Position,
  head: head as Position,
  lagEvents: head - position,
  lagMs: Number(head - position) * 10,
  parkedKeys: 1,
  parkedEvents: 2,
  eventsApplied: 3,
  eventsPerSecond: 4,
  isHealthy: true,
  ...change,
});

describe('the status of a projection in parts', () => {
  it('has the position and the lag of the part furthest behind, whatever the others do', () => {
    const slow = at(4n, 10n, { state: 'standby' });
    // The active part knows a newer head than the known one.
    const status = mergedStatus([at(11n, 11n), slow, at(9n, 10n, { state: 'catching-up' })]);
    expect(status).toMatchObject({ state: 'catching-up', position: 4n, head: 10n, lagEvents: 6n, lagMs: 60, parkedKeys: 3, parkedEvents: 6 });
    expect(mergedStatus([at(11n, 11n), slow])).toMatchObject({ state: 'live', position: 4n, head: 10n, lagEvents: 6n });
  });

  it('treats a part that has applied nothing as the one furthest behind', () => {
    const { position: _, ...nothing } = at(0n, 10n, { state: 'starting' });
    const status = mergedStatus([at(10n, 10n), nothing]);
    expect(status).toMatchObject({ state: 'starting', lagEvents: 10n });
    expect(status).not.toHaveProperty('position');
  });

  it('shows each part by itself', () => {
    const { partitions } = mergedStatus([at(10n, 10n, { owner: 'a' }), at(7n, 10n, { owner: 'b', state: 'standby', reason: 'x' })]);
    expect(partitions).toEqual([
      { partition: 0, state: 'live', owner: 'a', position: 10n, lagEvents: 0n, lagMs: 0 },
      { partition: 1, state: 'standby', owner: 'b', position: 7n, lagEvents: 3n, lagMs: 30, reason: 'x' },
    ]);
  });
});
