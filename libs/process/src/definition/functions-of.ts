// The types of functions that are given by event type.
import type { EventRegistry, RecordedEventOf } from '@mainstem/event-store';
import type { On } from './by-event.js';

type EventOfType<Registry, Type> = Extract<RecordedEventOf<Registry>, { readonly type: Type }>;

/** One function an event type of a registry, from state and event. */
export type StateFunctions<State, Registry, Rest extends readonly unknown[], Result> = {
  readonly [Type in RecordedEventOf<Registry>['type']]?: (state: State, event: EventOfType<Registry, Type>, ...rest: Rest) => Result;
};

/** An object where the type names of all registries differ; else a list, made by the function that is handed over. */
export type GivenStateFunctions<State, Registries extends readonly EventRegistry[], Rest extends readonly unknown[], Result> =
  | StateFunctions<State, Registries[number], Rest, Result>
  | ((
      on: <Registry extends EventRegistry>(registry: Registry, functions: StateFunctions<NoInfer<State>, Registry, Rest, NoInfer<Result>>) => On,
    ) => readonly On[]);

/** One function an event type of a registry, from the event alone. */
export type EventFunctions<Registry, Result> = {
  readonly [Type in RecordedEventOf<Registry>['type']]?: (event: EventOfType<Registry, Type>) => Result;
};

/** As `GivenStateFunctions`. */
export type GivenEventFunctions<Registries extends readonly EventRegistry[], Result> =
  | EventFunctions<Registries[number], Result>
  | ((on: <Registry extends EventRegistry>(registry: Registry, functions: EventFunctions<Registry, Result>) => On) => readonly On[]);
