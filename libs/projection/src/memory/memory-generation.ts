// One generation in memory: its documents as JSON text, its parked events, its checkpoint.
import { encodeJson } from '@mainstem/event-store';
import { CheckpointMoved, InvalidDocument, UnknownCollection } from '../errors.js';
import type { Generation, GenerationState } from '../read-store/checkpoint.js';
import { compareKeys } from '../read-store/key-order.js';
import type {
  CollectionChanges,
  CommitBatch,
  ParkedEvent,
  ProjectionDescriptor,
  ProjectionDocument,
  ScanEntry,
  ScanOptions,
} from '../read-store/read-store.js';

export type CollectionTexts = Map<string, string>;

export class MemoryGeneration {
  #collections: ReadonlyMap<string, CollectionTexts>;
  readonly #parked = new Map<string, ParkedEvent>();
  #generation: Generation;

  constructor(projection: ProjectionDescriptor, generation: Generation) {
    this.#collections = new Map(projection.collections.map(({ name }) => [name, new Map<string, string>()]));
    this.#generation = generation;
  }

  get described(): Generation {
    return this.#generation;
  }

  enter(state: GenerationState, updatedAt: string): void {
    this.#generation = { ...this.#generation, state, updatedAt };
  }

  finishBulk(updatedAt: string): void {
    this.#generation = { ...this.#generation, isBulk: false, updatedAt };
  }

  raiseEpoch(): void {
    const { checkpoint } = this.#generation;
    this.#generation = { ...this.#generation, checkpoint: { ...checkpoint, epoch: checkpoint.epoch + 1 } };
  }

  collection(name: string): ReadonlyMap<string, string> | undefined {
    return this.#collections.get(name);
  }

  /** The same as of now, whatever is committed later. */
  copy(): MemoryGeneration {
    const copied = new MemoryGeneration({ ...this.#generation, name: this.#generation.projection, collections: [] }, this.#generation);
    copied.#collections = new Map([...this.#collections].map(([name, texts]) => [name, new Map(texts)]));
    for (const [id, event] of this.#parked) copied.#parked.set(id, event);
    return copied;
  }

  /** Errors: READ_STORE_UNKNOWN_COLLECTION. */
  scan(collection: string, { after, limit }: ScanOptions): readonly ScanEntry[] {
    const texts = this.#collections.get(collection);
    if (!texts) throw new UnknownCollection(this.#generation.projection, this.#generation.number, collection);
    const keys = [...texts.keys()].filter((key) => after === undefined || compareKeys(key, after) > 0).sort(compareKeys);
    return keys.slice(0, limit).map((key) => [key, decodeDocument(texts.get(key) ?? 'null')]);
  }

  /** In order of position, then key. */
  parkedEvents(): ParkedEvent[] {
    return [...this.#parked.values()].sort((left, right) => compare(left.position, right.position) || compare(left.key, right.key));
  }

  /** Errors: READ_STORE_CHECKPOINT_MOVED, READ_STORE_INVALID_DOCUMENT; nothing has changed then. */
  commit(epoch: number, batch: CommitBatch, updatedAt: string): void {
    const { checkpoint, projection, number } = this.#generation;
    this.assertEpoch(epoch);
    if (checkpoint.position !== batch.checkpoint.from) throw new CheckpointMoved(projection, number);
    const encoded = batch.changes.map((changes) => ({ changes, texts: encode(changes), target: this.#texts(changes.collection) }));
    for (const { changes, texts, target } of encoded) {
      for (const [key, text] of texts) target.set(key, text);
      for (const key of changes.deletes) target.delete(key);
    }
    for (const { key, position } of batch.unpark ?? []) this.#parked.delete(parkedId(key, position));
    for (const event of batch.park ?? []) this.#parked.set(parkedId(event.key, event.position), event);
    const moved = { ...checkpoint, position: batch.checkpoint.to, digest: batch.checkpoint.digest };
    this.#generation = { ...this.#generation, checkpoint: moved, updatedAt };
  }

  /** Errors: READ_STORE_CHECKPOINT_MOVED. */
  assertEpoch(epoch: number): void {
    const { checkpoint, projection, number } = this.#generation;
    if (checkpoint.epoch !== epoch) throw new CheckpointMoved(projection, number);
  }

  #texts(collection: string): CollectionTexts {
    const texts = this.#collections.get(collection);
    if (!texts) throw new TypeError(`projection ${this.#generation.projection} declares no collection ${collection}`);
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
