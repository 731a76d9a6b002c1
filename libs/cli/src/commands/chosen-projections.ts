// Which projections a command works on: the named ones or all; in one read store or in all.
import type { Hosted } from '@mainstem/projection/reaction';
import { AmbiguousProjection, UnknownProjection } from '@mainstem/projection/operate';
import { InvalidArgument, unknownValue } from '../errors.js';

export interface ProjectionChoice {
  readonly names: readonly string[];
  readonly isAll: boolean;
  /** Name of a read store; required if several have a projection of that name. */
  readonly store?: string | undefined;
}

/**
 * In the order of the application. Errors: PROJECTION_UNKNOWN, PROJECTION_AMBIGUOUS, CLI_INVALID_ARGUMENT for neither
 * names nor all, for both, and for a store without projections.
 */
export const chosenProjections = <Runs extends Hosted>(projections: readonly Runs[], { names, isAll, store }: ProjectionChoice): readonly Runs[] => {
  if (isAll === names.length > 0) throw new InvalidArgument('<projection…>', 'must name projections, or be left out with --all.');
  const stores = [...new Set(projections.map((hosted) => hosted.store.name))];
  if (store !== undefined && !stores.includes(store)) throw unknownValue('--store', store, stores);
  const there = projections.filter((hosted) => store === undefined || hosted.store.name === store);
  for (const name of names) {
    const found = there.filter(({ projection }) => projection.name === name);
    if (found.length === 0) throw new UnknownProjection(name, [...new Set(there.map(({ projection }) => projection.name))].toSorted());
    if (found.length > 1)
      throw new AmbiguousProjection(
        name,
        found.map((hosted) => hosted.store.name),
      );
  }
  return isAll ? there : there.filter(({ projection }) => names.includes(projection.name));
};
