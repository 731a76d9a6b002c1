// Folds the documents of a slice of keys in memory, by the engine's own pure code.
import type { Position, RecordedEvent, StreamName } from '@mainstem/event-store';
import type { DocumentProjection } from '../definition/document-projection.js';
import { EMPTY_DIGEST } from '../read-store/rolling-digest.js';
import { DocumentPlan, type MaybeDocument } from '../fold/document-batch.js';
import { estimateBytes } from '../fold/document-cache.js';
import type { Gate } from '../fold/parking.js';
import { isExpiredAt, removableAfter } from '../fold/expired-documents.js';
import { ProjectionFailed } from '../fold/errors.js';
import type { Expiry, ParkedEvent, ProjectionDocument } from '../read-store/read-store.js';
import { keyHash } from '../read-store/key-hash.js';
import { partitionOf, type Partition } from '../read-store/partition.js';
import { halvesOf, isInSlice, isSampled, type KeySlice } from './key-slice.js';
import type { ParkedFolds } from './parked-folds.js';

/** A key that occurred, with its document (null if deleted) and its last folded event. */
export interface FoldedKey {
  document: MaybeDocument;
  bytes: number;
  isSeen: boolean;
  position: Position;
  type: string;
  stream: StreamName;
}

export interface SliceFoldOptions {
  readonly slice: KeySlice;
  readonly share: number;
  readonly parked: ParkedFolds;
  readonly partition: Partition;
  readonly expiry: Expiry | undefined;
}

/** The memory of an entry besides its document. */
const ENTRY_BYTES = 160;

export class SliceFold {
  /** All keys of the slice that occurred. */
  readonly keys = new Map<string, FoldedKey>();
  /** Their approximate memory. */
  bytes = 0;
  /** Over all wanted events folded, also of other slices. */
  digest = EMPTY_DIGEST;
  parked: ParkedFolds;
  readonly #projection: DocumentProjection;
  readonly #share: number;
  readonly #partition: Partition;
  readonly #expiry: Expiry | undefined;
  #removableUntil = -Infinity;
  #slice: KeySlice;

  constructor(projection: DocumentProjection, { slice, share, parked, partition, expiry }: SliceFoldOptions) {
    this.#projection = projection;
    this.#slice = slice;
    this.#share = share;
    this.#partition = partition;
    this.#expiry = expiry;
    this.parked = parked;
  }

  get slice(): KeySlice {
    return this.#slice;
  }

  holds(key: string): boolean {
    const { number, count } = this.#partition;
    if (count > 1 && partitionOf(key, count) !== number) return false;
    if (this.#slice.bits === 0 && this.#share >= 1) return true;
    const hash = keyHash(key);
    return isInSlice(hash, this.#slice) && isSampled(hash, this.#share);
  }

  /** A commit may have removed the document since, because it had expired. */
  mayBeRemoved(document: ProjectionDocument): boolean {
    return this.#expiry !== undefined && isExpiredAt(this.#removableUntil, document, this.#expiry);
  }

  /** Folds the next events. Errors: PROJECTION_FAILED for one that is not parked and cannot be folded. */
  fold(events: readonly RecordedEvent[]): void {
    const plan = new DocumentPlan(this.#projection, events, this.digest, this.#gate(), { partition: this.#partition, expiry: this.#expiry });
    const before = plan.keys.map((key) => this.keys.get(key)?.document ?? null);
    const { after, poison = plan.poison } = plan.fold(before);
    if (poison) throw new ProjectionFailed(this.#projection.name, poison.key, poison.event.position, poison.event.type, poison.error);
    this.digest = plan.digest;
    if (this.#expiry) for (const event of events) this.#removableUntil = Math.max(this.#removableUntil, removableAfter(event));
    plan.keys.forEach((key, slot) => this.#set(key, after[slot] ?? null));
  }

  /** Keeps one half of the keys; the other half is left to another fold. */
  split(): KeySlice {
    const [kept, left] = halvesOf(this.#slice);
    this.#slice = kept;
    for (const [key, { bytes }] of this.keys) {
      if (isInSlice(keyHash(key), kept)) continue;
      this.keys.delete(key);
      this.bytes -= bytes;
    }
    return left;
  }

  #set(key: string, document: MaybeDocument): void {
    const entry = this.keys.get(key);
    if (!entry) throw new TypeError(`key ${key} was folded without an event`);
    entry.document = document;
    const bytes = ENTRY_BYTES + 2 * key.length + (document ? estimateBytes(document) : 0);
    this.bytes += bytes - entry.bytes;
    entry.bytes = bytes;
  }

  #gate(): Gate {
    const events: readonly ParkedEvent[] = [];
    return {
      events,
      takes: (event, key) => {
        if (!this.holds(key) || this.parked.has(event, key)) return true;
        this.#touch(key, event);
        return false;
      },
      takesStream: (event) => this.parked.hasStream(event),
    };
  }

  #touch(key: string, { position, type, stream }: RecordedEvent): void {
    const entry = this.keys.get(key);
    if (!entry) {
      this.keys.set(key, { document: null, bytes: 0, isSeen: false, position, type, stream });
      return;
    }
    entry.position = position;
    entry.type = type;
    entry.stream = stream;
  }
}
