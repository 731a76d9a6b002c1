// Folded states of the streams used last, so that the next command on them need not read them again.
import type { Position, Revision } from '@mainstem/event-store';
import { LRUCache } from 'lru-cache';

/** Where the events of one command are in their stream. */
export interface CommandPlace {
  readonly first: Revision;
  readonly last: Revision;
  readonly position: Position;
}

/** A stream as far as it has been folded. Only the holder of the stream's lane touches it. */
export interface FoldedStream {
  state: unknown;
  /** Of the last event folded; undefined before the first. */
  revision: Revision | undefined;
  position: Position | undefined;
  /** Every command that has events in the stream up to `revision`. */
  readonly commands: Map<string, CommandPlace>;
}

export interface FoldedStreamCacheLimits {
  /** Streams kept. Default 10,000; 0 keeps none. */
  readonly streamsMax: number;
  /** Command ids kept, over all streams; a stream with more than a tenth of them is read each time. Default 200,000. */
  readonly commandIdsMax: number;
}

const LIMITS: FoldedStreamCacheLimits = { streamsMax: 10_000, commandIdsMax: 200_000 };

/**
 * Least recently used, bounded. An entry may be out of date, because other processes append too: an append proves it by its
 * expected revision, and an answer without an append is given only after the missing events have been read.
 */
export class FoldedStreamCache {
  readonly #entries: LRUCache<string, FoldedStream> | undefined;

  constructor(limits: Partial<FoldedStreamCacheLimits> = {}) {
    const { streamsMax, commandIdsMax } = { ...LIMITS, ...limits };
    if (streamsMax === 0) return;
    this.#entries = new LRUCache({
      max: streamsMax,
      maxSize: commandIdsMax,
      maxEntrySize: Math.max(1, Math.floor(commandIdsMax / 10)),
      sizeCalculation: (entry) => 1 + entry.commands.size,
    });
  }

  get(stream: string): FoldedStream | undefined {
    return this.#entries?.get(stream);
  }

  set(stream: string, entry: FoldedStream): void {
    // lru-cache keeps the size of an object that is set again unless it is dropped first.
    this.#entries?.delete(stream);
    this.#entries?.set(stream, entry);
  }

  drop(stream: string): void {
    this.#entries?.delete(stream);
  }

  get size(): number {
    return this.#entries?.size ?? 0;
  }
}
