// Process managers: what they are declared from, and what the host works with.
import type { Circumstances } from '@mainstem/aggregate';
import type { EventRegistry, RecordedEvent, RecordedEventOf } from '@mainstem/event-store';
import type { Action } from '../action/actions.js';
import type { Effect } from '../action/effect.js';
import { assertDeadlines, assertFunction, assertInitialState, assertList, assertOutcomes, assertOwnCategory } from '../definition/assert-rules.js';
import { byEvent } from '../definition/by-event.js';
import type { GivenStateFunctions } from '../definition/functions-of.js';
import { assertDeclared, isName, NAME_RULE } from '../definition/names.js';
import { InvalidProcess } from '../errors.js';
import { processAggregate, type ProcessAggregate } from './process-aggregate.js';
import { processEvents, type ProcessEvents } from './process-events.js';
import type { CommandsFor, Due, Handling, Outcomes, ProcessRules, RulesEvolve, RulesReact } from './process-rules.js';

/** What may differ between versions of a process. */
export interface ProcessVersion<State, Registries extends readonly EventRegistry[]> {
  /** From 1. Raise it if running instances must go on by the old rules, and put those into `formerVersions`. */
  readonly version: number;
  readonly initialState: State;
  /** The state after an event. Total, pure, and without a clock: it is asked again whenever the instance is loaded. */
  readonly evolve?: GivenStateFunctions<State, Registries, [], State>;
  /** What follows from an event, given the state after it. Asked once, when the event is taken in. */
  readonly react?: GivenStateFunctions<State, Registries, [circumstances: Circumstances], readonly Action[]>;
  /** What follows from the outcome of a command, by its step. */
  readonly outcomes?: Readonly<Record<string, Outcomes<State>>>;
  /** What follows from a deadline, by its name. A deadline must be named here to be set. */
  readonly deadlines?: Readonly<Record<string, Handling<State, Due>>>;
}

export interface ProcessManagerOptions<State, Registries extends readonly EventRegistry[]> extends ProcessVersion<State, Registries> {
  /** Category of the streams of its instances, `<name>-<key>`; lower-case words with dashes, at most 30 characters. */
  readonly name: string;
  readonly events: Registries;
  /** Which instance an event belongs to; null for none. Pure. */
  readonly key: (event: RecordedEventOf<Registries[number]>) => string | null;
  /** Where the first run begins: at the first event of the log, or behind the last one. */
  readonly startsAt: 'first-event' | 'now';
  /** The commands that `react` may send. Default none. */
  readonly sends?: readonly CommandsFor[];
  /** Effects that `react` may ask for. */
  readonly performs?: readonly Effect[];
  /** Rules of instances that were started by an older version. */
  readonly formerVersions?: readonly ProcessVersion<never, Registries>[];
}

/** `State` and `Registries` type its tests; what runs it needs neither. */
export interface ProcessManager<State = unknown, Registries extends readonly EventRegistry[] = readonly EventRegistry[]> {
  readonly name: string;
  readonly registries: Registries;
  /** Of the current version. */
  readonly initialState: State;
  /** Event types that any version has a function for. */
  readonly types: readonly string[];
  readonly key: (event: RecordedEvent) => string | null;
  readonly startsAt: 'first-event' | 'now';
  readonly sends: readonly CommandsFor[];
  readonly performs: readonly Effect[];
  /** Of its own streams. */
  readonly events: ProcessEvents;
  readonly aggregate: ProcessAggregate;
}

/**
 * Declares a process manager. Each instance is a stream of its own, `<name>-<key>`, with the events that it took in,
 * its requests and their outcomes. Its state is folded from that stream alone. After any repetition an event is taken
 * in once for each instance, and a command is sent under one id for each step. Errors: PROCESS_INVALID_DEFINITION,
 * EVENT_STORE_INVALID_INPUT for a name that no category may have.
 */
export const processManager = <State, const Registries extends readonly EventRegistry[]>(
  options: ProcessManagerOptions<State, Registries>,
): ProcessManager<State, Registries> => {
  const { name, events: registries, initialState, key, startsAt, sends = [], performs = [], formerVersions = [] } = options;
  assertDeclared(name, startsAt);
  assertFunction(name, 'key', key);
  assertList(name, 'formerVersions', formerVersions);
  const versions = [options as unknown as AnyVersion, ...(formerVersions as readonly unknown[] as AnyVersion[])];
  const rules = versions.map((version) => rulesOf(name, registries, version));
  const numbers = rules.map(({ version }) => version);
  if (new Set(numbers).size !== numbers.length) throw new InvalidProcess(name, 'formerVersions must each have a version of their own');
  assertSends(name, sends);
  assertPerforms(name, performs);
  assertOwnCategory(name, [...registries.map(({ category }) => category), ...sends.map(({ aggregate }) => aggregate.category)]);
  const types = [...new Set(rules.flatMap(({ evolve, react }) => [...evolve.types, ...react.types]))];
  if (types.length === 0) throw new InvalidProcess(name, 'takes no event: give evolve or react at least one event type');
  const own = processEvents(name);
  const aggregate = processAggregate({ name, events: own, registries, rules, sends, performs });
  return { name, registries, initialState, types, key: key as ProcessManager['key'], startsAt, sends, performs, events: own, aggregate };
};

type AnyVersion = ProcessVersion<unknown, readonly EventRegistry[]>;

const rulesOf = (name: string, registries: readonly EventRegistry[], version: AnyVersion): ProcessRules => {
  const { initialState, outcomes = {}, deadlines = {} } = version;
  if (!Number.isSafeInteger(version.version) || version.version < 1) throw new InvalidProcess(name, 'version must be a whole number from 1');
  assertInitialState(name, initialState);
  assertOutcomes(name, outcomes);
  assertDeadlines(name, deadlines);
  const wrong = [...Object.keys(outcomes), ...Object.keys(deadlines)].find((one) => !isName(one));
  if (wrong !== undefined) throw new InvalidProcess(name, `the step or deadline ${JSON.stringify(wrong)} ${NAME_RULE}`);
  const evolve = byEvent<RulesEvolve>(name, registries, version.evolve);
  const react = byEvent<RulesReact>(name, registries, version.react);
  return { version: version.version, initialState, evolve, react, outcomes, deadlines };
};

const assertSends = (name: string, sends: readonly CommandsFor[]): void => {
  assertList(name, 'sends', sends);
  const seen = new Set<string>();
  for (const { aggregate, commands } of sends) {
    if (typeof (aggregate as CommandsFor['aggregate'] | undefined)?.category !== 'string')
      throw new InvalidProcess(name, 'each member of sends needs an aggregate');
    if (!Array.isArray(commands) || commands.some((one) => typeof one !== 'function'))
      throw new InvalidProcess(name, `commands of ${aggregate.category} in sends must be a list of classes`);
    for (const { name: command } of commands) {
      const one = `${aggregate.category} ${command}`;
      if (command === '') throw new InvalidProcess(name, `a command of ${aggregate.category} has no name: give a named class`);
      if (seen.has(one)) throw new InvalidProcess(name, `sends names ${command} of ${aggregate.category} twice`);
      seen.add(one);
    }
  }
};

const assertPerforms = (name: string, performs: readonly Effect[]): void => {
  assertList(name, 'performs', performs);
  const names = performs.map((effect) => (effect as Effect | undefined)?.name);
  if (!names.every(isName)) throw new InvalidProcess(name, 'performs must be a list of what effect returns');
  const twice = names.find((one, index) => names.indexOf(one) !== index);
  if (twice !== undefined) throw new InvalidProcess(name, `performs names two effects ${twice}`);
};
