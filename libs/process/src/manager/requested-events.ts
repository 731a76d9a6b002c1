// Turns the actions of one reaction into events of the instance: checked, numbered, with deadlines as moments.
import { isAsynchronous, validateCommand } from '@mainstem/aggregate/host';
import { encodeJson, instantOf, isMainstemError, streamOf } from '@mainstem/event-store';
import type { Action, Perform, Send, SetDeadline } from '../action/actions.js';
import { violationsOf, type Effect } from '../action/effect.js';
import { instanceOf } from '../definition/instance-of.js';
import { addStep, isName, NAME_RULE } from '../definition/names.js';
import { InvalidAction } from '../errors.js';
import type { ProcessEvent } from './process-events.js';
import type { CommandsFor } from './process-rules.js';
import type { ProcessState } from './process-state.js';

/** Most actions that one input may lead to. */
const ACTIONS_MAX = 1_000;
const NO_ACTION = 'react returned something that is no action; use send, perform, at, after, cancelDeadline or end';
/** Moments of four-digit years sort as text. */
const MOMENT = /^[0-9]{4}-/;

export interface Requesting {
  readonly process: string;
  readonly sends: readonly CommandsFor[];
  readonly performs: readonly Effect[];
  /** Names of the deadlines that the rules have. */
  readonly deadlines: readonly string[];
  /** After the input. */
  readonly state: ProcessState;
  /** ISO 8601 in UTC. */
  readonly now: string;
}

/** Errors: PROCESS_INVALID_ACTION. */
export const requestedBy = (actions: readonly Action[], requesting: Requesting): readonly ProcessEvent[] => new Requests(requesting).of(actions);

/** Cancels what is pending and ends the instance. */
export const endedBy = (deadlines: ProcessState['deadlines'], reason?: string): readonly ProcessEvent[] => [
  ...Object.entries(deadlines).map(([deadline, pending]) => ({ type: 'DeadlineCancelled' as const, data: { deadline, ...pending } })),
  { type: 'ProcessEnded', data: { ...(reason !== undefined && { reason }) } },
];

const classNameOf = (command: unknown): string | undefined => {
  const prototype =
    Object(command) === command ? (Object.getPrototypeOf(command) as { readonly constructor?: { readonly name?: string } } | null) : null;
  return prototype?.constructor?.name;
};

const named = ({ commands }: CommandsFor, name: string): boolean => commands.some((known) => known.name === name);

class Requests {
  readonly #requesting: Requesting;
  readonly #events: ProcessEvent[] = [];
  readonly #steps = new Set<string>();
  readonly #deadlines: Map<string, ProcessState['deadlines'][string]>;
  #numbers: number;
  #isEnded = false;

  constructor(requesting: Requesting) {
    this.#requesting = requesting;
    this.#numbers = requesting.state.numbers;
    this.#deadlines = new Map(Object.entries(requesting.state.deadlines));
  }

