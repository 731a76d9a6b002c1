// Batches that are too large: halved down to one event, then enlarged step by step.
import type { Position } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { afterBatch, slower, type BatchPace } from './batch-pace.js';
import { initialProjectionState, next, type ProjectionState, type StatePolicy } from './projection-state.js';

const policy: StatePolicy = { onFailure: 'stop', attemptsMax: 3, retryDelayMs: 100, retryDelayMaxMs: 1_000, batchSizeMax: 500 };
const limitOf = ({ step }: ProjectionState): number | undefined => (step.kind === 'follow' ? step.limit : undefined);
const tooMuch = (state: ProjectionState, size: number): ProjectionState =>
  next(state, { kind: 'failed', failure: { kind: 'too-much', size, reason: 'READ_STORE_UNAVAILABLE: takes too long' }, random: 0.5 }, policy);
const again = (state: ProjectionState): ProjectionState =>
  next(next(state, { kind: 'waited' }, policy), { kind: 'opened', isFilling: false }, policy);

describe('batches that are too much for a store', () => {
  it('are reported, and halved after a short wait, down to one event', () => {
    let state = again(initialProjectionState);
    const limits: (number | undefined)[] = [];
    for (let size = limitOf(state) ?? 0; size > 1; size = limitOf(state) ?? 0) {
      state = tooMuch(state, size);
      expect(state).toMatchObject({ phase: 'retrying', step: { kind: 'wait', delayMs: 50 }, reason: 'READ_STORE_UNAVAILABLE: takes too long' });
      state = again(state);
      limits.push(limitOf(state));
    }
    expect(limits).toEqual([250, 125, 62, 31, 15, 7, 3, 1]);
  });

  it('stay small after the place where they failed, and forget the failure', () => {
    const state = next(again(tooMuch(initialProjectionState, 500)), { kind: 'advanced', position: 250n as Position, isCaughtUp: false }, policy);
    expect(state).toMatchObject({ phase: 'catching-up', failures: 0, step: { kind: 'follow', limit: 250 } });
  });

  it('grow again, sooner up to a size that worked, later to one that failed', () => {
    const batchesUntil = (pace: BatchPace, holds: (pace: BatchPace | undefined) => boolean): number => {
      let batches = 0;
      for (let now: BatchPace | undefined = pace; now && !holds(now); batches++) now = afterBatch(now, 500);
      return batches;
    };
    const quarter = { ...slower(500), limit: 125 };
    expect(batchesUntil(quarter, (pace) => pace?.limit === 250)).toBe(16);
    expect(batchesUntil(slower(500), (pace) => pace === undefined)).toBe(256);
  });

  it('of one event are an outage: nothing smaller is left', () => {
    expect(slower(1).limit).toBe(1);
  });
});
