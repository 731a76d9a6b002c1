// All projections of the cache.
import type { HostedProjection, ReadStore } from '@mainstem/projection';
import { documentTotals } from './document-totals.projection.js';
import { monthlyProducts } from './monthly-products.projection.js';
import { productCards } from './product-cards.projection.js';

export const cacheProjections = [documentTotals, productCards, monthlyProducts] as const;

/** Each on its own; one whose definition has changed fills a new generation while the old one serves. */
export const hostedOnCache = (store: ReadStore): readonly HostedProjection[] =>
  cacheProjections.map((projection) => ({ projection, store, rebuild: 'auto' }));
