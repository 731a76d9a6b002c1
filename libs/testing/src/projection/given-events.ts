// Given / when / then for projections: events in, documents out, nothing running.
import assert from 'node:assert/strict';
import type { RecordedEvent } from '@mainstem/event-store';
import type { DocumentProjection, Evolve } from '@mainstem/projection';
import { foldProjection, type FoldedCollections, type ProjectionDocument } from '@mainstem/projection/adapter';
import { recordedEvent, type WrittenEvent } from '../recorded-event.js';

/** An event as a test writes it; all other fields get made-up values, in order. */
export interface GivenEvent extends WrittenEvent {
  /** ISO 8601 in UTC. Default: a second after the one before, from 2026-01-01. */
  readonly recordedAt?: string;
}

/** The result of a projection for these events. Positions count from 1, revisions from 0 in each stream. */
export interface ProjectionScenario {
  /** The same scenario with more events at the end. */
  when(...events: readonly GivenEvent[]): ProjectionScenario;
  /** Asserts a document of the projection or of one of its roll-ups. */
  thenDocument(collection: string, key: string, expected: object): ProjectionScenario;
  thenNoDocument(collection: string, key: string): ProjectionScenario;
  /** Asserts that an event cannot be folded, and the error. */
  thenFails(message: string | RegExp): void;
  /** Everything in a collection, by key. */
  documents(collection: string): ReadonlyMap<string, ProjectionDocument>;
}

/** Starts a scenario. Documents are frozen between folds, so an `evolve` that changes one in place fails here. */
export const givenEvents = (projection: DocumentProjection, events: readonly GivenEvent[]): ProjectionScenario => new Scenario(projection, events);

class Scenario implements ProjectionScenario {
  readonly #projection: DocumentProjection;
  readonly #events: readonly GivenEvent[];
  #collections: FoldedCollections | undefined;

  constructor(projection: DocumentProjection, events: readonly GivenEvent[]) {
    this.#projection = projection;
    this.#events = events;
  }

  when(...events: readonly GivenEvent[]): ProjectionScenario {
    return new Scenario(this.#projection, [...this.#events, ...events]);
  }

  thenDocument(collection: string, key: string, expected: object): ProjectionScenario {
    assert.deepEqual(this.documents(collection).get(key), expected);
    return this;
  }

  thenNoDocument(collection: string, key: string): ProjectionScenario {
    assert.equal(this.documents(collection).get(key), undefined);
    return this;
  }

  thenFails(message: string | RegExp): void {
    assert.throws(
      () => this.#fold(),
      (error: Error) => (typeof message === 'string' ? error.message.includes(message) : message.test(error.message)),
    );
  }

  documents(collection: string): ReadonlyMap<string, ProjectionDocument> {
    const documents = this.#fold().get(collection);
    assert.ok(documents, `${this.#projection.name} has no collection ${collection}; it has ${[...this.#fold().keys()].join(', ')}`);
    return documents;
  }

  #fold(): FoldedCollections {
    return (this.#collections ??= foldProjection(frozen(this.#projection), recorded(this.#events)));
  }
}

const frozen = (projection: DocumentProjection): DocumentProjection => ({
  ...projection,
  evolve: new Map(
    [...projection.evolve].map(([type, evolve]): [string, Evolve] => [type, (document, event, key) => deepFreeze(evolve(document, event, key))]),
  ),
});

const deepFreeze = <Value>(value: Value): Value => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
};

const FIRST_RECORDED_AT_MS = Date.UTC(2026, 0, 1);

const recorded = (events: readonly GivenEvent[]): RecordedEvent[] => {
  const lengths = new Map<string, number>();
  return events.map((event, index) => {
    const revision = lengths.get(event.stream) ?? 0;
    lengths.set(event.stream, revision + 1);
    const { recordedAt = new Date(FIRST_RECORDED_AT_MS + index * 1_000).toISOString() } = event;
    return recordedEvent(event, { index, revision, recordedAt });
  });
};
