// Handler projections, for SQL that no document expresses. They write in the same transaction as their checkpoint.
import type { EventRegistry, RecordedEvent, RecordedEventOf } from '@mainstem/event-store';
import type { CollectionDescriptor, DocumentClass, ProjectionDescriptor } from '../read-store/read-store.js';
import { assertNames } from './document-projection.js';
import { definitionFingerprint } from './fingerprint.js';
import { WantedEvents } from './wanted-events.js';

export interface HandlerProjectionOptions<Transaction, Registries extends readonly EventRegistry[]> {
  readonly name: string;
  readonly version: number;
  /** The tables that it writes, by collection name. Each generation has its own set. */
  readonly tables: Readonly<Record<string, DocumentClass>>;
  readonly events: Registries;
  /** The wanted event types, from each registry that declares them; default all types of the registries. */
  readonly types?: readonly RecordedEventOf<Registries[number]>['type'][];
  /** The key under which failing events are parked together; default their stream. */
  readonly key?: (event: RecordedEventOf<Registries[number]>) => string;
  /**
   * Applies a batch, in order. The same events must have the same effect in batches of any size. It may run again after
   * a rollback, so it must keep nothing outside the transaction.
   */
  readonly apply: (transaction: Transaction, events: readonly RecordedEventOf<Registries[number]>[]) => Promise<void>;
}

/**
 * Declares a handler projection; `Transaction` is its read store's transaction type. Errors:
 * PROJECTION_INVALID_DEFINITION.
 */
export const handlerProjection = <Transaction, const Registries extends readonly EventRegistry[]>(
  options: HandlerProjectionOptions<Transaction, Registries>,
): HandlerProjection<Transaction> => {
  const types: readonly string[] = options.types ?? [...new Set(options.events.flatMap((registry) => registry.types))];
  const wanted = WantedEvents.ofTypes(options.name, options.events, types);
  const collections: CollectionDescriptor[] = Object.entries(options.tables).map(([name, document]) => ({
    name,
    document,
    hasState: false,
    hasLookups: true,
  }));
  assertNames(options.name, [...collections]);
  assertNames(options.name, [{ name: options.name, document: Object as DocumentClass, hasState: false }]);
  const fingerprint = definitionFingerprint(options.name, [options.name, options.version, types, options.tables, options.key, options.apply], wanted);
  const key = (options.key ?? ((event: RecordedEvent) => event.stream)) as (event: RecordedEvent) => string;
  const apply = options.apply as HandlerProjection<Transaction>['apply'];
  return { kind: 'handler', name: options.name, version: options.version, fingerprint, collections, wanted, key, apply };
};

/** A declared handler projection with its event types erased, as the engine uses it. */
export interface HandlerProjection<Transaction = never> extends ProjectionDescriptor {
  readonly kind: 'handler';
  readonly wanted: WantedEvents;
  readonly key: (event: RecordedEvent) => string;
  readonly apply: (transaction: Transaction, events: readonly RecordedEvent[]) => Promise<void>;
}
