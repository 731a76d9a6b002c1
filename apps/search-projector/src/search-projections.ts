// All projections of the search index.
import { partitioned, type AnyProjection, type HostedProjection, type ReadStore, type RebuildPolicy } from '@mainstem/projection';
import type { PartitionCounts } from '@mainstem/projection/settings';
import { productTexts } from './product-texts.projection.js';

export const searchProjections = [productTexts] as const;

/** Each on its own. `rebuild`: what to do if a definition has changed; `parts`: the number of parts, by name. */
export const hostedOnSearch = (store: ReadStore, rebuild: RebuildPolicy = 'manual', parts: PartitionCounts = {}): readonly HostedProjection[] =>
  searchProjections.map((projection) => ({ projection: partitioned<AnyProjection>(projection, parts[projection.name] ?? 1), store, rebuild }));
