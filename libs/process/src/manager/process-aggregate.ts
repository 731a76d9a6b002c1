// An instance of a process as an aggregate: inputs are its commands, and one append holds all that they cause.
import { defineAggregate, type Aggregate, type Circumstances } from '@mainstem/aggregate';
import { isAsynchronous } from '@mainstem/aggregate/host';
import type { Action } from '../action/actions.js';
import type { Effect } from '../action/effect.js';
import { InvalidAction, ProcessRefused, ProcessVersionUnknown } from '../errors.js';
import { askingAgain, discarding, effectInput, type EffectCommand } from './effect-decisions.js';
import type { CommandsFor, Handling, Outcomes, ProcessRules } from './process-rules.js';
import type { ProcessEvent, ProcessEvents, StoredSource } from './process-events.js';
import { evolveProcess, INITIAL, type ProcessState, type Request } from './process-state.js';
import { endedBy, requestedBy } from './requested-events.js';
import { sourceOf, type Sources } from './source-event.js';

/** What an instance is told. */
export type ProcessCommand =
  | EffectCommand
  /** `actions`: what follows, where its rules are not asked. */
  | { readonly kind: 'take-in'; readonly source: StoredSource; readonly actions?: readonly Action[] }
  /** Is the outcome of this request still open? Changes nothing; refused if not. */
  | { readonly kind: 'begin'; readonly request: string }
  /** `from`: the stream that has the effect, where it was found there. */
  | { readonly kind: 'accept'; readonly request: string; readonly from?: string; readonly position?: string }
  | { readonly kind: 'decline'; readonly request: string; readonly code: string; readonly message: string }
  | { readonly kind: 'reach'; readonly deadline: string }
  /** Sends what is stuck again, and asks again for effects that were given up: all, or one request. */
  | { readonly kind: 'retry'; readonly request?: string }
  /** Ends it, whatever it waits for, and discards its effects. */
  | { readonly kind: 'cancel'; readonly reason: string };

export type ProcessAggregate = Aggregate<ProcessState, ProcessCommand, ProcessEvent>;

export interface ProcessAggregateOptions {
  readonly name: string;
  readonly events: ProcessEvents;
  readonly registries: Sources;
  /** The current one first. */
  readonly rules: readonly ProcessRules[];
  readonly sends: readonly CommandsFor[];
  readonly performs: readonly Effect[];
}

