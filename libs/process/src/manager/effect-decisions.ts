// What an instance records about its effects: attempts, outcomes, and what people decide.
import type { Circumstances } from '@mainstem/aggregate';
import type { Effect } from '../action/effect.js';
import { ProcessRefused } from '../errors.js';
import type { EffectRequest, EffectsState } from './effect-state.js';
import type { ProcessEvent } from './process-events.js';
import type { Failed, Outcomes, Succeeded } from './process-rules.js';

/** What an instance is told about an effect. Times are ISO 8601 in UTC. */
export type EffectCommand =
  /**
   * An attempt begins; another one is due `at` this time if nothing is heard of it. Refused if another host was first.
   */
  | { readonly kind: 'attempt'; readonly request: string; readonly attempt: number; readonly at: string }
  | { readonly kind: 'succeed'; readonly request: string; readonly result?: object }
  /** An attempt failed; the next one is due `at`. `isFinal`: there is none. */
  | {
      readonly kind: 'fail';
      readonly request: string;
      readonly attempt: number;
      readonly code: string;
      readonly message: string;
      readonly at: string;
      readonly isFinal: boolean;
    }
  /** Its host stops. */
  | { readonly kind: 'interrupt'; readonly request: string; readonly attempt: number; readonly at: string }
  /** Its outcome cannot be recorded. No rule is asked. */
  | { readonly kind: 'give-up'; readonly request: string; readonly code: string; readonly message: string }
  /** A person wants no further attempt. */
  | { readonly kind: 'discard'; readonly request: string; readonly reason: string };

/** `about`: ask the rules of the step what follows from the outcome. */
export interface EffectInput {
  readonly input: ProcessEvent;
  readonly about?: { readonly outcome: keyof Outcomes<unknown>; readonly step: string; readonly details: Succeeded | Failed };
}

export interface EffectRules {
  readonly process: string;
  readonly performs: readonly Effect[];
  readonly outcomes: Readonly<Record<string, Outcomes<unknown>>>;
}

/** Why no attempt follows one of which nothing was heard. */
const LOST = { code: 'PROCESS_EFFECT_LOST', message: 'The host of the last attempt ended in the middle of it. It may have taken effect.' };
const LATE = { code: 'PROCESS_LATE_EFFECT', message: 'The effect happened after its failure was recorded. Undo it, then discard it.' };

/** Undefined: nothing is to be recorded. Errors: PROCESS_REFUSED. */
export const effectInput = (command: EffectCommand, state: EffectsState, { now }: Circumstances, rules: EffectRules): EffectInput | undefined => {
  const { request } = command;
  const pending = state.effects[request];
  switch (command.kind) {
    case 'attempt': {
      const { attempt, at } = command;
      if (pending?.attempt !== attempt - 1)
        throw new ProcessRefused(rules.process, request, 'it has its outcome, or another host has begun this attempt');
      if (isSpent(pending, rules)) return failing(request, pending, LOST, now, rules);
      return { input: { type: 'EffectAttempted', data: { request, effect: pending.effect, attempt, was: pending.at, at } } };
    }
    case 'succeed':
      return succeeding(request, state, command.result, now, rules);
    case 'fail': {
      const { attempt, code, message, at, isFinal } = command;
      if (pending?.attempt !== attempt) return undefined;
      if (isFinal || isSpent(pending, rules)) return failing(request, pending, { code, message }, now, rules);
      return { input: { type: 'EffectAttemptFailed', data: { request, effect: pending.effect, attempt, was: pending.at, at, code, message } } };
    }
    case 'interrupt': {
      const { attempt, at } = command;
      if (pending?.attempt !== attempt) return undefined;
      return { input: { type: 'EffectInterrupted', data: { request, effect: pending.effect, attempt, was: pending.at, at } } };
    }
    case 'give-up':
      return pending && givingUp(request, pending, command, now);
    case 'discard': {
      const found = pending ?? state.givenUp[request];
      if (!found) throw new ProcessRefused(rules.process, request, 'no such effect waits for an attempt or was given up. Look at the instance again');
      return { input: discarding(request, found, command.reason, !pending) };
    }
  }
};

export const discarding = (request: string, { effect, at }: EffectRequest, reason: string, wasGivenUp = false): ProcessEvent => ({
  type: 'EffectDiscarded',
  data: { request, effect, was: at, reason, ...(wasGivenUp && { wasGivenUp }) },
});

/** Asks again for what was given up; its idempotency key and the count of attempts go on. */
export const askingAgain = (request: string, { step, effect, data, askedAt, attempt, at }: EffectRequest, now: string): ProcessEvent => ({
  type: 'EffectRequested',
  data: { request, step, effect, data, askedAt, attempt, at: now, was: at },
});

const isSpent = ({ effect, spent }: EffectRequest, { performs }: EffectRules): boolean =>
  spent >= (performs.find(({ name }) => name === effect)?.policy.attemptsMax ?? 0);

const succeeding = (
  request: string,
  { effects, givenUp, failed }: EffectsState,
  result: object | undefined,
  now: string,
  { outcomes }: EffectRules,
): EffectInput | undefined => {
  const data = ({ effect, at }: EffectRequest) => ({ request, effect, was: at, ...(result && { result }) });
  const [open, wasGivenUp] = [effects[request] ?? givenUp[request], givenUp[request] !== undefined];
  if (open) {
    const input = { type: 'EffectSucceeded', data: { ...data(open), ...(wasGivenUp && { wasGivenUp }) } } as const;
    return { input, about: about('succeeded', open, { result }) };
  }
  const late = failed[request];
  if (!late) return undefined;
  if (!outcomes[late.step]?.succeededLate) return givingUp(request, late, LATE, now);
  return { input: { type: 'EffectSucceededLate', data: data(late) }, about: about('succeededLate', late, { result }) };
};

const failing = (
  request: string,
  asked: EffectRequest,
  { code, message }: { readonly code: string; readonly message: string },
  now: string,
  { outcomes }: EffectRules,
): EffectInput => {
  if (!outcomes[asked.step]?.failed) return givingUp(request, asked, { code, message }, now);
  const input = { type: 'EffectFailed', data: { request, effect: asked.effect, was: asked.at, code, message } } as const;
  return { input, about: about('failed', asked, { code, message }) };
};

const givingUp = (
  request: string,
  { effect, at }: EffectRequest,
  { code, message }: { readonly code: string; readonly message: string },
  now: string,
): EffectInput => ({ input: { type: 'EffectGivenUp', data: { request, effect, was: at, at: now, code, message } } });

const about = (
  outcome: keyof Outcomes<unknown>,
  { step, effect }: EffectRequest,
  rest: Omit<Succeeded, 'step' | 'effect'> | Omit<Failed, 'step' | 'effect'>,
): NonNullable<EffectInput['about']> => ({ outcome, step, details: { step, effect, ...rest } });
