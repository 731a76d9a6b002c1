// Decides at start which generation a projection writes.
import type { Incarnation } from '@mainstem/event-store';
import { ForeignEventStore, ProjectionChanged } from './errors.js';
import type { Generation } from '../read-store/checkpoint.js';
import type { ProjectionDescriptor } from '../read-store/read-store.js';
import type { RebuildPolicy } from '../definition/hosted-projection.js';

export type GenerationChoice =
  | { readonly kind: 'create' }
  /** `isFilling`: it does not serve yet and is to be promoted once it has caught up. */
  | { readonly kind: 'open'; readonly number: number; readonly isFilling: boolean };

/**
 * The serving generation if this definition fills it; else, by policy, one of its own that was begun or retired, or a new one.
 * Errors: PROJECTION_FOREIGN_EVENT_STORE, PROJECTION_CHANGED.
 */
export const chooseGeneration = (
  generations: readonly Generation[],
  projection: ProjectionDescriptor,
  incarnation: Incarnation,
  policy: RebuildPolicy,
): GenerationChoice => {
  const foreign = generations.find((generation) => generation.checkpoint.incarnation !== incarnation);
  if (foreign) throw new ForeignEventStore(projection.name, foreign.checkpoint.incarnation, incarnation);
  const serving = generations.find((generation) => generation.state === 'serving');
  if (serving?.fingerprint === projection.fingerprint) return { kind: 'open', number: serving.number, isFilling: false };
  if (serving && policy === 'manual') throw new ProjectionChanged(projection.name, serving.number);
  const mine = generations.filter(({ fingerprint, state }) => fingerprint === projection.fingerprint && state !== 'side');
  // The newest, so that instances which started at the same time agree on one.
  const newest = mine.reduce<Generation | undefined>((best, one) => (best && best.number > one.number ? best : one), undefined);
  return newest ? { kind: 'open', number: newest.number, isFilling: true } : { kind: 'create' };
};
