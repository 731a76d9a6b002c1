// The state machine: the reaction of a projection to everything that can happen.
import type { Position } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import type { Failure } from '../fold/failures.js';
import { initialProjectionState, next, type Input, type ProjectionState, type StatePolicy } from './projection-state.js';

const policy: StatePolicy = { onFailure: 'stop', attemptsMax: 3, retryDelayMs: 100, retryDelayMaxMs: 1_000, batchSizeMax: 500 };
const at = (place: number): Position => BigInt(place) as Position;

const after = (inputs: readonly Input[], from: ProjectionState = initialProjectionState, by: StatePolicy = policy): ProjectionState =>
  inputs.reduce((state, input) => next(state, input, by), from);

const opened = (isFilling = false): Input => ({ kind: 'opened', isFilling });
const advanced = (place: number, isCaughtUp = false): Input => ({ kind: 'advanced', position: at(place), isCaughtUp });
const failed = (failure: Failure, random = 0.5): Input => ({ kind: 'failed', failure, random });
const outage = failed({ kind: 'outage', reason: 'READ_STORE_UNAVAILABLE: gone' });
const poison = (place: number, key = 'k'): Failure & { kind: 'poison' } => ({
  kind: 'poison',
  position: at(place),
  key,
  reason: 'PROJECTION_FAILED: broken',
});
const cut = (place: number, poisoned: number): Input => ({ kind: 'cut', position: at(place), failure: poison(poisoned), random: 0.5 });
const waited: Input = { kind: 'waited' };

