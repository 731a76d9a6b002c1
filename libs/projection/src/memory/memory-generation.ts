// One generation in memory: its documents as JSON text, and its parked events.
import { encodeJson, isPositionBefore } from '@mainstem/event-store';
import { InvalidDocument } from '../read-store/errors.js';
import { compareKeys } from '../read-store/key-order.js';
import type {
  CollectionChanges,
  CommitBatch,
  ParkedEvent,
  ParkedQuery,
  ProjectionDocument,
  ScanEntry,
  ScanOptions,
} from '../read-store/read-store.js';

export type CollectionTexts = Map<string, string>;

export class MemoryGeneration {
  readonly #collections: ReadonlyMap<string, CollectionTexts>;
  readonly #parked = new Map<string, ParkedEvent>();

  /** With these collections, all empty. */
  constructor(collections: readonly string[]) {
    this.#collections = new Map(collections.map((name) => [name, new Map<string, string>()]));
  }

  collection(name: string): ReadonlyMap<string, string> | undefined {
    return this.#collections.get(name);
  }

  /** The documents of these keys; keys without one are absent. */
  load(collection: string, keys: readonly string[]): ReadonlyMap<string, ProjectionDocument> {
    const texts = this.#collections.get(collection);
    const documents = new Map<string, ProjectionDocument>();
    for (const key of keys) {
      const text = texts?.get(key);
      if (text !== undefined) documents.set(key, decodeDocument(text));
    }
    return documents;
  }

  /** The present state, whatever is committed later. */
  copy(): MemoryGeneration {
    const copied = new MemoryGeneration([...this.#collections.keys()]);
    for (const [name, texts] of this.#collections) for (const [key, text] of texts) copied.#texts(name).set(key, text);
    for (const [id, event] of this.#parked) copied.#parked.set(id, event);
    return copied;
  }

  /** Returns nothing for an unknown collection. */
  scan(collection: string, { after, limit }: ScanOptions): readonly ScanEntry[] {
    const texts = this.#collections.get(collection) ?? new Map<string, string>();
    const keys = [...texts.keys()].filter((key) => after === undefined || compareKeys(key, after) > 0).sort(compareKeys);
    return keys.slice(0, limit).map((key) => [key, decodeDocument(texts.get(key) ?? 'null')]);
  }

  /** In order of position, then key. */
  parkedEvents({ key, after, limit }: ParkedQuery): readonly ParkedEvent[] {
    return [...this.#parked.values()]
      .filter((event) => (key === undefined || event.key === key) && isPositionBefore(after, event.position))
      .sort((left, right) => compare(left.position, right.position) || compare(left.key, right.key))
      .slice(0, limit);
  }

  /** Number of parked events by key. */
  parkedKeys(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { key } of this.#parked.values()) counts.set(key, (counts.get(key) ?? 0) + 1);
    return counts;
  }

  /** Writes everything except the checkpoint. Errors: READ_STORE_INVALID_DOCUMENT; then nothing has changed. */
  write({ changes, park = [], unpark = [] }: CommitBatch): void {
    const encoded = changes.map((one) => ({ deletes: one.deletes, texts: encode(one), target: this.#texts(one.collection) }));
    for (const { deletes, texts, target } of encoded) {
      for (const [key, text] of texts) target.set(key, text);
      for (const key of deletes) target.delete(key);
    }
    for (const { key, position } of unpark) this.#parked.delete(parkedId(key, position));
    for (const event of park) this.#parked.set(parkedId(event.key, event.position), event);
  }

  #texts(collection: string): CollectionTexts {
    const texts = this.#collections.get(collection);
    if (!texts) throw new TypeError(`the projection declares no collection ${collection}`);
    return texts;
  }
}

/** A stored document, as a copy. */
export const decodeDocument = (text: string): ProjectionDocument => JSON.parse(text) as ProjectionDocument;

const encode = (changes: CollectionChanges): Map<string, string> => {
  const texts = new Map<string, string>();
  for (const [key, document] of changes.upserts) {
    try {
      texts.set(key, encodeJson(document, 'document'));
    } catch (error) {
      throw new InvalidDocument(changes.collection, key, error instanceof Error ? error.message : String(error), error);
    }
  }
  return texts;
};

const parkedId = (key: string, position: bigint): string => `${position} ${key}`;

const compare = <T extends string | bigint>(left: T, right: T): number => (left < right ? -1 : left > right ? 1 : 0);
