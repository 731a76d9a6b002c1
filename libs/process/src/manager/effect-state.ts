// What an instance knows of its effects, folded from its own events.
import type { Handling, Outcomes } from './process-rules.js';
import type { ProcessEvent } from './process-events.js';

/** An effect that was asked for. */
export interface EffectRequest {
  readonly step: string;
  readonly effect: string;
  readonly data: object;
  /** When it was asked for first, ISO 8601 in UTC. */
  readonly askedAt: string;
  /** Number of the attempt that was begun last; 0 before the first one. */
  readonly attempt: number;
  /** Attempts that count. */
  readonly spent: number;
  /** When the next attempt is due, ISO 8601 in UTC. */
  readonly at: string;
}

/** Its attempts are used up, or its receiver refused it, and the process has no rule for that. */
export interface GivenUpEffect extends EffectRequest {
  readonly code: string;
  readonly message: string;
}

export interface EffectsState {
  /** The application's. */
  readonly state: unknown;
  /** Asked for, and without an outcome. */
  readonly effects: Readonly<Record<string, EffectRequest>>;
  readonly givenUp: Readonly<Record<string, GivenUpEffect>>;
  /** A rule was told of their failure: one may still be reported as a success. */
  readonly failed: Readonly<Record<string, EffectRequest>>;
}

export const NO_EFFECTS: Omit<EffectsState, 'state'> = { effects: {}, givenUp: {}, failed: {} };

export type EffectEvent = Extract<ProcessEvent, { readonly type: `Effect${string}` }>;

/** `outcomes`: the rules of the instance, by step. */
export const evolveEffects = <State extends EffectsState>(
  state: State,
  event: EffectEvent,
  outcomes: Readonly<Record<string, Outcomes<unknown>>> = {},
): State => {
  const { request } = event.data;
  if (event.type === 'EffectRequested') {
    const { step, effect, data, askedAt, attempt, at } = event.data;
    return { ...moved(state, request), effects: { ...state.effects, [request]: { step, effect, data, askedAt, attempt, spent: 0, at } } };
  }
  const asked = state.effects[request] ?? state.givenUp[request] ?? state.failed[request];
  if (!asked) return state;
  const rules = outcomes[asked.step];
  switch (event.type) {
    case 'EffectAttempted': {
      const { attempt, at } = event.data;
      return { ...state, effects: { ...state.effects, [request]: { ...asked, attempt, spent: asked.spent + 1, at } } };
    }
    case 'EffectAttemptFailed':
      return { ...state, effects: { ...state.effects, [request]: { ...asked, at: event.data.at } } };
    case 'EffectInterrupted':
      return { ...state, effects: { ...state.effects, [request]: { ...asked, spent: asked.spent - 1, at: event.data.at } } };
    case 'EffectSucceeded':
      return told(moved(state, request), rules?.succeeded, { step: asked.step, effect: asked.effect, result: event.data.result });
    case 'EffectSucceededLate':
      return told(moved(state, request), rules?.succeededLate, { step: asked.step, effect: asked.effect, result: event.data.result });
    case 'EffectFailed': {
      const { code, message } = event.data;
      const next = { ...moved(state, request), failed: { ...state.failed, [request]: asked } };
      return told(next, rules?.failed, { step: asked.step, effect: asked.effect, code, message });
    }
    case 'EffectGivenUp': {
      const { at, code, message } = event.data;
      return { ...moved(state, request), givenUp: { ...state.givenUp, [request]: { ...asked, at, code, message } } };
    }
    case 'EffectDiscarded':
      return moved(state, request);
  }
};

const told = <State extends EffectsState, Input>(state: State, handling: Handling<unknown, Input> | undefined, input: Input): State =>
  handling?.evolve ? { ...state, state: handling.evolve(state.state, input) } : state;

/** Without the request, wherever it stood. */
const moved = <State extends EffectsState>(state: State, request: string): State => {
  const { [request]: _, ...effects } = state.effects;
  const { [request]: __, ...givenUp } = state.givenUp;
  const { [request]: ___, ...failed } = state.failed;
  return { ...state, effects, givenUp, failed };
};