/** Errors of `decide`: PROCESS_INVALID_ACTION, PROCESS_VERSION_UNKNOWN, PROCESS_REFUSED. */
export const processAggregate = ({ name, events, registries, rules, sends, performs }: ProcessAggregateOptions): ProcessAggregate => {
  const byVersion = new Map(rules.map((one) => [one.version, one]));
  const current = rules[0]?.version ?? 1;
  const rulesOf = (version: number): ProcessRules | undefined => byVersion.get(version);
  const evolve = (state: ProcessState, event: ProcessEvent): ProcessState => evolveProcess(state, event, rulesOf, registries);

  const known = ({ version = current }: ProcessState): ProcessRules => {
    const found = rulesOf(version);
    if (!found) throw new ProcessVersionUnknown(name, version);
    return found;
  };

  /** The input and what it leads to. */
  const reacting = (
    state: ProcessState,
    input: ProcessEvent,
    { now }: Circumstances,
    react: (next: ProcessState) => readonly Action[] | undefined,
  ): readonly ProcessEvent[] => {
    const next = evolve(state, input);
    if (isAsynchronous(next.state)) throw new InvalidAction(name, 'evolve must return a state, and must not be asynchronous');
    if (next.isCancelled) return [input];
    const deadlines = Object.keys(known(next).deadlines);
    return [input, ...requestedBy(react(next) ?? [], { process: name, sends, performs, deadlines, state: next, now })];
  };

  const decide = (command: ProcessCommand, state: ProcessState, circumstances: Circumstances): readonly ProcessEvent[] => {
    switch (command.kind) {
      case 'take-in': {
        if (state.isEnded) return [];
        const { react } = known(state);
        const source = sourceOf(command.source, registries);
        const input = { type: 'EventTakenIn', data: { version: current, source: command.source } } as const;
        return reacting(state, input, circumstances, (next) => command.actions ?? react.of(source)?.(next.state, source, circumstances));
      }
      case 'begin':
        if (!state.pending[command.request]) throw new ProcessRefused(name, command.request, 'it has its outcome');
        return [];
      case 'accept': {
        const { request, from, position } = command;
        const asked = state.pending[request] ?? state.declined[request];
        // Another stream has a command under this id: not what was asked for.
        if (asked && from !== undefined && from !== `${asked.category}-${asked.id}`) return [];
        const data = { request, ...(position !== undefined && { position }) };
        if (state.pending[request]) return settle(state, asked, { type: 'CommandAccepted', data }, 'accepted', {}, circumstances);
        return settle(state, asked, { type: 'CommandTookEffectLate', data }, 'late', {}, circumstances);
      }
      case 'decline': {
        const { request, code, message } = command;
        const input = { type: 'CommandDeclined', data: { request, code, message } } as const;
        return settle(state, state.pending[request], input, 'declined', { code, message }, circumstances);
      }
      case 'reach': {
        const pending = state.deadlines[command.deadline];
        if (!pending || state.isEnded) return [];
        const input = { type: 'DeadlineReached', data: { deadline: command.deadline, ...pending } } as const;
        return reacting(state, input, circumstances, (next) => known(next).deadlines[pending.name]?.react?.(next.state, pending, circumstances));
      }
      case 'retry':
        return retried(state, command.request, circumstances);
      case 'cancel':
        return isOver(state) ? [] : [...discardedBy(state, command.reason), ...endedBy(state.deadlines, command.reason)];
      default:
        return ofEffect(state, command, circumstances);
    }
  };

  /** What an effect tells, and what follows from it. */
  const ofEffect = (state: ProcessState, command: EffectCommand, circumstances: Circumstances): readonly ProcessEvent[] => {
    const { outcomes } = known(state);
    const found = effectInput(command, state, circumstances, { process: name, performs, outcomes });
    if (!found) return [];
    const { input, about } = found;
    if (!about) return [input];
    const { step, outcome, details } = about;
    const handling = outcomes[step]?.[outcome] as Handling<unknown, object> | undefined;
    return reacting(state, input, circumstances, (next) => handling?.react?.(next.state, details, circumstances));
  };

  /** Errors: PROCESS_REFUSED for a request that does not wait for people. */
  const retried = ({ stuck, givenUp }: ProcessState, only: string | undefined, { now }: Circumstances): readonly ProcessEvent[] => {
    if (only !== undefined && !stuck[only] && !givenUp[only]) throw new ProcessRefused(name, only, 'it is neither stuck nor given up');
    const isMeant = ([request]: readonly [string, unknown]): boolean => only === undefined || request === only;
    return [
      ...Object.entries(stuck)
        .filter(isMeant)
        .map(([request, { code: _, message: __, ...asked }]) => ({ type: 'CommandRequested' as const, data: { request, ...asked, isRetry: true } })),
      ...Object.entries(givenUp)
        .filter(isMeant)
        .map(([request, asked]) => askingAgain(request, asked, now)),
    ];
  };

  /** `asked`: the request of the outcome; undefined if that is recorded already, and an owner reports it again. */
  const settle = (
    state: ProcessState,
    asked: Request | undefined,
    input: ProcessEvent,
    outcome: keyof Outcomes<unknown>,
    details: object,
    circumstances: Circumstances,
  ): readonly ProcessEvent[] => {
    if (!asked) return [];
    const { step, category, id } = asked;
    const handling = known(state).outcomes[step]?.[outcome] as Handling<unknown, object> | undefined;
    const isStuck = !handling && outcome !== 'accepted' && !state.isCancelled;
    const told = (isStuck ? { type: input.type, data: { ...input.data, isStuck } } : input) as ProcessEvent;
    return reacting(state, told, circumstances, (next) => handling?.react?.(next.state, { step, category, id, ...details }, circumstances));
  };

  return defineAggregate({ category: name, events, initialState: INITIAL, evolve, decide }) as unknown as ProcessAggregate;
};

/** Nothing is left to cancel. One that has ended may still be stuck, or have effects. */
const isOver = ({ isEnded, isCancelled, stuck, effects, givenUp }: ProcessState): boolean =>
  isCancelled || (isEnded && Object.keys({ ...stuck, ...effects, ...givenUp }).length === 0);

/** No attempt follows the end by a person. */
const discardedBy = ({ effects, givenUp }: ProcessState, reason: string): readonly ProcessEvent[] => [
  ...Object.entries(effects).map(([request, asked]) => discarding(request, asked, reason)),
  ...Object.entries(givenUp).map(([request, asked]) => discarding(request, asked, reason, true)),
];
