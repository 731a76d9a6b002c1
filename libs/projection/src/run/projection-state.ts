// The state machine of a running projection: from what happened to its new state and next action. Pure.
import { backOffMs, type Position } from '@mainstem/event-store';
import { afterBatch, slower, type BatchPace } from './batch-pace.js';
import type { CutFailure, Failure } from '../fold/failures.js';
import { narrower, narrowingAt, type Narrowing } from '../fold/narrowing.js';
import type { Condemned } from '../fold/parking.js';
import { DEFAULT_RECOVERY, fencedDelayMs, type RecoveryPolicy } from '../definition/recovery-policy.js';

/**
 * The state of a projection for people:
 * - `starting`: nothing applied yet; `catching-up`: behind the head; `live`: at the head;
 * - `rebuilding`: fills a generation that does not serve yet; `retrying`: waits after a failure;
 * - `waiting`: for a program that knows the next event; `standby`: another instance runs it;
 * - `paused`: an operator lets no instance write it; `stopped`: needs people.
 */
export type Phase = 'starting' | 'catching-up' | 'live' | 'rebuilding' | 'retrying' | 'waiting' | 'standby' | 'paused' | 'stopped';

/** The next action of the runner. */
export type Step =
  | { readonly kind: 'open' }
  /** Take the next batch of at most `limit` events and write it. */
  | { readonly kind: 'follow'; readonly limit: number }
  | { readonly kind: 'promote' }
  /** Give up the session and wait; then `open`. */
  | { readonly kind: 'wait'; readonly delayMs: number }
  | { readonly kind: 'end' };

export interface ProjectionState {
  readonly phase: Phase;
  readonly step: Step;
  /** Why it retries or has stopped: `CODE: message`. */
  readonly reason?: string;
  /** The number of failures in a row without progress. */
  readonly failures: number;
  readonly isFilling: boolean;
  /** The event that failed last, and how often. */
  readonly suspect?: { readonly position: Position; readonly key: string; readonly attempts: number };
  /** To be parked by the next batch: one event, under each of its failing keys. */
  readonly condemned: readonly Condemned[];
  /** Smaller batches up to a position, to find the one event that cannot be written. */
  readonly narrowing?: Narrowing;
  /** Smaller batches because larger ones were too much for the store. */
  readonly pace?: BatchPace;
}

export type Input =
  | { readonly kind: 'opened'; readonly isFilling: boolean }
  /** Everything up to `position` has been applied. */
  | { readonly kind: 'advanced'; readonly position: Position | undefined; readonly isCaughtUp: boolean }
  /** The same, and the event after it has failed. */
  | { readonly kind: 'cut'; readonly position: Position | undefined; readonly failure: CutFailure; readonly random: number }
  /** Woken for other work than an event, which is done. */
  | { readonly kind: 'woken' }
  | { readonly kind: 'promoted' }
  /** It cannot be promoted yet: more events must be applied first. */
  | { readonly kind: 'postponed' }
  /** Another generation serves now. */
  | { readonly kind: 'superseded' }
  /** The lease is not held: the next look comes after `delayMs`. */
  | { readonly kind: 'displaced'; readonly delayMs: number }
  /** By an operator; the reason is `CODE: words`. */
  | { readonly kind: 'paused'; readonly reason: string }
  | { readonly kind: 'waited' }
  /** `random` in [0, 1) spreads the delay. */
  | { readonly kind: 'failed'; readonly failure: Failure; readonly random: number }
  | { readonly kind: 'ended' };

/** How often a replaced projection checks whether it may go on. */
const CHANGED_LOOK_MS = 500;
/** A resumed projection is woken at once; this is its wait if nothing wakes it. */
const PAUSED_LOOK_MS = 2_000;

export interface StatePolicy extends RecoveryPolicy {
  readonly batchSizeMax: number;
}

/** The settings declared with the projection, else the defaults. */
export const statePolicyOf = ({
  hosted,
  batchSizeMax,
}: {
  readonly hosted: { readonly recovery?: Partial<RecoveryPolicy> | undefined };
  readonly batchSizeMax: number;
}): StatePolicy => ({
  ...DEFAULT_RECOVERY,
  ...hosted.recovery,
  batchSizeMax,
});

export const initialProjectionState: ProjectionState = { phase: 'starting', step: { kind: 'open' }, failures: 0, isFilling: false, condemned: [] };

