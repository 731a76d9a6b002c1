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

/** An effect of the process has happened. */
export interface Succeeded {
  readonly step: string;
  /** Its name. */
  readonly effect: string;
  /** What its receiver answered, as JSON: see `resultOf`. Undefined for an effect without a class of results. */
  readonly result: unknown;
}

/** The receiver refused an effect, or the last attempt failed. It may have happened all the same. */
export interface Failed {
  readonly step: string;
  readonly effect: string;
  /** Of the refusal, or of the last failure. */
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

/**
 * Outcomes of one step. Those of a command: without `declined` a refusal leaves the instance stuck, for people to retry
 * or cancel. Those of an effect: without `failed` it is given up, for people to retry or discard.
 */
export interface Outcomes<State> {
  readonly accepted?: Handling<State, Accepted>;
  readonly declined?: Handling<State, Declined>;
  /**
   * The command took effect after it was declined: two hosts sent it at the same moment, and the aggregate changed
   * between them. An instance that has ended is told, too. Without this function the instance is stuck.
   */
  readonly late?: Handling<State, Accepted>;
  readonly succeeded?: Handling<State, Succeeded>;
  readonly failed?: Handling<State, Failed>;
  /**
   * The effect happened after `failed` was told: a host was believed lost. An instance that has ended is told, too.
   * Without this function the effect is given up, for people.
   */
  readonly succeededLate?: Handling<State, Succeeded>;
}

/** Commands that the process may send, by the aggregate that takes them. */
export interface CommandsFor {
  readonly aggregate: CommandTarget<never>;
  /** Their classes; each has another name. */
  readonly commands: readonly (new (...parameters: never[]) => object)[];
}

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
