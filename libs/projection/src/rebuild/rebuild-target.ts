// Decides which generation a rebuild fills: an abandoned one or a new one, if no other process fills it.
import type { EventReader, Position, Runtime } from '@mainstem/event-store';
import { assertStoreHosts } from '../definition/assert-store-hosts.js';
import type { CrashPoints } from '../generations/crash-points.js';
import type { HostedProjection } from '../definition/hosted-projection.js';
import { assertOfEventStore, generationOf, servingOf } from '../generations/generations-of.js';
import { assertSameLogOf, isOfLostEvents } from '../generations/same-log.js';
import { RebuildRunning } from './errors.js';
import type { Generation } from '../read-store/checkpoint.js';

/**
 * The wait before a takeover: a filling process commits about once a second. After a wrong answer, the epoch fences one
 * of the two off.
 */
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
  /** The serving generation when it began. */
  readonly former: Generation | undefined;
  /** It was begun before and goes on from its checkpoint. */
  readonly isResumed: boolean;
}

/**
 * Errors: REBUILD_RUNNING, PROJECTION_FOREIGN_EVENT_STORE, PROJECTION_INVALID_DEFINITION, PROJECTION_NOT_PARTITIONABLE,
 * those of the store.
 */
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
 * The newest abandoned generation of this definition; else a new one, filled in bulk. If the event store has lost
 * events of an abandoned one, that one is deleted. Errors: REBUILD_RUNNING, those of the stores.
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

/** All generations of this definition that are being filled: any of them may fail. */
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

/** If two began at the same moment, the one with the smaller number stays. */
const assertFirst = async ({ projection, store }: HostedProjection, number: number, before: readonly Generation[]): Promise<void> => {
  const old = new Set(before.map((generation) => generation.number));
  const rival = (await store.generations(projection.name)).find((one) => one.state === 'filling' && one.number < number && !old.has(one.number));
  if (!rival) return;
  await store.dropGeneration(projection.name, number);
  throw new RebuildRunning(projection.name, rival.number);
};

/**
 * The result of watching a generation that may be filling; `gone`: promoted or deleted meanwhile; `unknown`: the signal
 * fired first.
 */
export type SignOfLife = 'alive' | 'left' | 'gone' | 'unknown';

export interface LookOptions extends Pick<TargetOptions, 'runtime' | 'signal'> {
  /** After this time without a commit it counts as abandoned. */
  readonly watchMs: number;
}

/**
 * Whether a process fills a generation: its last commit moves during the watch. The recorded time of that commit is
 * useless, because it comes from another machine's clock: this process's own clock counts. Errors: those of the store.
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
