// Decides at the start which generation a projection writes.
import type { Incarnation } from '@mainstem/event-store';
import { ForeignEventStore, ProjectionChanged } from './errors.js';
import { foreignOf, servingOf } from './generations-of.js';
import type { Generation } from '../read-store/checkpoint.js';
import type { ProjectionDescriptor } from '../read-store/read-store.js';
import type { RebuildPolicy } from '../definition/hosted-projection.js';

export type GenerationChoice =
  | { readonly kind: 'create' }
  /** `isFilling`: it does not serve yet, and is promoted once it has caught up. */
  | { readonly kind: 'open'; readonly number: number; readonly isFilling: boolean };

/** `foreign`: they are of another event store. `changed`: another definition serves, and the policy needs a person. */
export type GenerationRefusal =
  { readonly kind: 'foreign'; readonly incarnation: Incarnation } | { readonly kind: 'changed'; readonly number: number };

/** The serving generation if it is this definition's; else, by policy, an unfinished, retired or new one. */
export const generationChoiceOf = (
  generations: readonly Generation[],
  { fingerprint: own }: Pick<ProjectionDescriptor, 'fingerprint'>,
  incarnation: Incarnation,
  policy: RebuildPolicy = 'manual',
): GenerationChoice | GenerationRefusal => {
  const foreign = foreignOf(generations, incarnation);
  if (foreign) return { kind: 'foreign', incarnation: foreign.checkpoint.incarnation };
  const serving = servingOf(generations);
  if (serving?.fingerprint === own) return { kind: 'open', number: serving.number, isFilling: false };
  if (serving && policy === 'manual') return { kind: 'changed', number: serving.number };
  const mine = generations.filter(({ fingerprint, state }) => fingerprint === own && state !== 'side');
  // The newest, so that instances which started at the same time choose the same.
  const newest = mine.reduce<Generation | undefined>((best, one) => (best && best.number > one.number ? best : one), undefined);
  return newest ? { kind: 'open', number: newest.number, isFilling: true } : { kind: 'create' };
};

/** Like `generationChoiceOf`. Errors: PROJECTION_FOREIGN_EVENT_STORE, PROJECTION_CHANGED. */
export const chooseGeneration = (
  generations: readonly Generation[],
  projection: ProjectionDescriptor,
  incarnation: Incarnation,
  policy: RebuildPolicy,
): GenerationChoice => {
  const choice = generationChoiceOf(generations, projection, incarnation, policy);
  if (choice.kind === 'foreign') throw new ForeignEventStore(projection.name, choice.incarnation, incarnation);
  if (choice.kind === 'changed') throw new ProjectionChanged(projection.name, choice.number);
  return choice;
};