export const next = (state: ProjectionState, input: Input, policy: StatePolicy): ProjectionState => {
  switch (input.kind) {
    case 'opened':
      return running({ ...state, isFilling: input.isFilling }, policy);
    case 'advanced':
      return advanced(state, input.position, input.isCaughtUp, policy);
    case 'cut':
      return failed(advanced(state, input.position, false, policy), input.failure, input.random, policy);
    case 'woken':
      return state;
    case 'promoted':
      return { ...running({ ...state, isFilling: false, failures: 0 }, policy), phase: 'live' };
    case 'postponed':
      return running(state, policy);
    case 'superseded':
      // Findings about events of the old generation do not hold for the new one.
      return { ...initialProjectionState, phase: 'catching-up' };
    case 'displaced':
      // Another instance makes its own findings about events, and so will this one in its turn.
      return { ...initialProjectionState, phase: 'standby', step: { kind: 'wait', delayMs: input.delayMs } };
    case 'paused':
      // Findings about events are made anew: the cause of the pause may have been the cause of them.
      return { ...initialProjectionState, phase: 'paused', step: { kind: 'wait', delayMs: PAUSED_LOOK_MS }, reason: input.reason };
    case 'waited':
      return { ...state, step: { kind: 'open' } };
    case 'failed':
      return failed(state, input.failure, input.random, policy);
    case 'ended':
      return { ...state, phase: 'stopped', step: { kind: 'end' } };
  }
};

/** The reason for readers that wait in vain; undefined while there is progress. */
export const whyNotOn = ({ phase, reason }: ProjectionState): string | undefined => {
  if (phase === 'stopped') return `It has stopped: ${reason ?? 'its projector was ended.'}`;
  return reason === undefined ? undefined : `It is ${phase}: ${reason}`;
};

/** While a failure persists, the state goes on reporting it. */
const running = (state: ProjectionState, policy: StatePolicy): ProjectionState => {
  const { reason: _, ...rest } = state;
  const step: Step = { kind: 'follow', limit: Math.min(policy.batchSizeMax, state.narrowing?.limit ?? Infinity, state.pace?.limit ?? Infinity) };
  if (state.failures > 0) return { ...state, step };
  return { ...rest, phase: state.isFilling ? 'rebuilding' : 'catching-up', step };
};

const advanced = (state: ProjectionState, position: Position | undefined, isCaughtUp: boolean, policy: StatePolicy): ProjectionState => {
  const { suspect, condemned, narrowing, pace, ...rest } = state;
  const nextPace = pace && afterBatch(pace, policy.batchSizeMax);
  const stillNarrow = narrowingAt(narrowing, position);
  const isPast = (place: Position): boolean => position !== undefined && position >= place;
  const progressed = running(
    {
      ...rest,
      failures: suspect && !isPast(suspect.position) ? state.failures : 0,
      ...(suspect && !isPast(suspect.position) && { suspect }),
      condemned: condemned.filter((one) => !isPast(one.position)),
      ...(stillNarrow && { narrowing: stillNarrow }),
      ...(nextPace && { pace: nextPace }),
    },
    policy,
  );
  if (!isCaughtUp || progressed.failures > 0) return progressed;
  return state.isFilling ? { ...progressed, step: { kind: 'promote' } } : { ...progressed, phase: 'live' };
};

const failed = (state: ProjectionState, failure: Failure, random: number, policy: StatePolicy): ProjectionState => {
  const failures = state.failures + 1;
  const retrying = { ...state, phase: 'retrying', failures, reason: failure.reason } as const;
  switch (failure.kind) {
    case 'fatal':
      return { ...state, phase: 'stopped', step: { kind: 'end' }, reason: failure.reason };
    case 'changed':
      // Stopped for people; but they may promote a generation of this definition, so it goes on looking for one.
      return { ...state, phase: 'stopped', step: { kind: 'wait', delayMs: CHANGED_LOOK_MS }, reason: failure.reason };
    case 'outage':
      return { ...retrying, step: { kind: 'wait', delayMs: backOffMs(policy, failures, random) } };
    case 'newer':
      return { ...retrying, phase: 'waiting', step: { kind: 'wait', delayMs: policy.retryDelayMaxMs } };
    case 'fenced':
      return { ...retrying, step: { kind: 'wait', delayMs: fencedDelayMs(policy, random) } };
    case 'too-much':
      // Half of it soon: at most log2(batch size) rounds lead to single events.
      return { ...retrying, pace: slower(failure.size), step: { kind: 'wait', delayMs: backOffMs(policy, 1, random) } };
    case 'refused':
      // At once, without delay: few rounds lead to the event, which then counts its own tries.
      return { ...state, step: { kind: 'open' }, narrowing: narrower(failure.size, failure.until) };
    case 'poison':
      return poisoned({ ...retrying }, failure, random, policy);
  }
};

const poisoned = (state: ProjectionState, poison: Failure & { readonly kind: 'poison' }, random: number, policy: StatePolicy): ProjectionState => {
  const { position, key, reason } = poison;
  const isSame = state.suspect?.position === position && state.suspect.key === key;
  const attempts = isSame ? (state.suspect?.attempts ?? 0) + 1 : 1;
  if (attempts < policy.attemptsMax) {
    return { ...state, suspect: { position, key, attempts }, step: { kind: 'wait', delayMs: backOffMs(policy, attempts, random) } };
  }
  if (policy.onFailure === 'stop') return { ...state, phase: 'stopped', step: { kind: 'end' } };
  const { suspect: _, narrowing: __, ...rest } = state;
  return {
    ...rest,
    failures: 0,
    phase: state.isFilling ? 'rebuilding' : 'catching-up',
    step: { kind: 'open' },
    condemned: [...state.condemned, { position, key, error: reason }],
  };
};
