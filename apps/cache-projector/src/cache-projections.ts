// All projections of the cache.
import { partitioned, type AnyProjection, type HostedProjection, type ReadStore, type RebuildPolicy } from '@mainstem/projection';
import type { PartitionCounts } from '@mainstem/projection/settings';
import { documentTotals } from './document-totals.projection.js';
import { monthlyProducts } from './monthly-products.projection.js';
import { productCards } from './product-cards.projection.js';

export const cacheProjections = [documentTotals, productCards, monthlyProducts] as const;

/** Each on its own. `rebuild`: what to do if a definition has changed; `parts`: the number of parts, by name. */
export const hostedOnCache = (store: ReadStore, rebuild: RebuildPolicy = 'manual', parts: PartitionCounts = {}): readonly HostedProjection[] =>
  cacheProjections.map((projection) => ({ projection: partitioned<AnyProjection>(projection, parts[projection.name] ?? 1), store, rebuild }));
