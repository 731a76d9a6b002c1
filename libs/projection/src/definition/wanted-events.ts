// The wanted events of a projection and their decoding: a type name belongs to the category of its registry.
import { assertCategoriesDiffer, streamPrefixOf, type EventFilter, type EventRegistry, type RecordedEvent } from '@mainstem/event-store';
import { InvalidProjection } from './errors.js';

interface Source {
  readonly registry: EventRegistry;
  /** The beginning of the streams of its category. */
  readonly prefix: string;
}

/** The event types of a projection, with the registries that decode them. */
export class WantedEvents {
  readonly types: readonly string[];
  /** The categories of the registries. */
  readonly categories: readonly string[];
  readonly #sources = new Map<string, readonly Source[]>();

  /** A type that several registries declare is wanted of each category. Errors: as the constructor. */
  static ofTypes(projection: string, registries: readonly EventRegistry[], types: readonly string[]): WantedEvents {
    const wanted = types.flatMap((type) => {
      const declaring = registries.filter((registry) => registry.has(type));
      if (declaring.length === 0) throw new InvalidProjection(projection, `wants ${type}, which none of its event registries declares`);
      return declaring.map((registry) => ({ registry, type }));
    });
    return new WantedEvents(projection, wanted);
  }

  /** Errors: PROJECTION_INVALID_DEFINITION, EVENT_STORE_AMBIGUOUS_CATEGORY. */
  constructor(projection: string, wanted: readonly { readonly registry: EventRegistry; readonly type: string }[]) {
    if (wanted.length === 0) throw new InvalidProjection(projection, 'wants no event: give evolve at least one event type');
    for (const { registry, type } of wanted) {
      const { category } = registry;
      if (!registry.has(type)) throw new InvalidProjection(projection, `wants ${type}, which none of its event registries declares`);
      const known = this.#sources.get(type) ?? [];
      if (known.some((source) => source.registry.category === category))
        throw new InvalidProjection(projection, `${type} of ${category} is declared by several of its event registries, or given twice`);
      this.#sources.set(type, [...known, { registry, prefix: streamPrefixOf(category) }]);
    }
    this.types = [...this.#sources.keys()];
    this.categories = [...new Set(wanted.map(({ registry }) => registry.category))];
    assertCategoriesDiffer(this.categories);
  }

  /** Each wanted type with the registry that declares it. */
  get declarations(): readonly { readonly registry: EventRegistry; readonly type: string }[] {
    return [...this.#sources].flatMap(([type, sources]) => sources.map(({ registry }) => ({ registry, type })));
  }

  /** Comparable text: equal for two projections that want the same. */
  get pairs(): readonly string[] {
    return [...this.#sources].flatMap(([type, sources]) => sources.map(({ prefix }) => `${prefix} ${type}`)).toSorted();
  }

  /** Fingerprints of what decodes its events: schema versions and upcasters, by category. */
  get lifting(): readonly unknown[] {
    return [...this.#sources].flatMap(([type, sources]) => sources.map(({ registry }) => [registry.category, type, registry.liftingOf(type)]));
  }

  /** True if events of this type are wanted in one of the categories. */
  has(type: string): boolean {
    return this.#sources.has(type);
  }

  /** True if this event is wanted: its type, in the category that declares it. */
  wants(event: Pick<RecordedEvent, 'type' | 'stream'>): boolean {
    return this.#sourceOf(event) !== undefined;
  }

  /** The event in its current schema; only for wanted events. Errors: EVENT_STORE_UNDECODABLE_EVENT. */
  decode(event: RecordedEvent): RecordedEvent {
    return this.#sourceOf(event)?.registry.decode(event) ?? event;
  }

  #sourceOf({ type, stream }: Pick<RecordedEvent, 'type' | 'stream'>): Source | undefined {
    const sources = this.#sources.get(type);
    if (sources === undefined) return undefined;
    for (let index = 0; index < sources.length; index++) {
      const source = sources[index] as Source;
      if (stream.startsWith(source.prefix)) return source;
    }
    return undefined;
  }
}

/** The filter for the event store when projections share a read. It may return more than each of them wants. */
export const filterFor = (projections: readonly { readonly wanted: WantedEvents }[]): EventFilter => ({
  types: [...new Set(projections.flatMap(({ wanted }) => wanted.types))],
  streamPrefixes: [...new Set(projections.flatMap(({ wanted }) => wanted.categories.map(streamPrefixOf)))],
});
