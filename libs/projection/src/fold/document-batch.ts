// The pure part of a batch of a document projection: the documents it needs, and their new state.
import type { RecordedEvent } from '@mainstem/event-store';
import type { DocumentProjection } from '../definition/document-projection.js';
import { RollingDigest } from '../read-store/rolling-digest.js';
import { partitionOf, WHOLE, type Partition } from '../read-store/partition.js';
import type { CollectionChanges, Expiry, ProjectionDocument } from '../read-store/read-store.js';
import { isExpiredFor } from './expired-documents.js';
import type { Poison } from './batch-refused.js';
import { isStreamKey, streamKeyOf, type Gate } from './parking.js';

/** A document, or null if there is none. */
export type MaybeDocument = ProjectionDocument | null;

export interface PlanOptions {
  /** The plan ends before the event that would exceed this number. */
  readonly keysMax?: number;
  /** Default all of the projection. */
  readonly partition?: Partition;
  /** Default: documents do not expire. */
  readonly expiry?: Expiry | undefined;
}

/** The needs of a batch's events, grouped by key and still in order. */
export class DocumentPlan {
  /** Every key once. */
  readonly keys: string[] = [];
  /** The number of wanted events passed, including parked ones. */
  eventsApplied = 0;
  /** The first event whose payload or key failed: the plan ends before it. */
  poison: Poison | undefined;
  /** The number of planned events, if not all: they have enough documents for one commit. */
  end: number | undefined;
  readonly #projection: DocumentProjection;
  readonly #gate: Gate;
  readonly #partition: Partition;
  readonly #expiry: Expiry | undefined;
  readonly #digest: RollingDigest;
  readonly #slotOf = new Map<string, number>();
  // Fold events[i] into the document of keys[slots[i]]: two flat lists instead of one object for each event.
  readonly #events: RecordedEvent[] = [];
  readonly #slots: number[] = [];

  /** For one part: only documents whose keys belong to it; but the digest covers all wanted events. */
  constructor(
    projection: DocumentProjection,
    events: readonly RecordedEvent[],
    digest: string,
    gate: Gate,
    { keysMax = Infinity, partition = WHOLE, expiry }: PlanOptions = {},
  ) {
    this.#projection = projection;
    this.#gate = gate;
    this.#partition = partition;
    this.#expiry = expiry;
    this.#digest = new RollingDigest(digest);
    for (let index = 0; index < events.length; index++) {
      if (this.keys.length >= keysMax) {
        this.end = index;
        return;
      }
      const event = events[index] as RecordedEvent;
      if (!projection.wanted.wants(event)) continue;
      if (!gate.takesStream(event) && !this.#plan(event)) return;
      this.#digest.add(event.position, event.id);
      this.eventsApplied++;
    }
  }

  /** Over everything applied so far, including this batch. */
  get digest(): string {
    return this.#digest.toString();
  }

  /**
   * The documents after the batch, from those before it; both in the order of `keys`. The input is not changed. It
   * stops at a poison event, and the result is then useless.
   */
  fold(before: readonly MaybeDocument[]): { readonly after: readonly MaybeDocument[]; readonly poison?: Poison } {
    const after = [...before];
    const { evolve } = this.#projection;
    for (let index = 0; index < this.#events.length; index++) {
      const event = this.#events[index] as RecordedEvent;
      const slot = this.#slots[index] as number;
      const key = this.keys[slot] as string;
      try {
        const next = evolve.get(event.type)?.(this.#seenBy(event, after[slot] ?? null), event, key);
        if (typeof next !== 'object') throw new TypeError(`evolve gave ${typeof next}; it must give the document, or null to delete it`);
        after[slot] = next;
      } catch (error) {
        return { after, poison: { event, key, error } };
      }
    }
    return { after };
  }

  #seenBy(event: RecordedEvent, document: MaybeDocument): MaybeDocument {
    return document && this.#expiry && isExpiredFor(event, document, this.#expiry) ? null : document;
  }

  /** False if the event is poison. */
  #plan(recorded: RecordedEvent): boolean {
    try {
      const event = this.#projection.wanted.decode(recorded);
      const keys = this.#projection.key(event);
      if (typeof keys === 'string') this.#add(event, keys);
      else if (keys !== null) for (const key of keysOf(keys)) this.#add(event, key);
      return true;
    } catch (error) {
      this.poison = { event: recorded, key: streamKeyOf(recorded, this.#partition.number), error };
      return false;
    }
  }

  #add(event: RecordedEvent, key: string): void {
    assertKey(key);
    const { number, count } = this.#partition;
    if (count > 1 && partitionOf(key, count) !== number) return;
    if (this.#gate.takes(event, key)) return;
    let slot = this.#slotOf.get(key);
    if (slot === undefined) {
      slot = this.keys.length;
      this.#slotOf.set(key, slot);
      this.keys.push(key);
    }
    this.#events.push(event);
    this.#slots.push(slot);
  }
}

/** The documents of an event; throws the errors of the payload and of the key function. */
export const documentKeysOf = (projection: DocumentProjection, recorded: RecordedEvent): readonly string[] => {
  const keys = keysOf(projection.key(projection.wanted.decode(recorded)));
  keys.forEach(assertKey);
  return keys;
};

const keysOf = (keys: unknown): readonly string[] => {
  if (keys === null) return [];
  if (typeof keys === 'string') return [keys];
  if (Array.isArray(keys)) return [...new Set<string>(keys)];
  throw new TypeError(`key gave ${typeof keys}; it must give a string, a list of strings, or null`);
};

const assertKey = (key: string): void => {
  if (typeof key !== 'string' || isStreamKey(key))
    throw new TypeError(`key gave ${JSON.stringify(key)}; it must give strings that do not begin with $stream/, or null`);
};

/** The changes from `before` to `after`; both in the order of `keys`. */
export const changesOf = (
  collection: string,
  keys: readonly string[],
  before: readonly MaybeDocument[],
  after: readonly MaybeDocument[],
): CollectionChanges => {
  const upserts = new Map<string, ProjectionDocument>();
  const deletes: string[] = [];
  const newKeys = new Set<string>();
  keys.forEach((key, slot) => {
    const document = after[slot] ?? null;
    if (document === before[slot]) return;
    if (!document) {
      deletes.push(key);
      return;
    }
    upserts.set(key, document);
    if (before[slot] === null) newKeys.add(key);
  });
  return { collection, upserts, deletes, newKeys };
};
