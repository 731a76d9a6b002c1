// Reactions: effects that follow from events, in order a key. The effects come first and the checkpoint after them, so each happens at least once.
import type { EventRegistry, RecordedEvent, RecordedEventOf } from '@mainstem/event-store';
import type { ProjectionDescriptor } from '../read-store/read-store.js';
import { assertNames } from './document-projection.js';
import { InvalidProjection } from './errors.js';
import { fingerprintOf } from './fingerprint.js';
import { WantedEvents } from './wanted-events.js';

/**
 * Where a reaction begins that has no checkpoint in its read store yet: at the first event of the log, or behind the last one there is. It never begins
 * anew: there is nothing to rebuild.
 */
export type ReactionStart = 'first-event' | 'now';

/** What the effect of one event may use. */
export interface ReactionContext {
  /** Fires when the reaction is to stop. An effect that ends early is made again. */
  readonly signal: AbortSignal;
}

export interface ReactionOptions<Registries extends readonly EventRegistry[]> {
  /** Unique in a read store; lower-case words with dashes. */
  readonly name: string;
  readonly events: Registries;
  /** Event types that are wanted, of each registry that declares them; default all of the registries. */
  readonly types?: readonly RecordedEventOf<Registries[number]>['type'][];
  /** Events of one key have their effects one after the other; those of several keys at the same time. Null: the event has none. Default its stream. Pure. */
  readonly key?: (event: RecordedEventOf<Registries[number]>) => string | null;
  readonly startsAt: ReactionStart;
  /**
   * Resolves once the effect of the event is there. It is called again for the same event after a crash or a failure, so the effect must know the event
   * again: by its id. What it throws is the event's failure (it is tried again and then parked, with what follows of its key), or trouble.
   */
  readonly react: (event: RecordedEventOf<Registries[number]>, context: ReactionContext) => Promise<void>;
  /** True for a failure that passes by itself, such as an outage: the reaction waits for its end. Default false; outages of the event store are known. */
  readonly isTrouble?: (error: unknown) => boolean;
}

/**
 * Declares a reaction. A read store keeps nothing of it but its checkpoint and its parked events. A change of its code changes nothing that is stored, so
 * its name alone is its fingerprint. Errors: PROJECTION_INVALID_DEFINITION.
 */
export const reaction = <const Registries extends readonly EventRegistry[]>(options: ReactionOptions<Registries>): Reaction => {
  const { name, events, startsAt } = options;
  const types: readonly string[] = options.types ?? [...new Set(events.flatMap((registry) => registry.types))];
  const wanted = WantedEvents.ofTypes(name, events, types);
  assertNames(name, [{ name, document: Object as never, hasState: false }]);
  if (startsAt !== 'first-event' && startsAt !== 'now') throw new InvalidProjection(name, 'startsAt must be first-event or now');
  const key = (options.key ?? ((event: RecordedEvent) => event.stream)) as Reaction['key'];
  const react = options.react as Reaction['react'];
  const isTrouble = options.isTrouble ?? (() => false);
  return {
    kind: 'reaction',
    name,
    version: 1,
    fingerprint: fingerprintOf('reaction', name),
    collections: [],
    wanted,
    key,
    startsAt,
    react,
    isTrouble,
  };
};

/** A declared reaction, with its event types erased: what the engine works with. */
export interface Reaction extends ProjectionDescriptor {
  readonly kind: 'reaction';
  readonly wanted: WantedEvents;
  readonly key: (event: RecordedEvent) => string | null;
  readonly startsAt: ReactionStart;
  readonly react: (event: RecordedEvent, context: ReactionContext) => Promise<void>;
  readonly isTrouble: (error: unknown) => boolean;
}
