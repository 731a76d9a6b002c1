// What an aggregate is: the consistency boundary and its three pure parts.
import type { DomainEvent, EventOf, EventRegistry } from '@mainstem/event-store';
import { InvalidAggregate } from '../errors.js';

/**
 * A consistency boundary: the rules over the events of one stream, as pure functions without clock, randomness, await or I/O.
 * Time and ids come in with the command.
 */
export interface Aggregate<State, Command, Event extends DomainEvent> {
  /** Streams are named `category-id`. */
  readonly category: string;
  readonly events: EventRegistry;
  /** The state before the first event. Never changed: `evolve` returns new states. */
  readonly initialState: State;
  /** The state after one more event. Total: it accepts every event ever recorded, and never throws. */
  evolve(state: State, event: Event): State;
  /** The events a command leads to in a state; none if it changes nothing. Throws a `CommandRefused` when a rule forbids it. */
  decide(command: Command, state: State): readonly Event[];
}

/** What `defineAggregate` takes: an aggregate whose event union is inferred from its registry. */
export interface AggregateDefinition<State, Command, Registry> {
  readonly category: string;
  readonly events: Registry;
  readonly initialState: NoInfer<State>;
  readonly evolve: (state: State, event: EventOf<Registry>) => NoInfer<State>;
  readonly decide: (command: Command, state: NoInfer<State>) => readonly EventOf<Registry>[];
}

/** Any aggregate, for lists of them: enough to load it and to look at it, not to give it commands. */
export type AnyAggregate = Aggregate<unknown, never, DomainEvent>;

/**
 * Defines an aggregate. The union of its events follows from `events`.
 * Errors: AGGREGATE_INVALID_DEFINITION when the category is not the one of the registry.
 */
export const defineAggregate = <State, Command, Registry extends EventRegistry>(
  definition: AggregateDefinition<State, Command, Registry>,
): Aggregate<State, Command, EventOf<Registry>> => {
  const { category, events } = definition;
  if (category !== events.category) throw new InvalidAggregate(category, `its events are declared for category ${events.category}`);
  return definition;
};

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
