// An instance of a process as an aggregate: inputs are its commands, and one append holds all that they cause.
import { defineAggregate, type Aggregate, type Circumstances } from '@mainstem/aggregate';
import { isAsynchronous } from '@mainstem/aggregate/host';
import type { Action } from '../action/actions.js';
import { InvalidAction, ProcessRefused, ProcessVersionUnknown } from '../errors.js';
import type { CommandsFor, Handling, Outcomes, ProcessRules } from './process-rules.js';
import type { ProcessEvent, ProcessEvents, StoredSource } from './process-events.js';
import { evolveProcess, INITIAL, type ProcessState, type Request } from './process-state.js';
import { endedBy, requestedBy } from './requested-events.js';
import { sourceOf, type Sources } from './source-event.js';

/** What an instance is told. */
export type ProcessCommand =
  | { readonly kind: 'take-in'; readonly source: StoredSource }
  /** Is the outcome of this request still open? Changes nothing; refused if not. */
  | { readonly kind: 'begin'; readonly request: string }
  | { readonly kind: 'accept'; readonly request: string; readonly position?: string }
  | { readonly kind: 'decline'; readonly request: string; readonly code: string; readonly message: string }
  | { readonly kind: 'reach'; readonly deadline: string }
  /** Sends what is stuck again. */
  | { readonly kind: 'retry' }
  /** Ends it, whatever it waits for. */
  | { readonly kind: 'cancel'; readonly reason: string };

export type ProcessAggregate = Aggregate<ProcessState, ProcessCommand, ProcessEvent>;

export interface ProcessAggregateOptions {
  readonly name: string;
  readonly events: ProcessEvents;
  readonly registries: Sources;
  /** The current one first. */
  readonly rules: readonly ProcessRules[];
  readonly sends: readonly CommandsFor[];
}

/** Errors of `decide`: PROCESS_INVALID_ACTION, PROCESS_VERSION_UNKNOWN, PROCESS_REFUSED. */
export const processAggregate = ({ name, events, registries, rules, sends }: ProcessAggregateOptions): ProcessAggregate => {
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
    return [input, ...requestedBy(react(next) ?? [], { process: name, sends, deadlines, state: next, now })];
  };

  const decide = (command: ProcessCommand, state: ProcessState, circumstances: Circumstances): readonly ProcessEvent[] => {
    switch (command.kind) {
      case 'take-in': {
        if (state.isEnded) return [];
        const { react } = known(state);
        const source = sourceOf(command.source, registries);
        const input = { type: 'EventTakenIn', data: { version: current, source: command.source } } as const;
        return reacting(state, input, circumstances, (next) => react.of(source)?.(next.state, source, circumstances));
      }
      case 'begin':
        if (!state.pending[command.request]) throw new ProcessRefused(name, command.request, 'it has its outcome');
        return [];
      case 'accept': {
        const { request, position } = command;
        const data = { request, ...(position !== undefined && { position }) };
        const pending = state.pending[request];
        if (pending) return settle(state, pending, { type: 'CommandAccepted', data }, 'accepted', {}, circumstances);
        return settle(state, state.declined[request], { type: 'CommandTookEffectLate', data }, 'late', {}, circumstances);
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
        return Object.entries(state.stuck).map(([request, { code: _, message: __, ...asked }]) => ({
          type: 'CommandRequested' as const,
          data: { request, ...asked, isRetry: true },
        }));
      case 'cancel':
        return isOver(state) ? [] : endedBy(state.deadlines, command.reason);
    }
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

/** Nothing is left to cancel. One that has ended may still be stuck. */
const isOver = ({ isEnded, isCancelled, stuck }: ProcessState): boolean => isCancelled || (isEnded && Object.keys(stuck).length === 0);
