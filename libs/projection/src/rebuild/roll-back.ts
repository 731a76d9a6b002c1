// Goes back to a former generation, as atomically as a promotion, after bringing it up to date if possible.
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
  /** The target; default the newest generation that was retired before the serving one was made. */
  readonly to?: number;
  /** True: go back even if it cannot be brought up to date here: queries then see its older position. Default false. */
  readonly isForced?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Makes a retired generation serve again; the former one is retired and kept. A target of this definition is first
 * brought up to date and compared with the event store by its digest. If they differ it is deleted, and the result says
 * so. The checkpoint event of another definition's target must be in the event store. Errors: ROLLBACK_NO_GENERATION,
 * ROLLBACK_BEHIND (names the number of missing events), PROJECTION_FOREIGN_EVENT_STORE, PROJECTION_CHECKPOINT_AHEAD,
 * PROJECTION_EVENT_STORE_RESTORED, those of the stores.
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
  // Only its own program could bring it up to date or compare it; the possible checks run even with force.
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
    throw new NothingToRollBack(projection, `generation ${to} is no former serving generation that was kept; those are: ${known}`);
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
