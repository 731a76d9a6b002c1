// All projections of the cache.
import { hostedOn } from '#apps/read-models/src/hosted-on.js';
import { documentTotals } from './document-totals.projection.js';
import { monthlyProducts } from './monthly-products.projection.js';
import { productCards } from './product-cards.projection.js';

export const cacheProjections = [documentTotals, productCards, monthlyProducts] as const;

export const hostedOnCache = hostedOn(cacheProjections);
