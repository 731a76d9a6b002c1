// Decides which generation a rebuild fills: one that was begun and left, or a new one; and that nobody else is at it.
import type { EventReader, Position, Runtime } from '@mainstem/event-store';
import { assertStoreHosts } from '../definition/assert-store-hosts.js';
import type { CrashPoints } from '../generations/crash-points.js';
import type { HostedProjection } from '../definition/hosted-projection.js';
import { assertOfEventStore, generationOf, servingOf } from '../generations/generations-of.js';
import { assertSameLogOf, isOfLostEvents } from '../generations/same-log.js';
import { RebuildRunning } from './errors.js';
import type { Generation } from '../read-store/checkpoint.js';

/** Before it is taken over: whoever fills it commits about once a second, and the worst that a wrong answer does is that the epoch fences one of the two off. */
const WATCH_MS = 3_000;
const LOOK_MS = 100;

export interface TargetOptions {
  readonly reader: EventReader;
  readonly runtime: Runtime;
  readonly crash: CrashPoints | undefined;
  readonly signal: AbortSignal;
}

export interface RebuildTarget {
  readonly hosted: HostedProjection;
  readonly number: number;
  /** Its checkpoint then. */
  readonly from: Position | undefined;
  /** The one that served when it began. */
  readonly former: Generation | undefined;
  /** It was begun before and goes on from its checkpoint. */
  readonly isResumed: boolean;
}

/** Errors: REBUILD_RUNNING, PROJECTION_FOREIGN_EVENT_STORE, PROJECTION_INVALID_DEFINITION, PROJECTION_NOT_PARTITIONABLE, and those of the store. */
export const assertRebuildable = async ({ projection, store }: HostedProjection, options: TargetOptions): Promise<void> => {
  assertStoreHosts(projection, store);
  const generations = await store.generations(projection.name);
  assertOfEventStore(projection.name, generations, options.reader.incarnation);
  const look = { ...options, watchMs: WATCH_MS };
  const filling = generations.filter(({ state }) => state === 'filling');
  const signs = await Promise.all(filling.map((generation) => signOfLife({ projection, store }, generation, look)));
  const running = filling[signs.indexOf('alive')];
  if (running) throw new RebuildRunning(projection.name, running.number);
};

/**
 * The newest generation of this definition that was begun and left; else a new one, filled in bulk. One that was begun with events which the event store
 * does not hold any more is deleted. Errors: REBUILD_RUNNING, those of the stores.
 */
export const chooseTarget = async (hosted: HostedProjection, { reader, crash, signal }: TargetOptions): Promise<RebuildTarget> => {
  const { projection, store } = hosted;
  const generations = await withoutLost(hosted, await store.generations(projection.name), { reader, signal });
  const former = servingOf(generations);
  const begun = generations.findLast(({ state, fingerprint }) => state === 'filling' && fingerprint === projection.fingerprint);
  if (begun) return { hosted, number: begun.number, from: begun.checkpoint.position, former, isResumed: true };
  const { number } = await store.createGeneration(projection, reader.incarnation, { isBulk: true });
  await assertFirst(hosted, number, generations);
  if (crash) await crash.reach('begin', projection.name);
  return { hosted, number, from: undefined, former, isResumed: false };
};

/** All that go on from here could go wrong with: those of this definition that are being filled. */
const withoutLost = async (
  { projection, store }: HostedProjection,
  generations: readonly Generation[],
  { reader, signal }: Pick<TargetOptions, 'reader' | 'signal'>,
): Promise<readonly Generation[]> => {
  const kept: Generation[] = [];
  for (const generation of generations) {
    const isBegun = generation.state === 'filling' && generation.fingerprint === projection.fingerprint;
    try {
      if (isBegun) await assertSameLogOf({ projection, store }, generation, reader, signal);
      kept.push(generation);
    } catch (error) {
      if (!isOfLostEvents(error)) throw error;
      await store.dropGeneration(projection.name, generation.number);
    }
  }
  return kept;
};

/** Of two that began at the same moment the one with the smaller number stays. */
const assertFirst = async ({ projection, store }: HostedProjection, number: number, before: readonly Generation[]): Promise<void> => {
  const old = new Set(before.map((generation) => generation.number));
  const rival = (await store.generations(projection.name)).find((one) => one.state === 'filling' && one.number < number && !old.has(one.number));
  if (!rival) return;
  await store.dropGeneration(projection.name, number);
  throw new RebuildRunning(projection.name, rival.number);
};

/** What a look at a generation that may be being filled has shown; `gone`: it was promoted or deleted meanwhile; `unknown`: the signal fired first. */
export type SignOfLife = 'alive' | 'left' | 'gone' | 'unknown';

export interface LookOptions extends Pick<TargetOptions, 'runtime' | 'signal'> {
  /** Without a commit for so long it was left. */
  readonly watchMs: number;
}

/**
 * Whether somebody fills a generation: its last commit moves while it is looked at. How old that commit says it is tells nothing, since it is the
 * time of another machine: the clock that counts is this process's own. Errors: those of the store.
 */
export const signOfLife = async (
  { projection, store }: Pick<HostedProjection, 'projection' | 'store'>,
  generation: Generation,
  { runtime, signal, watchMs }: LookOptions,
): Promise<SignOfLife> => {
  const deadline = runtime.monotonic() + watchMs;
  while (runtime.monotonic() < deadline) {
    await runtime.sleep(LOOK_MS, signal);
    if (signal.aborted) return 'unknown';
    const now = generationOf(await store.generations(projection.name), generation.number);
    if (now?.state !== generation.state) return 'gone';
    if (now.updatedAt !== generation.updatedAt) return 'alive';
  }
  return 'left';
};
