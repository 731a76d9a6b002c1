// Folds some documents anew from the first event on, as if only the events that are still parked had ever been parked.
import type { EventReader, Position, RecordedEvent } from '@mainstem/event-store';
import { filterFor } from '../definition/wanted-events.js';
import type { DocumentProjection } from '../definition/document-projection.js';
import type { Evolve } from '../definition/on.js';
import { EMPTY_DIGEST } from '../read-store/rolling-digest.js';
import type { Partition } from '../read-store/partition.js';
import type { Expiry, ParkedEvent } from '../read-store/read-store.js';
import { readUpTo } from '../feed/event-range.js';
import { DocumentPlan, type MaybeDocument } from '../fold/document-batch.js';
import { ProjectionFailed } from '../fold/errors.js';
import type { Poison } from '../fold/batch-refused.js';
import { reasonOf } from '../fold/failures.js';
import { parkedEventOf, streamKeyOf, type Gate } from '../fold/parking.js';
import { contributionOf, RollUpGroup } from '../fold/roll-up-group.js';

export interface RefoldOptions {
  readonly reader: EventReader;
  readonly keys: ReadonlySet<string>;
  /** Up to this event. */
  readonly until: Position | undefined;
  /** By parked key, also of a stream: the first event that stays parked. All later ones wait for it. */
  readonly parkedFrom: ReadonlyMap<string, Position>;
  /** Positions of events that leave their list; if their document has earlier parked events, they follow those. */
  readonly leaving: ReadonlySet<Position>;
  /** Already parked under the document's key. */
  readonly isParked: (position: Position, key: string) => boolean;
  readonly partition: Partition;
  readonly expiry: Expiry | undefined;
  readonly nowMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Refolded {
  readonly documents: ReadonlyMap<string, MaybeDocument>;
  /** To be parked under a document's key: the document cannot fold them in this order, or waits itself. */
  readonly parked: readonly ParkedEvent[];
}

/**
 * One pass over the history; memory grows with the documents and the events to park. A document that fails at an event
 * keeps everything before it, and its events are parked from there on. Errors: PROJECTION_FAILED for an event that is
 * not parked and whose payload or key fails; those of the reader.
 */
export const refold = async (projection: DocumentProjection, options: RefoldOptions): Promise<Refolded> => {
  const { reader, keys, until, partition, expiry, signal } = options;
  const documents = new Map<string, MaybeDocument>([...keys].map((key) => [key, null]));
  const gate = new RefoldGate(options);
  const checked = withRollUpsChecked(projection);
  for await (const events of readUpTo(reader, { after: undefined, until, filter: filterFor([projection]), signal })) {
    for (let isFolded = false; !isFolded;) {
      gate.begin();
      const plan = new DocumentPlan(checked, events, EMPTY_DIGEST, gate, { partition, expiry });
      if (plan.poison) throw failed(projection, plan.poison);
      const { after, poison } = plan.fold(plan.keys.map((key) => documents.get(key) ?? null));
      // Once more without that document's later events; each round parks another key.
      if (poison) gate.fail(poison, failed(projection, poison));
      else plan.keys.forEach((key, slot) => documents.set(key, after[slot] ?? null));
      isFolded = !poison;
    }
    gate.settle();
  }
  return { documents, parked: gate.parked };
};

const failed = ({ name }: DocumentProjection, { event, key, error }: Poison): ProjectionFailed =>
  new ProjectionFailed(name, key, event.position, event.type, error);

/** Passes what is to be folded, and collects what is to be parked. */
class RefoldGate implements Gate {
  readonly parked: ParkedEvent[] = [];
  events: ParkedEvent[] = [];
  readonly #options: RefoldOptions;
  readonly #failedFrom = new Map<string, { readonly position: Position; readonly reason: string }>();
  readonly #parkedAt: string;

  constructor(options: RefoldOptions) {
    this.#options = options;
    this.#parkedAt = new Date(options.nowMs).toISOString();
  }

  /** Before each try of a batch of events. */
  begin(): void {
    this.events = [];
  }

  settle(): void {
    this.parked.push(...this.events);
  }

  fail({ event, key }: Poison, error: ProjectionFailed): void {
    this.#failedFrom.set(key, { position: event.position, reason: reasonOf(error) });
  }

  takes(event: RecordedEvent, key: string): boolean {
    const { keys, parkedFrom, leaving, isParked } = this.#options;
    if (!keys.has(key)) return true;
    const { position } = event;
    const from = parkedFrom.get(key);
    const isBehindParked = from !== undefined && position >= from;
    const failure = this.#failedFrom.get(key);
    const isBehindFailure = failure !== undefined && position >= failure.position;
    if (!isBehindParked && !isBehindFailure) return false;
    if (isBehindParked && (!leaving.has(position) || isParked(position, key))) return true;
    this.events.push(parkedEventOf(event, key, failure?.position === position ? failure.reason : '', this.#parkedAt));
    return true;
  }

  takesStream(event: RecordedEvent): boolean {
    const { parkedFrom, partition } = this.#options;
    if (parkedFrom.size === 0) return false;
    const from = parkedFrom.get(streamKeyOf(event, partition.number));
    return from !== undefined && event.position >= from;
  }
}

/** A document that a roll-up cannot accept fails at the event that caused it, not at the end without an event. */
const withRollUpsChecked = (projection: DocumentProjection): DocumentProjection => {
  const { rollUps } = projection;
  if (rollUps.length === 0) return projection;
  const checked =
    (evolve: Evolve): Evolve =>
    (document, event, key) => {
      const next = evolve(document, event, key);
      if (typeof next !== 'object' || next === document) return next;
      for (const rollUp of rollUps) {
        const contribution = contributionOf(rollUp, next);
        if (contribution) new RollUpGroup(rollUp).add(contribution);
      }
      return next;
    };
  return { ...projection, evolve: new Map([...projection.evolve].map(([type, evolve]) => [type, checked(evolve)])) };
};
