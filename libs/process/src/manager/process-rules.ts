// What a process does about its inputs: events, outcomes of its commands, deadlines.
import type { Circumstances } from '@mainstem/aggregate';
import type { Action, CommandTarget } from '../action/actions.js';
import type { RecordedEvent } from '@mainstem/event-store';
import type { ByEvent } from '../definition/by-event.js';

/** A command of the process took effect, or had nothing to change. */
export interface Accepted {
  readonly step: string;
  readonly category: string;
  readonly id: string;
}

/** The aggregate refused a command of the process. */
export interface Declined extends Accepted {
  /** Of the refusal, such as `ACCOUNT_OVERDRAWN`. */
  readonly code: string;
  readonly message: string;
}

/** A deadline has come. */
export interface Due {
  readonly name: string;
  /** When it was due, ISO 8601 in UTC. */
  readonly at: string;
}

/** What an input does to the state, and what follows from it. Both pure; `react` is given the state after `evolve`. */
export interface Handling<State, Input> {
  readonly evolve?: (state: State, input: Input) => State;
  readonly react?: (state: State, input: Input, circumstances: Circumstances) => readonly Action[];
}

/** Outcomes of one step. Without `declined` a refusal leaves the instance stuck, for people to retry or cancel. */
export interface Outcomes<State> {
  readonly accepted?: Handling<State, Accepted>;
  readonly declined?: Handling<State, Declined>;
  /**
   * The command took effect after it was declined: two hosts sent it at the same moment, and the aggregate changed
   * between them. An instance that has ended is told, too. Without this function the instance is stuck.
   */
  readonly late?: Handling<State, Accepted>;
}

/** Commands that the process may send, by the aggregate that takes them. */
export interface CommandsFor {
  readonly aggregate: CommandTarget<never>;
  /** Their classes; each has another name. */
  readonly commands: readonly (new (...parameters: never[]) => object)[];
}

/** A command as the outbox makes it from what was stored of it. */
export const instanceOf = (commandClass: CommandsFor['commands'][number], data: object): object =>
  Object.assign(Object.create(commandClass.prototype as object) as object, data);

/** One version with its types erased. */
export interface ProcessRules {
  readonly version: number;
  readonly initialState: unknown;
  readonly evolve: ByEvent<RulesEvolve>;
  readonly react: ByEvent<RulesReact>;
  readonly outcomes: Readonly<Record<string, Outcomes<unknown>>>;
  readonly deadlines: Readonly<Record<string, Handling<unknown, Due>>>;
}

export type RulesEvolve = (state: unknown, event: RecordedEvent) => unknown;
export type RulesReact = (state: unknown, event: RecordedEvent, circumstances: Circumstances) => readonly Action[];
