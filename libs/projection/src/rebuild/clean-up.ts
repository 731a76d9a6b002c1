// Deletes generations that nobody needs any more: retired ones, side ones, and those whose rebuild was left.
import { systemRuntime, type Runtime } from '@mainstem/event-store';
import type { CrashPoints } from '../engine/crash-points.js';
import type { HostedProjection } from '../engine/hosted-projection.js';
import type { Generation } from '../read-store/checkpoint.js';
import type { ReadStore } from '../read-store/read-store.js';
import { isAlive } from './rebuild-target.js';

export interface CleanUpOptions {
  readonly projections: readonly HostedProjection[];
  readonly runtime?: Runtime;
  readonly signal?: AbortSignal;
  readonly crash?: CrashPoints;
}

export interface CleanedUp {
  readonly projection: string;
  readonly store: string;
  readonly generation: number;
  readonly state: Generation['state'];
  /** False for one that somebody is filling at this moment. */
  readonly isDropped: boolean;
}

/**
 * Deletes everything of these projections that neither serves nor is being filled; a rollback is not possible after that. Each deletion is
 * one step, so that a process that dies on the way leaves nothing half deleted. Errors: those of the stores.
 */
export const cleanUp = async ({ projections, runtime = systemRuntime, signal, crash }: CleanUpOptions): Promise<readonly CleanedUp[]> => {
  const cleaned: CleanedUp[] = [];
  const abort = signal ?? new AbortController().signal;
  for (const hosted of projections) {
    const { projection, store } = hosted;
    for (const generation of await store.generations(projection.name)) {
      const { number, state } = generation;
      if (state === 'serving' || abort.aborted) continue;
      const mayBeFilled = state === 'filling' || state === 'side';
      const isDropped = !mayBeFilled || !(await isAlive(hosted, generation, { runtime, signal: abort }));
      if (isDropped) await drop(store, projection.name, number, crash);
      cleaned.push({ projection: projection.name, store: store.name, generation: number, state, isDropped });
    }
  }
  return cleaned;
};

const drop = async (store: ReadStore, projection: string, generation: number, crash: CrashPoints | undefined): Promise<void> => {
  if (crash) await crash.reach('cleanup', projection);
  await store.dropGeneration(projection, generation);
  if (crash) await crash.reach('cleanup', projection);
};
