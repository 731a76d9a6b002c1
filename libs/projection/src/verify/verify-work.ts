// Shared by both ways of verifying.
import type { EventReader, Position } from '@mainstem/event-store';
import type { AnyProjection } from '../definition/hosted-projection.js';
import type { Partition } from '../read-store/partition.js';
import type { GenerationSnapshot, ReadStore } from '../read-store/read-store.js';
import type { Differences } from './differences.js';

/** The progress of a verification. */
export interface VerifyProgress {
  readonly projection: string;
  readonly phase: 'fold' | 'compare';
  /** Events up to here are folded in this pass. */
  readonly position: Position | undefined;
  /** The end of the pass. */
  readonly until: Position | undefined;
  /** From 1. */
  readonly pass: number;
  /** As far as it is known now; it grows when memory requires smaller slices. */
  readonly passes: number;
}

export interface VerifyWork<Projection extends AnyProjection> {
  readonly reader: EventReader;
  readonly projection: Projection;
  readonly store: ReadStore;
  readonly generation: number;
  /** The compared part: its keys, in the state of its own checkpoint. */
  readonly partition: Partition;
  /** Share of the keys, above 0 and up to 1. */
  readonly share: number;
  readonly memoryBytesMax: number;
  readonly keyRangesMax: number;
  readonly signal: AbortSignal | undefined;
  readonly differences: Differences;
  snapshot<Result>(use: (snapshot: GenerationSnapshot) => Promise<Result>): Promise<Result>;
  tell(progress: Omit<VerifyProgress, 'projection'>): void;
  /** The compared state. */
  reached(position: Position | undefined, digest: { readonly stored: string; readonly expected: string }): void;
  /** Drops the findings: the work starts again. */
  restart(): void;
}