describe('a projection', () => {
  it('opens, catches up and goes live', () => {
    expect(initialProjectionState).toMatchObject({ phase: 'starting', step: { kind: 'open' } });
    expect(after([opened()])).toMatchObject({ phase: 'catching-up', step: { kind: 'follow', limit: 500 } });
    expect(after([opened(), advanced(9, true)])).toMatchObject({ phase: 'live', step: { kind: 'follow', limit: 500 } });
    expect(after([opened(), advanced(9, true), advanced(12)])).toMatchObject({ phase: 'catching-up' });
  });

  it('promotes a filling generation only once it has caught up', () => {
    expect(after([opened(true), advanced(5)])).toMatchObject({ phase: 'rebuilding', step: { kind: 'follow' } });
    expect(after([opened(true), advanced(5, true)])).toMatchObject({ phase: 'rebuilding', step: { kind: 'promote' } });
    expect(after([opened(true), advanced(5, true), { kind: 'promoted' }])).toMatchObject({
      phase: 'live',
      isFilling: false,
      step: { kind: 'follow' },
    });
  });

  it('retries an outage for ever, with delays that double up to the maximum and are spread over their whole range', () => {
    const delays: number[] = [];
    let state = after([opened()]);
    for (let round = 0; round < 50; round++) {
      state = after([failed({ kind: 'outage', reason: 'x' }, 0.5)], state);
      expect(state).toMatchObject({ phase: 'retrying', reason: 'x' });
      delays.push(state.step.kind === 'wait' ? state.step.delayMs : NaN);
      state = after([waited], state);
      expect(state.step).toEqual({ kind: 'open' });
    }
    expect(delays.slice(0, 5)).toEqual([50, 100, 200, 400, 500]);
    expect(Math.max(...delays)).toBe(500);
    expect(after([opened(), failed({ kind: 'outage', reason: 'x' }, 0)]).step).toEqual({ kind: 'wait', delayMs: 0 });
  });

  it('reports a failure until there is progress', () => {
    expect(after([opened(), outage, waited, opened()])).toMatchObject({
      phase: 'retrying',
      reason: 'READ_STORE_UNAVAILABLE: gone',
      step: { kind: 'follow' },
    });
    const recovered = after([opened(), outage, waited, opened(), advanced(1)]);
    expect(recovered).toMatchObject({ phase: 'catching-up', failures: 0 });
    expect(recovered.reason).toBeUndefined();
  });

  it('gives a rival time to make progress', () => {
    const { step } = after([opened(), failed({ kind: 'fenced', reason: 'x' }, 0)]);
    expect(step).toEqual({ kind: 'wait', delayMs: 100 });
    const late = after([opened(), failed({ kind: 'fenced', reason: 'x' }, 0.999)]).step;
    expect(late.kind === 'wait' && late.delayMs).toBeLessThanOrEqual(2_100);
  });

  it('stops at once when trying again cannot help', () => {
    expect(after([failed({ kind: 'fatal', reason: 'PROJECTION_TOO_MANY_PARKED: x' })])).toMatchObject({
      phase: 'stopped',
      step: { kind: 'end' },
      reason: 'PROJECTION_TOO_MANY_PARKED: x',
    });
  });

  it('stops when another definition serves, and goes on automatically once its own does', () => {
    const stopped = after([failed({ kind: 'changed', reason: 'PROJECTION_CHANGED: x' })]);
    expect(stopped).toMatchObject({ phase: 'stopped', step: { kind: 'wait' }, reason: 'PROJECTION_CHANGED: x' });
    const again = after([waited, failed({ kind: 'changed', reason: 'PROJECTION_CHANGED: x' })], stopped);
    expect(again).toEqual(stopped);
    expect(after([waited, opened()], again)).toEqual(after([opened()]));
  });

  it('opens the generation that serves now as if it started anew, without delay', () => {
    const superseded = after([opened(), cut(4, 5), { kind: 'superseded' }]);
    expect(superseded).toMatchObject({ phase: 'catching-up', step: { kind: 'open' }, failures: 0, condemned: [] });
    expect(superseded.suspect).toBeUndefined();
  });

  it('applies what has arrived meanwhile before it tries to promote again', () => {
    const full = after([
      { kind: 'opened', isFilling: true },
      { kind: 'advanced', position: at(4), isCaughtUp: true },
    ]);
    expect(full.step).toEqual({ kind: 'promote' });
    expect(after([{ kind: 'postponed' }], full)).toMatchObject({ phase: 'rebuilding', step: { kind: 'follow' } });
  });

  it('tries a poison event as often as it may, then stops before it', () => {
    const once = after([opened(), cut(4, 5)]);
    expect(once).toMatchObject({ phase: 'retrying', step: { kind: 'wait' }, suspect: { position: at(5), attempts: 1 } });
    const twice = after([waited, opened(), cut(4, 5)], once);
    expect(twice).toMatchObject({ phase: 'retrying', suspect: { attempts: 2 } });
    expect(after([waited, opened(), cut(4, 5)], twice)).toMatchObject({
      phase: 'stopped',
      step: { kind: 'end' },
      reason: 'PROJECTION_FAILED: broken',
    });
  });

  it('counts the tries of each event and key separately', () => {
    const state = after([opened(), cut(4, 5), waited, opened(), cut(7, 8), waited, opened(), cut(7, 8)]);
    expect(state).toMatchObject({ phase: 'retrying', suspect: { position: at(8), attempts: 2 } });
    const other = after([opened(), failed(poison(5, 'a')), waited, opened(), failed(poison(5, 'b'))]);
    expect(other).toMatchObject({ suspect: { key: 'b', attempts: 1 } });
  });

  it('condemns a poison event to be parked if the policy says so, and forgets it once it is passed', () => {
    const parking: StatePolicy = { ...policy, onFailure: 'park', attemptsMax: 1 };
    const condemned = after([opened(), cut(4, 5)], initialProjectionState, parking);
    expect(condemned).toMatchObject({
      phase: 'catching-up',
      step: { kind: 'open' },
      condemned: [{ position: at(5), key: 'k', error: 'PROJECTION_FAILED: broken' }],
    });
    expect(after([opened(), outage, waited, opened()], condemned, parking).condemned).toHaveLength(1);
    const passed = after([opened(), advanced(9)], condemned, parking);
    expect(passed.condemned).toEqual([]);
    expect(passed.reason).toBeUndefined();
  });

  it('condemns an event under every key that fails, not only under the last one', () => {
    const parking: StatePolicy = { ...policy, onFailure: 'park', attemptsMax: 1 };
    const both = after([opened(), failed(poison(5, 'a')), opened(), failed(poison(5, 'b'))], initialProjectionState, parking);
    expect(both.condemned.map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it('halves a batch that is refused as a whole until one event is left', () => {
    const refused = (size: number): Input => failed({ kind: 'refused', size, until: at(100), reason: 'x' });
    const half = after([opened(), refused(100), opened()]);
    expect(half).toMatchObject({ step: { kind: 'follow', limit: 50 } });
    const quarter = after([refused(50), opened()], half);
    expect(quarter.step).toEqual({ kind: 'follow', limit: 25 });
    expect(after([advanced(75), refused(3), opened()], quarter).step).toEqual({ kind: 'follow', limit: 1 });
    expect(after([advanced(100)], quarter).step).toEqual({ kind: 'follow', limit: 500 });
  });

  it('changes nothing when it was only woken', () => {
    const live = after([opened(), advanced(9, true)]);
    expect(next(live, { kind: 'woken' }, policy)).toBe(live);
  });

  it('ends from everywhere', () => {
    for (const inputs of [[], [opened()], [opened(), outage], [opened(true), advanced(5, true)]]) {
      expect(after([...inputs, { kind: 'ended' }])).toMatchObject({ phase: 'stopped', step: { kind: 'end' } });
    }
  });
});
