// Keeps documents between batches, so that a document that changes again is not loaded again.
import { LRUCache } from 'lru-cache';
import type { ProjectionDocument } from '../read-store/read-store.js';

/**
 * Documents of one collection as of the last commit, the most recently used ones within a limit of bytes. Valid for one
 * session: if the session is lost, the cache must be dropped.
 */
export class DocumentCache<Value extends object = ProjectionDocument> {
  readonly #documents: LRUCache<string, Value>;
  #isComplete: boolean;

  /** `isComplete`: the collection is empty, so everything that it will hold passes through here. */
  constructor(bytesMax: number, isComplete: boolean) {
    this.#isComplete = isComplete;
    this.#documents = new LRUCache<string, Value>({
      maxSize: Math.max(bytesMax, 1),
      dispose: (_value, _key, reason) => {
        if (reason === 'evict') this.#isComplete = false;
      },
    });
  }

  /** Nothing was dropped yet: a key that is not here has no document in the read store either. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  get(key: string): Value | undefined {
    return this.#documents.get(key);
  }

  /** `bytes`: its approximate memory. */
  set(key: string, document: Value, bytes: number): void {
    this.#documents.set(key, document, { size: Math.max(bytes, 1) });
    // An entry above the whole limit is refused without a call of dispose.
    if (this.#isComplete && !this.#documents.has(key)) this.#isComplete = false;
  }

  delete(key: string): void {
    this.#documents.delete(key);
  }

  clear(): void {
    this.#isComplete = false;
    this.#documents.clear();
  }
}

const OBJECT_BYTES = 48;
const SLOT_BYTES = 16;

/** The approximate memory of a document of JSON values; an exact answer would cost too much. */
export const estimateBytes = (value: unknown): number => {
  if (typeof value === 'string') return SLOT_BYTES + value.length;
  if (typeof value !== 'object' || value === null) return SLOT_BYTES;
  let bytes = OBJECT_BYTES;
  if (Array.isArray(value)) {
    for (const member of value) bytes += estimateBytes(member);
    return bytes;
  }
  for (const key in value) bytes += SLOT_BYTES + estimateBytes((value as Record<string, unknown>)[key]);
  return bytes;
};
