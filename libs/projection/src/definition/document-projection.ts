// Document projections: pure functions from events to documents. One definition runs on every store and in tests.
import type { EventRegistry, RecordedEvent, RecordedEventOf } from '@mainstem/event-store';
import { InvalidProjection } from './errors.js';
import type { CollectionDescriptor, DocumentClass, ProjectionDescriptor, ProjectionDocument } from '../read-store/read-store.js';
import { definitionFingerprint } from './fingerprint.js';
import { evolveByType, handlersOf, on, type Evolve, type EvolveOf, type Functions, type On, type OnEventsOf } from './on.js';
import type { RollUp } from './roll-up.js';
import { WantedEvents } from './wanted-events.js';

type EventIn<Registries extends readonly EventRegistry[]> = RecordedEventOf<Registries[number]>;

export interface DocumentProjectionOptions<Document extends ProjectionDocument, Registries extends readonly EventRegistry[]> {
  /** Unique in a read store; lower-case words with dashes. It also names the collection of documents. */
  readonly name: string;
  /** Raise it when the meaning of the documents changes; the fingerprint shows most forgotten changes. */
  readonly version: number;
  /** Names the fields of a document. In SQL it is the TypeORM entity, whose primary column holds the key. */
  readonly document: DocumentClass<Document>;
  readonly events: Registries;
  /** Which document an event belongs to: one key, several, or null for none. Pure. */
  readonly key: (event: EventIn<Registries>) => string | readonly string[] | null;
  /**
   * One pure function for each event type, from the document (null: there is none) to the next one (null: delete it).
   * It must return a new object, or the same one if nothing changes. Events without a function are neither wanted nor
   * decoded. If several registries declare one type name, give a list with the functions of each: `(on) =>
   * [on(customerEvents, { Closed: … }), on(accountEvents, { Closed: … })]`. The exported `on` alone, without this
   * function around it, infers the events but not the document.
   */
  readonly evolve:
    EvolveOf<Document, Registries[number]> | readonly On<Document>[] | ((on: OnEventsOf<NoInfer<Document>>) => readonly On<NoInfer<Document>>[]);
  readonly rollUps?: readonly RollUp<Document>[];
}

/** Declares a document projection. Errors: PROJECTION_INVALID_DEFINITION. */
export const documentProjection = <Document extends ProjectionDocument, const Registries extends readonly EventRegistry[]>(
  options: DocumentProjectionOptions<Document, Registries>,
): DocumentProjection => {
  const given = typeof options.evolve === 'function' ? options.evolve(on) : options.evolve;
  const handlers = handlersOf(options.name, options.events, given as Functions | readonly On<Document>[]);
  const wanted = new WantedEvents(options.name, handlers);
  if (!Number.isSafeInteger(options.version) || options.version < 1)
    throw new InvalidProjection(options.name, 'version must be a whole number from 1');
  const rollUps = (options.rollUps ?? []) as readonly RollUp<ProjectionDocument>[];
  const collections: CollectionDescriptor[] = [
    { name: options.name, document: options.document, hasState: false },
    ...rollUps.map((rollUp) => ({ name: rollUp.name, document: rollUp.document, hasState: true })),
  ];
  assertNames(options.name, collections);
  const fingerprint = definitionFingerprint(options.name, [options.name, options.version, options.document, options.key, given, rollUps], wanted);
  const key = options.key as (event: RecordedEvent) => string | readonly string[] | null;
  const evolve = evolveByType(handlers);
  return { kind: 'document', name: options.name, version: options.version, fingerprint, collections, wanted, key, evolve, rollUps };
};

/** A declared document projection with its types erased, as the engine uses it. */
export interface DocumentProjection extends ProjectionDescriptor {
  readonly kind: 'document';
  readonly wanted: WantedEvents;
  readonly key: (event: RecordedEvent) => string | readonly string[] | null;
  /** By event type. */
  readonly evolve: ReadonlyMap<string, Evolve>;
  readonly rollUps: readonly RollUp<ProjectionDocument>[];
}

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Checks that collection names are valid and differ. Errors: PROJECTION_INVALID_DEFINITION. */
export const assertNames = (projection: string, collections: readonly CollectionDescriptor[]): void => {
  const seen = new Set<string>();
  for (const { name } of collections) {
    if (!NAME.test(name) || name.length > 40)
      throw new InvalidProjection(projection, `"${name}" must be lower-case words with dashes, at most 40 characters`);
    if (seen.has(name)) throw new InvalidProjection(projection, `the name ${name} is used twice`);
    seen.add(name);
  }
};