  of(actions: readonly Action[]): readonly ProcessEvent[] {
    if (isAsynchronous(actions) || !Array.isArray(actions)) this.#refuse('react must return a list of actions, and must not be asynchronous');
    if (actions.length > ACTIONS_MAX) this.#refuse(`react asked for ${actions.length} actions at once; ${ACTIONS_MAX} are possible`);
    for (const action of actions as readonly Action[]) {
      if (this.#isEnded) this.#refuse('react asks for something after end()');
      this.#add(action);
    }
    return this.#events;
  }

  #add(action: Action): void {
    if (Object(action) !== action) this.#refuse(NO_ACTION);
    switch (action.kind) {
      case 'send':
        return this.#send(action);
      case 'perform':
        return this.#perform(action);
      case 'deadline':
        return this.#setDeadline(action);
      case 'cancel-deadline':
        return this.#cancel(action.name);
      case 'end':
        // Ended before: an outcome that came later.
        if (!this.#requesting.state.isEnded) this.#events.push(...endedBy(Object.fromEntries(this.#deadlines)));
        this.#isEnded = true;
        return;
      default:
        this.#refuse(NO_ACTION);
    }
  }

  #send({ step, category, id, command }: Send): void {
    addStep(this.#requesting.process, step, this.#steps);
    const name = classNameOf(command);
    if (name === undefined) this.#refuse(`react sends to ${category} what is no command: give an instance of its class`);
    const { aggregate, commands } = this.#requesting.sends.find((one) => one.aggregate.category === category && named(one, name)) ?? {};
    const commandClass = commands?.find((known) => known.name === name);
    if (!commandClass) this.#refuse(`react sends ${name} to ${category}, and sends does not name it`);
    try {
      streamOf(category, id);
      const data = JSON.parse(encodeJson(command, name)) as object;
      validateCommand(instanceOf(commandClass, data), aggregate?.commandRules);
      this.#events.push({ type: 'CommandRequested', data: { request: this.#next(step), step, category, id, command: name, data } });
    } catch (error) {
      if (!isMainstemError(error, 'EVENT_STORE_INVALID_INPUT', 'COMMAND_INVALID')) throw error;
      this.#refuse(`react sends ${name} to ${category}, which cannot be ${error.code === 'COMMAND_INVALID' ? 'taken' : 'kept'}: ${error.message}`);
    }
  }

  #perform({ step, effect, data }: Perform): void {
    addStep(this.#requesting.process, step, this.#steps);
    const { performs, now } = this.#requesting;
    if (!performs.includes(effect)) this.#refuse(`react asks for an effect as step ${step}, and performs does not name it`);
    if (Object(data) !== data) this.#refuse(`react asks for the effect ${effect.name} without data`);
    const [broken] = violationsOf(data, effect.data);
    if (broken) this.#refuse(`react asks for the effect ${effect.name} with data that breaks a rule: ${broken.field}: ${broken.message}`);
    try {
      const kept = JSON.parse(encodeJson(data, effect.name)) as object;
      const asked = { request: this.#next(step), step, effect: effect.name, data: kept, askedAt: now, at: now, attempt: 0 };
      this.#events.push({ type: 'EffectRequested', data: asked });
    } catch (error) {
      if (!isMainstemError(error, 'EVENT_STORE_INVALID_INPUT')) throw error;
      this.#refuse(`react asks for the effect ${effect.name} with data that cannot be kept: ${error.message}`);
    }
  }

  #setDeadline({ name, at }: SetDeadline): void {
    if (!isName(name)) this.#refuse(`the deadline ${JSON.stringify(name)} ${NAME_RULE}`);
    if (!this.#requesting.deadlines.includes(name)) this.#refuse(`react sets the deadline ${name}, and deadlines does not name it`);
    // An instance that has ended is told of no deadline.
    if (this.#requesting.state.isEnded) return;
    this.#cancel(name);
    const [deadline, pending] = [this.#next(name), { name, at: this.#momentOf(name, at) }];
    this.#deadlines.set(deadline, pending);
    this.#events.push({ type: 'DeadlineSet', data: { deadline, ...pending } });
  }

  #momentOf(name: string, at: string | number): string {
    if (typeof at === 'number' && !(Number.isSafeInteger(at) && at >= 0))
      this.#refuse(`the deadline ${name} must be a whole number of milliseconds from 0, got ${at}`);
    const moment = typeof at === 'number' ? new Date(Date.parse(this.#requesting.now) + at) : instantOf(at);
    const text = moment && !Number.isNaN(moment.getTime()) ? moment.toISOString() : '';
    if (!MOMENT.test(text))
      this.#refuse(`the deadline ${name} must be a time in ISO 8601 with Z or an offset, before the year 10000, got ${String(at)}`);
    return text;
  }

  #cancel(name: string): void {
    for (const [deadline, pending] of this.#deadlines) {
      if (pending.name !== name) continue;
      this.#deadlines.delete(deadline);
      this.#events.push({ type: 'DeadlineCancelled', data: { deadline, ...pending } });
    }
  }

  #next(name: string): string {
    return `${name}#${++this.#numbers}`;
  }

  #refuse(problem: string): never {
    throw new InvalidAction(this.#requesting.process, problem);
  }
}
