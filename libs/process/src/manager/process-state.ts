// The state of an instance: the application's own, and what it waits for.
import type { Accepted, ProcessRules } from './process-rules.js';
import { evolveEffects, NO_EFFECTS, type EffectsState } from './effect-state.js';
import type { ProcessEvent } from './process-events.js';
import { sourceOf, type Sources } from './source-event.js';

/** A command that was asked for. */
export interface Request extends Accepted {
  readonly command: string;
  readonly data: object;
}

/** A request that was refused, or took effect late, where the process has no rule for that outcome. */
export interface StuckRequest extends Request {
  readonly code: string;
  readonly message: string;
}

export interface PendingDeadline {
  readonly name: string;
  readonly at: string;
}

export interface ProcessState extends EffectsState {
  /** The version that started it; undefined before its first event. */
  readonly version: number | undefined;
  readonly isEnded: boolean;
  /** A person ended it: nothing follows from outcomes any more. */
  readonly isCancelled: boolean;
  /** Numbers given to requests and deadlines so far. */
  readonly numbers: number;
  /** Asked for, and nothing known of their outcome. */
  readonly pending: Readonly<Record<string, Request>>;
  /** Refused so far: one may still take effect late. */
  readonly declined: Readonly<Record<string, Request>>;
  readonly stuck: Readonly<Record<string, StuckRequest>>;
  readonly deadlines: Readonly<Record<string, PendingDeadline>>;
}

export const INITIAL: ProcessState = {
  version: undefined,
  state: undefined,
  isEnded: false,
  isCancelled: false,
  numbers: 0,
  pending: {},
  declined: {},
  stuck: {},
  deadlines: {},
  ...NO_EFFECTS,
};

/** `rulesOf` finds the rules of a version; undefined for one that this program does not have. */
export const evolveProcess = (
  state: ProcessState,
  event: ProcessEvent,
  rulesOf: (version: number) => ProcessRules | undefined,
  sources: Sources,
): ProcessState => {
  const rules = state.version === undefined ? undefined : rulesOf(state.version);
  switch (event.type) {
    case 'EventTakenIn':
      return takenIn(state, event, rulesOf, sources);
    case 'CommandRequested': {
      const { request, step, category, id, command, data } = event.data;
      const [stuck, declined] = [without(state.stuck, request), without(state.declined, request)];
      return {
        ...state,
        numbers: numbersAfter(state, request),
        stuck,
        declined,
        pending: { ...state.pending, [request]: { step, category, id, command, data } },
      };
    }
    case 'CommandAccepted': {
      const { [event.data.request]: request, ...pending } = state.pending;
      if (!request) return state;
      const evolve = rules?.outcomes[request.step]?.accepted?.evolve;
      return { ...state, pending, state: evolve ? evolve(state.state, outcomeOf(request)) : state.state };
    }
    case 'CommandDeclined': {
      const { request: name, code, message, isStuck } = event.data;
      const { [name]: request, ...pending } = state.pending;
      if (!request) return state;
      const declined = { ...state.declined, [name]: request };
      if (isStuck) return { ...state, pending, declined, stuck: { ...state.stuck, [name]: { ...request, code, message } } };
      const evolve = rules?.outcomes[request.step]?.declined?.evolve;
      return { ...state, pending, declined, state: evolve ? evolve(state.state, { ...outcomeOf(request), code, message }) : state.state };
    }
    case 'CommandTookEffectLate': {
      const { [event.data.request]: request, ...declined } = state.declined;
      if (!request) return state;
      if (event.data.isStuck) return { ...state, declined, stuck: { ...state.stuck, [event.data.request]: { ...request, ...LATE } } };
      const evolve = rules?.outcomes[request.step]?.late?.evolve;
      return { ...state, declined, state: evolve ? evolve(state.state, outcomeOf(request)) : state.state };
    }
    case 'DeadlineSet': {
      const { deadline, name, at } = event.data;
      return { ...state, numbers: numbersAfter(state, deadline), deadlines: { ...state.deadlines, [deadline]: { name, at } } };
    }
    case 'DeadlineCancelled':
      return { ...state, deadlines: without(state.deadlines, event.data.deadline) };
    case 'DeadlineReached': {
      const { deadline, name, at } = event.data;
      const evolve = rules?.deadlines[name]?.evolve;
      return { ...state, deadlines: without(state.deadlines, deadline), state: evolve ? evolve(state.state, { name, at }) : state.state };
    }
    case 'ProcessEnded':
      if (event.data.reason === undefined) return { ...state, isEnded: true };
      return { ...state, isEnded: true, isCancelled: true, stuck: {}, failed: {} };
    default:
      return evolveEffects({ ...state, numbers: numbersAfter(state, event.data.request) }, event, rules?.outcomes);
  }
};

/** Why an instance is stuck that does not handle a late effect. */
export const LATE = { code: 'PROCESS_LATE_EFFECT', message: 'The command took effect after its refusal was recorded. Undo its effect.' };

const takenIn = (
  state: ProcessState,
  { data }: ProcessEvent & { readonly type: 'EventTakenIn' },
  rulesOf: (version: number) => ProcessRules | undefined,
  sources: Sources,
): ProcessState => {
  const version = state.version ?? data.version;
  const rules = rulesOf(version);
  // Only `decide` may refuse; without its rules an instance stays as it is.
  if (!rules) return { ...state, version };
  const before = state.version === undefined ? rules.initialState : state.state;
  const source = sourceOf(data.source, sources);
  const evolve = rules.evolve.of(source);
  return { ...state, version, state: evolve ? evolve(before, source) : before };
};

/** Names of requests and deadlines end with their number. */
const numbersAfter = ({ numbers }: ProcessState, name: string): number => Math.max(numbers, Number(name.slice(name.lastIndexOf('#') + 1)));

const outcomeOf = ({ step, category, id }: Request): Accepted => ({ step, category, id });

const without = <Value>(values: Readonly<Record<string, Value>>, name: string): Readonly<Record<string, Value>> => {
  const { [name]: _, ...rest } = values;
  return rest;
};
