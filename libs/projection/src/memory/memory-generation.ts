// One generation in memory: its documents as JSON text, its parked events, its checkpoint.
import { encodeJson } from '@mainstem/event-store';
import { CheckpointMoved, InvalidDocument, UnknownCollection } from '../read-store/errors.js';
import { checkpointIn, ofPartitions } from '../read-store/partition.js';
import type { Checkpoint, Generation, GenerationState } from '../read-store/checkpoint.js';
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

/** A session's claim to a part of the generation. */
export interface PartitionClaim {
  readonly partition: number;
  readonly epoch: number;
}

export class MemoryGeneration {
  #collections: ReadonlyMap<string, CollectionTexts>;
  readonly #parked = new Map<string, ParkedEvent>();
  #generation: Generation;

  constructor(projection: Pick<ProjectionDescriptor, 'collections'>, generation: Generation) {
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

  /** Of one part, or of all. */
  raiseEpoch(partition?: number): void {
    this.#checkpoints.forEach((checkpoint, number) => {
      if (partition === undefined || partition === number) this.#move(number, { ...checkpoint, epoch: checkpoint.epoch + 1 });
    });
  }

  checkpoint(partition: number): Checkpoint {
    return checkpointIn(this.#generation, partition);
  }

  get #checkpoints(): readonly Checkpoint[] {
    return this.#generation.partitions ?? [this.#generation.checkpoint];
  }

  #move(partition: number, moved: Checkpoint): void {
    this.#generation = { ...this.#generation, ...ofPartitions(this.#checkpoints.map((one, number) => (number === partition ? moved : one))) };
  }

  collection(name: string): ReadonlyMap<string, string> | undefined {
    return this.#collections.get(name);
  }

  /** The same as of now, whatever is committed later. */
  copy(): MemoryGeneration {
    const copied = new MemoryGeneration({ collections: [] }, this.#generation);
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
  commit({ partition, epoch }: PartitionClaim, batch: CommitBatch, updatedAt: string): void {
    const { projection, number } = this.#generation;
    this.assertEpoch({ partition, epoch });
    const checkpoint = this.checkpoint(partition);
    if (checkpoint.position !== batch.checkpoint.from) throw new CheckpointMoved(projection, number);
    const encoded = batch.changes.map((changes) => ({ changes, texts: encode(changes), target: this.#texts(changes.collection) }));
    for (const { changes, texts, target } of encoded) {
      for (const [key, text] of texts) target.set(key, text);
      for (const key of changes.deletes) target.delete(key);
    }
    for (const { key, position } of batch.unpark ?? []) this.#parked.delete(parkedId(key, position));
    for (const event of batch.park ?? []) this.#parked.set(parkedId(event.key, event.position), event);
    const { to, digest, lastEvent } = batch.checkpoint;
    const { incarnation } = checkpoint;
    this.#move(partition, { incarnation, position: to, epoch, digest, ...(lastEvent && { lastEvent }) });
    this.#generation = { ...this.#generation, updatedAt };
  }

  /** Errors: READ_STORE_CHECKPOINT_MOVED. */
  assertEpoch({ partition, epoch }: PartitionClaim): void {
    const { projection, number } = this.#generation;
    if (this.checkpoint(partition).epoch !== epoch) throw new CheckpointMoved(projection, number);
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
