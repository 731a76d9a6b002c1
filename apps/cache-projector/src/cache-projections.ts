// All projections of the cache.
import type { HostedProjection, ReadStore, RebuildPolicy } from '@mainstem/projection';
import { documentTotals } from './document-totals.projection.js';
import { monthlyProducts } from './monthly-products.projection.js';
import { productCards } from './product-cards.projection.js';

export const cacheProjections = [documentTotals, productCards, monthlyProducts] as const;

/** Each on its own. `rebuild`: what to do about one whose definition has changed. */
export const hostedOnCache = (store: ReadStore, rebuild: RebuildPolicy = 'manual'): readonly HostedProjection[] =>
  cacheProjections.map((projection) => ({ projection, store, rebuild }));
