// The projections of one read store, as a projector hosts them.
import { partitioned, type AnyProjection, type HostedProjection, type ReadStore, type RebuildPolicy } from '@mainstem/projection';
import type { PartitionCounts } from '@mainstem/projection/settings';

/** Each on its own. `rebuild`: what to do if a definition has changed; `parts`: the number of parts, by name. */
export type HostedOn = (store: ReadStore, rebuild?: RebuildPolicy, parts?: PartitionCounts) => readonly HostedProjection[];

export const hostedOn =
  (projections: readonly AnyProjection[]): HostedOn =>
  (store, rebuild = 'manual', parts = {}) =>
    projections.map((projection) => ({ projection: partitioned(projection, parts[projection.name] ?? 1), store, rebuild }));
