// Functions by event type, of one registry or several: finds the one that an event belongs to.
import { streamPrefixOf, type EventRegistry, type RecordedEvent } from '@mainstem/event-store';
import { InvalidProcess } from '../errors.js';
import { assertFunction, assertList, assertRegistries } from './assert-rules.js';

/** Functions with their types erased: what the host works with. */
export interface ByEvent<Run> {
  /** Type names that have a function. */
  readonly types: readonly string[];
  of(event: Pick<RecordedEvent, 'type' | 'stream'>): Run | undefined;
}

/** The functions for the events of one registry. */
export interface On {
  readonly registry: EventRegistry;
  readonly functions: object;
}

/**
 * `given`: an object of functions by type name, or a function that makes a list of `On`. Errors:
 * PROCESS_INVALID_DEFINITION for a type of no registry, or for one of several registries in an object.
 */
export const byEvent = <Run>(process: string, registries: readonly EventRegistry[], given: unknown): ByEvent<Run> => {
  assertRegistries(process, registries);
  const lists = typeof given === 'function' ? (given as (on: unknown) => readonly On[])(on) : listsOf(process, registries, (given ?? {}) as object);
  const found = new Map<string, { readonly prefix: string; readonly run: Run }[]>();
  assertList(process, 'what the function of on returns', lists);
  for (const { registry, functions } of lists) {
    if (!registries.includes(registry))
      throw new InvalidProcess(process, `on(…) names the registry of ${registry.category}, which is not among its events`);
    for (const [type, run] of Object.entries(functions) as [string, Run | undefined][]) {
      if (!registry.has(type))
        throw new InvalidProcess(process, `has a function for ${type}, which the registry of ${registry.category} does not declare`);
      if (run === undefined) continue;
      assertFunction(process, type, run);
      found.set(type, [...(found.get(type) ?? []), { prefix: streamPrefixOf(registry.category), run }]);
    }
  }
  return { types: [...found.keys()], of: ({ type, stream }) => found.get(type)?.find(({ prefix }) => stream.startsWith(prefix))?.run };
};

const on = (registry: EventRegistry, functions: object): On => ({ registry, functions });

const listsOf = (process: string, registries: readonly EventRegistry[], given: object): readonly On[] =>
  Object.entries(given).map(([type, run]) => {
    const declaring = registries.filter((registry) => registry.has(type));
    const [registry] = declaring;
    if (!registry) throw new InvalidProcess(process, `has a function for ${type}, which none of its event registries declares`);
    if (declaring.length > 1) {
      const categories = declaring.map(({ category }) => category).join(' and of ');
      throw new InvalidProcess(process, `${type} is declared of ${categories}; give the functions as (on) => [on(registry, { ${type}: … }), …]`);
    }
    return { registry, functions: { [type]: run as unknown } };
  });
