// Folded states of recent streams, so that the next command on them need not read them again.
import { LRUCache } from 'lru-cache';
import { assertLimit } from './limits.js';
import type { FoldedStream, Weighed } from '../folded/folded-stream.js';
import { weightOf } from './state-weight.js';

export interface FoldedStreamCacheLimits {
  /** The number of kept streams. Default 10,000; 0 keeps none. */
  readonly streamsMax: number;
  /** Command ids kept with their places, over all streams; one stream keeps a tenth. Default 200,000. */
  readonly commandIdsMax: number;
  /** The limit of memory in bytes, by a cautious estimate. Default 64 MiB. */
  readonly bytesMax: number;
}

const LIMITS: FoldedStreamCacheLimits = { streamsMax: 10_000, commandIdsMax: 200_000, bytesMax: 64 * 1_048_576 };

/** Combines both limits: an entry costs its larger share of the two. */
const WHOLE = 1_000_000_000;
const NODES_PER_LOOK = 512;

/** An entry gets a share with room to grow, so that most commands need no bookkeeping. */
const GROWTH = 1.25;

/**
 * Least recently used, bounded in streams, command ids and bytes. An entry may be out of date, because other processes
 * also append. An append proves it by its expected revision; an answer without an append is given only after the
 * missing events were read.
 */
export class FoldedStreamCache {
  readonly #entries: LRUCache<string, FoldedStream> | undefined;
  readonly #limits: FoldedStreamCacheLimits;

  /** Errors: EVENT_STORE_INVALID_INPUT. */
  constructor(limits: Partial<FoldedStreamCacheLimits> = {}) {
    this.#limits = { ...LIMITS, ...limits };
    const { streamsMax, commandIdsMax, bytesMax } = this.#limits;
    assertLimit('cache.streamsMax', streamsMax, 0);
    assertLimit('cache.commandIdsMax', commandIdsMax);
    assertLimit('cache.bytesMax', bytesMax);
    if (streamsMax === 0) return;
    this.#entries = new LRUCache({ max: streamsMax, maxSize: WHOLE });
  }

  /** Command ids that one stream keeps with their places. */
  get commandIdsPerStreamMax(): number {
    return Math.max(1, Math.floor(this.#limits.commandIdsMax / 10));
  }

  get keepsStreams(): boolean {
    return this.#entries !== undefined;
  }

  has(key: string): boolean {
    return this.#entries?.has(key) ?? false;
  }

  get(key: string): FoldedStream | undefined {
    return this.#entries?.get(key);
  }

  set(key: string, entry: FoldedStream): void {
    if (!this.#entries) return;
    if (!entry.isIsolated) return this.drop(key);
    const weighed = this.#weigh(entry);
    const share = this.#shareOf(entry, weighed);
    if (share <= weighed.share && this.#entries.peek(key) === entry) return;
    weighed.share = Math.max(share, Math.min(WHOLE, Math.ceil(share * GROWTH)));
    // lru-cache keeps the old size of an object that is set again, unless it is removed first.
    this.#entries.delete(key);
    this.#entries.set(key, entry, { size: weighed.share });
  }

  drop(key: string): void {
    this.#entries?.delete(key);
  }

  clear(): void {
    this.#entries?.clear();
  }

  get size(): number {
    return this.#entries?.size ?? 0;
  }

  #shareOf({ commands }: FoldedStream, weighed: Weighed): number {
    const { commandIdsMax, bytesMax } = this.#limits;
    const bytes = weighed.bytes + commands.bytes + 500;
    return 1 + Math.ceil(WHOLE * Math.max(bytes / bytesMax, (1 + commands.size) / (commandIdsMax + 1)));
  }

  #weigh(entry: FoldedStream): Weighed {
    const known = entry.weighed;
    if (known && known.skips-- > 0) return known;
    const { bytes, nodes } = weightOf(entry.state);
    // Half as much again, for growth until the next estimate.
    const skips = Math.floor(nodes / NODES_PER_LOOK);
    return (entry.weighed = { bytes: skips > 0 ? Math.ceil(bytes * 1.5) : bytes, skips, share: known?.share ?? 0 });
  }
}
