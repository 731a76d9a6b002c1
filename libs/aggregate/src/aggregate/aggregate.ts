// An aggregate: the consistency boundary and its three pure parts.
import { ruleOptions, type DomainEvent, type EventOf, type EventRegistry, type RuleOptions } from '@mainstem/event-store';
import type { Circumstances } from './circumstances.js';
import { changeablePartOf } from './isolation.js';
import { InvalidAggregate } from '../errors.js';
import { decideOf, type CommandClasses, type CommandIn, type Decided, type Decisions } from './decisions.js';
import { assertSnapshotRule, type SnapshotRule } from './snapshot-rule.js';
import { assertRulesDiffer, type UniqueIdRule, type UniqueRule } from './unique-rule.js';

/**
 * A consistency boundary: the rules over the events of one stream, as pure functions without clock, randomness, await
 * or I/O. Ids come with the command; time too, or from `Circumstances`.
 */
export interface Aggregate<State, Command, Event extends DomainEvent> {
  /** Streams are named `category-id`. */
  readonly category: string;
  readonly events: EventRegistry;
  /** The state before the first event. Never changed: `evolve` returns new states. */
  readonly initialState: State;
  /** The classes of its commands by name, if it declares them. */
  readonly commands?: CommandClasses | undefined;
  /** The class-validator rules for its commands; the registry has those of the payloads. */
  readonly commandRules?: RuleOptions | undefined;
  /** Values that no two aggregates of a scope have at the same time. */
  readonly unique?: readonly UniqueRule<Event>[] | undefined;
  /** Other categories of which none may have a stream of the same id. */
  readonly uniqueId?: UniqueIdRule | undefined;
  /** For long streams, with an executor that has a snapshot store. Default: each load reads the whole stream. */
  readonly snapshot?: SnapshotRule<State> | undefined;
  /** The state after one more event. Total: it accepts every event ever recorded, and never throws. */
  evolve(state: State, event: Event): State;
  /** The events of a command in a state; none if it changes nothing. Throws a `CommandRefused` if a rule forbids it. */
  decide(command: Command, state: State, circumstances?: Circumstances): readonly Event[];
}

/** What every definition says, however it decides. */
interface AggregateParts<State, Registry> {
  readonly category: string;
  readonly events: Registry;
  readonly initialState: NoInfer<State>;
  /** Options of class-validator for the commands, such as `{ groups: ['sales'] }`. */
  readonly commandRules?: RuleOptions | undefined;
  /** Values that no two aggregates of a scope have at the same time, such as a document's number. */
  readonly unique?: readonly UniqueRule<EventOf<Registry>>[] | undefined;
  /** Other categories of which none may have a stream of the same id. */
  readonly uniqueId?: UniqueIdRule | undefined;
  /**
   * When snapshots of its streams are taken, such as `{ every: 1_000 }`. With `encode` and `decode` it stands behind
   * `evolve`, from which TypeScript takes the type of the state.
   */
  readonly snapshot?: SnapshotRule<NoInfer<State>> | undefined;
  readonly evolve: (state: State, event: EventOf<Registry>) => NoInfer<State>;
}

/** The input of `defineAggregate`: an aggregate whose event union is inferred from its registry. */
export interface AggregateDefinition<State, Command, Registry extends EventRegistry> extends AggregateParts<State, Registry> {
  /** One function for all commands. */
  readonly decide: (command: Command, state: NoInfer<State>, circumstances: Circumstances) => readonly Decided<Registry>[];
}

/** The same with its command classes, and one decision for each of them. */
export interface AggregateOfCommands<State, Classes, Registry extends EventRegistry> extends AggregateParts<State, Registry> {
  readonly commands: Classes;
  /**
   * One function for each command class, under its name; a missing or superfluous one does not compile. Or one function
   * for all of them.
   */
  readonly decide:
    | Decisions<NoInfer<Classes>, NoInfer<State>, Registry>
    | ((command: CommandIn<NoInfer<Classes>>, state: NoInfer<State>, circumstances: Circumstances) => readonly Decided<Registry>[]);
}

/** An aggregate that declares its command classes: hosts can make the handlers of its commands. */
export interface CommandedAggregate<State, Command, Event extends DomainEvent> extends Aggregate<State, Command, Event> {
  readonly commands: CommandClasses;
}

/** Any aggregate, for lists: enough to load and show it, not to send it commands. */
export type AnyAggregate = Aggregate<unknown, never, DomainEvent>;

/**
 * Defines an aggregate. The union of its events follows from `events`. The initial state is frozen. With `commands` the
 * decisions can stand by themselves, one for each command class; then a command of another class is refused with
 * COMMAND_UNKNOWN. Errors: AGGREGATE_INVALID_DEFINITION if the category is not that of the registry or the decisions
 * are not those of the commands, EVENT_STORE_INVALID_INPUT for an unknown option.
 */
export function defineAggregate<State, Classes extends CommandClasses, Registry extends EventRegistry>(
  definition: AggregateOfCommands<State, Classes, Registry>,
): CommandedAggregate<State, CommandIn<Classes>, EventOf<Registry>>;
export function defineAggregate<State, Command, Registry extends EventRegistry>(
  definition: AggregateDefinition<State, Command, Registry>,
): Aggregate<State, Command, EventOf<Registry>>;
export function defineAggregate<State, Command, Registry extends EventRegistry>(
  definition: AggregateParts<State, Registry> & { readonly commands?: CommandClasses; readonly decide: Parameters<typeof decideOf>[0]['decide'] },
): Aggregate<State, Command, EventOf<Registry>> {
  const { category, events, commandRules, unique, uniqueId } = definition;
  if (category !== events.category) throw new InvalidAggregate(category, `its events are declared for category ${events.category}`);
  const changeable = changeablePartOf(definition.initialState);
  if (changeable !== undefined) {
    const remedy = 'hold plain objects, lists, maps, dates and text instead (of a URL its text), or undefined until the first event';
    throw new InvalidAggregate(category, `its initial state holds a ${changeable}, which can be changed although it is frozen; ${remedy}`);
  }
  ruleOptions('commandRules', commandRules);
  assertRulesDiffer(category, unique, uniqueId);
  assertSnapshotRule(definition);
  return { ...definition, decide: decideOf(definition) } as unknown as Aggregate<State, Command, EventOf<Registry>>;
}

/** The state after the events, in order. fold(fold(s, a), b) = fold(s, a and b). */
export const fold = <State, Event extends DomainEvent>(
  aggregate: Pick<Aggregate<State, never, Event>, 'evolve'>,
  state: State,
  events: Iterable<Event>,
): State => {
  let folded = state;
  for (const event of events) folded = aggregate.evolve(folded, event);
  return folded;
};
