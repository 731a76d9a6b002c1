// Reactions: effects that follow from events, in order for each key. The checkpoint follows the effects: each happens
// at least once.
import { type EventRegistry, fingerprintOf, type RecordedEvent, type RecordedEventOf } from '@mainstem/event-store';
import type { ProjectionDescriptor } from '../read-store/read-store.js';
import { assertNames } from './document-projection.js';
import { InvalidProjection } from './errors.js';
import { WantedEvents } from './wanted-events.js';

/**
 * Where a reaction without a checkpoint begins: at the first event of the log, or behind the last one. It never begins
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
  /**
   * Effects of events with one key come one after the other; those of several keys at the same time. Null: the event
   * has none. Default: its stream. Pure.
   */
  readonly key?: (event: RecordedEventOf<Registries[number]>) => string | null;
  readonly startsAt: ReactionStart;
  /**
   * Resolves once the effect has happened. After a crash or a failure it is called again for the same event, so the
   * effect must recognise the event by its id. An error is the event's failure, or trouble. A failed event is tried
   * again and then parked, with the later events of its key.
   */
  readonly react: (event: RecordedEventOf<Registries[number]>, context: ReactionContext) => Promise<void>;
  /**
   * Resolves once the effects of several events of one key have happened, at most 500. It is preferred to `react` where
   * several are due. After an error other than trouble, `react` makes their effects one by one, which finds the event
   * that fails.
   */
  readonly reactToSeveral?: (events: readonly RecordedEventOf<Registries[number]>[], context: ReactionContext) => Promise<void>;
  /**
   * True for a failure that passes by itself, such as an outage: the reaction waits for its end. Default false; outages
   * of the event store are known.
   */
  readonly isTrouble?: (error: unknown) => boolean;
}

/**
 * Declares a reaction. A read store keeps only its checkpoint and its parked events. A change of its code changes
 * nothing stored, so its name alone is its fingerprint. Errors: PROJECTION_INVALID_DEFINITION.
 */
export const reaction = <const Registries extends readonly EventRegistry[]>(options: ReactionOptions<Registries>): Reaction => {
  const { name, events, startsAt } = options;
  const types: readonly string[] = options.types ?? [...new Set(events.flatMap((registry) => registry.types))];
  const wanted = WantedEvents.ofTypes(name, events, types);
  assertNames(name, [{ name, document: Object as never, hasState: false }]);
  if (startsAt !== 'first-event' && startsAt !== 'now') throw new InvalidProjection(name, 'startsAt must be first-event or now');
  const key = checkedKey((options.key ?? ((event: RecordedEvent) => event.stream)) as Reaction['key']);
  const react = options.react as Reaction['react'];
  const reactToSeveral = options.reactToSeveral as Reaction['reactToSeveral'];
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
    reactToSeveral,
    isTrouble,
  };
};

/** Events whose key is none could not be kept in order. */
const checkedKey =
  (key: Reaction['key']): Reaction['key'] =>
  (event) => {
    const given: unknown = key(event);
    if (given !== null && typeof given !== 'string') throw new TypeError(`key must give a text or null, got ${typeof given}`);
    return given;
  };

/** A declared reaction, with its event types erased: what the engine works with. */
export interface Reaction extends ProjectionDescriptor {
  readonly kind: 'reaction';
  readonly wanted: WantedEvents;
  readonly key: (event: RecordedEvent) => string | null;
  readonly startsAt: ReactionStart;
  readonly react: (event: RecordedEvent, context: ReactionContext) => Promise<void>;
  readonly reactToSeveral: ((events: readonly RecordedEvent[], context: ReactionContext) => Promise<void>) | undefined;
  readonly isTrouble: (error: unknown) => boolean;
}
