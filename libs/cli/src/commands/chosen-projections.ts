// Which projections a command works on: those named, or all.
import { UnknownProjection, type HostedProjection } from '@mainstem/projection';
import { InvalidArgument } from '../errors.js';

export interface ProjectionChoice {
  readonly names: readonly string[];
  readonly isAll: boolean;
}

/** In the order of the application. Errors: PROJECTION_UNKNOWN, CLI_INVALID_ARGUMENT for neither names nor all, or both. */
export const chosenProjections = (projections: readonly HostedProjection[], { names, isAll }: ProjectionChoice): readonly HostedProjection[] => {
  if (isAll === names.length > 0) throw new InvalidArgument('<projection…>', 'must name projections, or be left out with --all.');
  const known = projections.map(({ projection }) => projection.name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UnknownProjection(unknown, known.toSorted());
  return isAll ? projections : projections.filter(({ projection }) => names.includes(projection.name));
};
