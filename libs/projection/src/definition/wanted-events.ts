// Which events a projection wants, and how they are decoded.
import type { EventRegistry, RecordedEvent } from '@mainstem/event-store';
import { InvalidProjection } from './errors.js';

/** The event types of a projection with the registries that decode them. */
export class WantedEvents {
  readonly types: readonly string[];
  readonly #registries = new Map<string, EventRegistry>();

  constructor(projection: string, registries: readonly EventRegistry[], types: readonly string[]) {
    if (types.length === 0) throw new InvalidProjection(projection, 'wants no event: give evolve at least one event type');
    for (const type of types) {
      const declaring = registries.filter((registry) => registry.has(type));
      const [registry] = declaring;
      if (!registry) throw new InvalidProjection(projection, `wants ${type}, which none of its event registries declares`);
      if (declaring.length > 1) throw new InvalidProjection(projection, `${type} is declared by several of its event registries`);
      this.#registries.set(type, registry);
    }
    this.types = types;
  }

  has(type: string): boolean {
    return this.#registries.has(type);
  }

  /** The event in its current schema; only for wanted types. Errors: EVENT_STORE_UNDECODABLE_EVENT. */
  decode(event: RecordedEvent): RecordedEvent {
    return this.#registries.get(event.type)?.decode(event) ?? event;
  }
}
