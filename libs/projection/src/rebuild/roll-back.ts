// Goes back to a generation that served before, as atomically as a promotion, and brings it up to date first where that is possible.
import { systemRuntime, type EventReader } from '@mainstem/event-store';
import type { HostedProjection } from '../definition/hosted-projection.js';
import { assertOfEventStore, generationOf, servingOf } from '../generations/generations-of.js';
import { assertSameLogOf } from '../generations/same-log.js';
import { NothingToRollBack, RollbackBehind } from './errors.js';
import type { Generation } from '../read-store/checkpoint.js';
import { isBehind } from '../read-store/promotion-rules.js';
import type { RebuiltProjection } from './generation-job.js';
import { Rebuilder, type RebuilderOptions } from './rebuilder.js';

export interface RollBackOptions extends Omit<RebuilderOptions, 'projections'> {
  readonly hosted: HostedProjection;
  /** Which generation; default the newest one that was retired before the one that serves was made. */
  readonly to?: number;
  /** Go back even to a generation that cannot be brought up to date here: queries then go back to its position. Default false. */
  readonly isForced?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Makes a retired generation serve again; the one that served is retired and stays. One that this definition has filled is brought up to date
 * first, and compared with the event store by its digest: where they differ it is deleted, and the result says so. One of another definition must stand on an
 * event that the event store holds. Errors: ROLLBACK_NO_GENERATION, ROLLBACK_BEHIND (names the number of events it lacks),
 * PROJECTION_FOREIGN_EVENT_STORE, PROJECTION_CHECKPOINT_AHEAD, PROJECTION_EVENT_STORE_RESTORED, those of the stores.
 */
export const rollBack = async ({ hosted, to, isForced = false, signal, ...options }: RollBackOptions): Promise<RebuiltProjection> => {
  const { projection, store } = hosted;
  const { reader, runtime = systemRuntime } = options;
  const generations = await store.generations(projection.name);
  const serving = servingOf(generations);
  const target = targetOf(projection.name, generations, serving, to);
  assertOfEventStore(projection.name, [target], reader.incarnation);
  if (target.fingerprint === projection.fingerprint) {
    const rebuilder = new Rebuilder({ ...options, projections: [hosted] });
    const plan = { hosted, number: target.number, from: target.checkpoint.position, former: serving, isResumed: true };
    const [result] = (await rebuilder.promote([plan], signal ?? new AbortController().signal)).projections;
    if (!result) throw new TypeError('a rollback without a result');
    return result;
  }
  // Nobody but its own program could bring it up to date, or compare it; what can be asked is asked, forced or not.
  await assertSameLogOf(hosted, target, reader, signal);
  if (serving && !isForced && isBehind(target, serving)) throw behind(reader, target, serving);
  const startMs = runtime.monotonic();
  await store.promote(projection.name, target.number, { isForced });
  return {
    projection: projection.name,
    store: store.name,
    generation: target.number,
    former: serving?.number,
    outcome: 'promoted',
    isTakenOver: false,
    isResumed: true,
    eventsApplied: 0,
    parkedKeys: 0,
    durationMs: Math.round(runtime.monotonic() - startMs),
  };
};

const targetOf = (projection: string, generations: readonly Generation[], serving: Generation | undefined, to: number | undefined): Generation => {
  const retired = generations.filter(({ state }) => state === 'retired');
  if (to !== undefined) {
    const chosen = generationOf(retired, to);
    if (chosen) return chosen;
    const known = retired.map(({ number }) => number).join(', ') || 'none';
    throw new NothingToRollBack(projection, `generation ${to} is not one that has served and was kept; those are: ${known}`);
  }
  const former = retired.findLast(({ number }) => serving === undefined || number < serving.number);
  if (former) return former;
  const later = retired.at(-1);
  throw new NothingToRollBack(
    projection,
    later
      ? `no generation before ${serving?.number ?? 0} was kept; to go on to a later one, name it (--to ${later.number})`
      : 'no generation that has served before was kept',
  );
};

const behind = ({ hasDensePositions }: EventReader, target: Generation, serving: Generation): RollbackBehind => {
  const [actual, expected] = [target.checkpoint.position, serving.checkpoint.position];
  const by = hasDensePositions ? `${(expected ?? 0n) - (actual ?? 0n)} events` : 'some way';
  return new RollbackBehind(target.projection, target.number, actual, expected, by);
};
