// Deletes unneeded generations: retired ones, side ones, and those of abandoned rebuilds.
import { systemRuntime, type Runtime } from '@mainstem/event-store';
import type { CrashPoints } from '../generations/crash-points.js';
import { ABANDONED_AFTER_MS } from '../generations/filling-status.js';
import type { HostedProjection } from '../definition/hosted-projection.js';
import type { Generation } from '../read-store/checkpoint.js';
import type { ReadStore } from '../read-store/read-store.js';
import { signOfLife, type LookOptions, type SignOfLife } from './rebuild-target.js';

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
  /** False for one that a process is filling at this moment. */
  readonly isDropped: boolean;
}

/**
 * Deletes everything of these projections that neither serves nor is being filled; afterwards a rollback is impossible.
 * It first watches generations that may be filling for ten seconds, all at once. Each deletion is one step, so that a
 * process that dies on the way leaves nothing half deleted. Errors: those of the stores.
 */
export const cleanUp = async ({ projections, runtime = systemRuntime, signal, crash }: CleanUpOptions): Promise<readonly CleanedUp[]> => {
  const look = { runtime, signal: signal ?? new AbortController().signal, watchMs: ABANDONED_AFTER_MS };
  const found = await Promise.all(projections.map((hosted) => candidatesOf(hosted, look)));
  const cleaned: CleanedUp[] = [];
  for (const { hosted, generation, sign } of found.flat()) {
    if (look.signal.aborted) break;
    if (sign === 'gone') continue;
    const { projection, store } = hosted;
    const { number, state } = generation;
    const isDropped = sign === 'left';
    if (isDropped) await drop(store, projection.name, number, crash);
    cleaned.push({ projection: projection.name, store: store.name, generation: number, state, isDropped });
  }
  return cleaned;
};

interface Candidate {
  readonly hosted: HostedProjection;
  readonly generation: Generation;
  readonly sign: SignOfLife;
}

const candidatesOf = async (hosted: HostedProjection, look: LookOptions): Promise<readonly Candidate[]> => {
  const others = (await hosted.store.generations(hosted.projection.name)).filter(({ state }) => state !== 'serving');
  return Promise.all(others.map(async (generation) => ({ hosted, generation, sign: await signOf(hosted, generation, look) })));
};

const signOf = async (hosted: HostedProjection, generation: Generation, look: LookOptions): Promise<SignOfLife> =>
  generation.state === 'retired' ? 'left' : signOfLife(hosted, generation, look);

const drop = async (store: ReadStore, projection: string, generation: number, crash: CrashPoints | undefined): Promise<void> => {
  if (crash) await crash.reach('cleanup', projection);
  await store.dropGeneration(projection, generation);
  if (crash) await crash.reach('cleanup', projection);
};
