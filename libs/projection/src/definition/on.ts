// Functions of a document projection for each registry: one type name may be in several.
import { streamPrefixOf, type EventRegistry, type RecordedEvent, type RecordedEventOf } from '@mainstem/event-store';
import type { ProjectionDocument } from '../read-store/read-store.js';
import { InvalidProjection } from './errors.js';

/** One function with its types erased. */
export type Evolve = (document: ProjectionDocument | null, event: RecordedEvent, key: string) => ProjectionDocument | null;
export type Functions = Readonly<Record<string, Evolve | undefined>>;

/** Functions for the event types of a registry; each event typed. */
export type EvolveOf<Document, Registry> = {
  readonly [Type in RecordedEventOf<Registry>['type']]?: (
    document: Readonly<Document> | null,
    event: Extract<RecordedEventOf<Registry>, { readonly type: Type }>,
    key: string,
  ) => Document | null;
};

/** The functions for the events of one registry. */
export interface On<Document> {
  readonly registry: EventRegistry;
  readonly evolve: { readonly [Type in string]?: (document: Readonly<Document> | null, event: never, key: string) => Document | null };
}

/** The functions for the events of one registry, for `evolve` of a projection that has it among its `events`. */
export const on = <Document extends ProjectionDocument, Registry extends EventRegistry>(
  registry: Registry,
  evolve: EvolveOf<Document, Registry>,
): On<Document> => ({ registry, evolve: evolve as On<Document>['evolve'] });

/** `on` for the documents of one projection: the types of documents and events are inferred. */
export type OnEventsOf<Document> = <Registry extends EventRegistry>(registry: Registry, evolve: EvolveOf<Document, Registry>) => On<Document>;

/** One event type of one registry, and what is done with it. */
export interface Handler {
  readonly registry: EventRegistry;
  readonly type: string;
  readonly evolve: Evolve | undefined;
}

/** Errors: PROJECTION_INVALID_DEFINITION. */
export const handlersOf = <Document>(
  projection: string,
  registries: readonly EventRegistry[],
  evolve: Functions | readonly On<Document>[],
): readonly Handler[] => {
  if (!isList(evolve))
    return Object.entries(evolve).map(([type, function_]) => ({ registry: onlyOne(projection, registries, type), type, evolve: function_ }));
  return evolve.flatMap((entry) => {
    if (!registries.includes(entry.registry))
      throw new InvalidProjection(projection, `on(…) names the registry of ${entry.registry.category}, which is not among its events`);
    return Object.entries(entry.evolve as Functions).map(([type, function_]) => ({ registry: entry.registry, type, evolve: function_ }));
  });
};

/** By type; if several categories have it, the stream of the event decides. */
export const evolveByType = (handlers: readonly Handler[]): ReadonlyMap<string, Evolve> => {
  const byType = new Map<string, Handler[]>();
  for (const handler of handlers) byType.set(handler.type, [...(byType.get(handler.type) ?? []), handler]);
  return new Map([...byType].flatMap(([type, of]) => (of.length === 1 ? ofOne(type, of[0]) : [[type, byCategory(of)]])));
};

const ofOne = (type: string, handler: Handler | undefined): [string, Evolve][] => (handler?.evolve ? [[type, handler.evolve]] : []);

const byCategory = (handlers: readonly Handler[]): Evolve => {
  const choices = handlers.map(({ registry, evolve }) => ({ prefix: streamPrefixOf(registry.category), evolve }));
  return (document, event, key) => {
    const evolve = choices.find(({ prefix }) => event.stream.startsWith(prefix))?.evolve;
    return evolve ? evolve(document, event, key) : document;
  };
};

const isList = <Document>(evolve: Functions | readonly On<Document>[]): evolve is readonly On<Document>[] => Array.isArray(evolve);

const onlyOne = (projection: string, registries: readonly EventRegistry[], type: string): EventRegistry => {
  const [registry, another] = registries.filter((one) => one.has(type));
  if (!registry) throw new InvalidProjection(projection, `wants ${type}, which none of its event registries declares`);
  if (another)
    throw new InvalidProjection(
      projection,
      `${type} is declared by several of its event registries: of ${registry.category} and of ${another.category}; give functions per registry, evolve: [on(registry, { ${type}: … }), …]`,
    );
  return registry;
};
