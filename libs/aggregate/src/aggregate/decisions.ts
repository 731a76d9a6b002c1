// One decision a command class: which of them answers a command, and whether the two lists fit.
import type { DomainEvent, EventOf, EventRegistry } from '@mainstem/event-store';
import { InvalidAggregate, UnknownCommand } from '../errors.js';
import type { Circumstances } from './circumstances.js';

/** The class of a command. Instances are made without arguments; then their fields are set. */
export type CommandClass<Command extends object = object> = new () => Command;

/** The command classes of an aggregate, by name: `{ BookSeat, CancelBooking }`. */
export type CommandClasses = Readonly<Record<string, CommandClass>>;

/** Any command of these classes. */
export type CommandIn<Classes> = Classes extends CommandClasses ? InstanceType<Classes[keyof Classes]> : never;

/**
 * An event of this registry as `decide` writes it. The second part changes no type: it lets the compiler take the type
 * name of a literal as it stands, without `as const`.
 */
export type Decided<Registry extends EventRegistry> = EventOf<Registry> & { readonly type: keyof Registry['declarations'] & string };

/** One decision for each of these classes, under its name. */
export type Decisions<Classes, State, Registry extends EventRegistry> = {
  readonly [Name in keyof Classes]: (
    command: CommandIn<Pick<Classes, Name>>,
    state: State,
    circumstances: Circumstances,
  ) => readonly Decided<Registry>[];
};

type Decide = (command: never, state: never, circumstances: Circumstances) => readonly DomainEvent[];

interface Given {
  readonly category: string;
  readonly commands?: CommandClasses | undefined;
  readonly decide: Decide | Readonly<Record<string, Decide>>;
}

/**
 * The one function behind the decisions. It takes the decision of a command's class, or of the nearest class above it.
 * Errors: AGGREGATE_INVALID_DEFINITION; of the function COMMAND_UNKNOWN.
 */
export const decideOf = ({ category, commands, decide }: Given): Decide => {
  if (commands !== undefined) assertClasses(category, commands);
  if (typeof decide === 'function') return decide;
  if (commands === undefined || decide === null || typeof decide !== 'object')
    throw new InvalidAggregate(category, 'decide must be a function, or with commands an object of one function for each of them');
  return dispatcher(category, commands, assertedDecisions(category, commands, decide));
};

const dispatcher = (category: string, commands: CommandClasses, decisions: ReadonlyMap<object, Decide>): Decide => {
  const known = Object.keys(commands);
  // A loop over the prototypes: `command.constructor` may be data.
  return (command: unknown, state, circumstances) => {
    for (let of = prototypeOf(command); of !== null; of = prototypeOf(of)) {
      const decision = decisions.get(of);
      if (decision) return decision(command as never, state, circumstances);
    }
    throw new UnknownCommand(category, nameOf(command), known);
  };
};

const prototypeOf = (value: unknown): object | null =>
  value === null || typeof value !== 'object' ? null : (Object.getPrototypeOf(value) as object | null);

const nameOf = (command: unknown): string => {
  const of = prototypeOf(command);
  const made: unknown = of !== null && Object.hasOwn(of, 'constructor') ? (of as { readonly constructor: unknown }).constructor : undefined;
  return typeof made === 'function' && made !== Object ? made.name : 'an object without a class';
};

const assertClasses = (category: string, commands: CommandClasses): void => {
  if (commands === null || typeof commands !== 'object' || Object.keys(commands).length === 0)
    throw new InvalidAggregate(category, 'commands must be an object of command classes, such as { BookSeat }');
  const names = new Map<unknown, string>();
  for (const [name, commandClass] of Object.entries<unknown>(commands)) {
    if (typeof commandClass !== 'function') throw new InvalidAggregate(category, `${name} of its commands is no class`);
    const other = names.get(commandClass);
    if (other !== undefined) throw new InvalidAggregate(category, `its commands ${other} and ${name} are one class`);
    names.set(commandClass, name);
  }
};

/** By the prototype of the command's class. */
const assertedDecisions = (category: string, commands: CommandClasses, decide: Readonly<Record<string, Decide>>): ReadonlyMap<object, Decide> => {
  const superfluous = Object.keys(decide).find((name) => !Object.hasOwn(commands, name));
  if (superfluous !== undefined)
    throw new InvalidAggregate(category, `it decides ${superfluous}, which is none of its commands ${Object.keys(commands).join(', ')}`);
  return new Map(
    Object.entries(commands).map(([name, commandClass]) => {
      const decision: unknown = Object.hasOwn(decide, name) ? decide[name] : undefined;
      if (typeof decision !== 'function') throw new InvalidAggregate(category, `decide has no function for its command ${name}`);
      return [commandClass.prototype as object, decision as Decide];
    }),
  );
};
