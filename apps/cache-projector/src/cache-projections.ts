// All projections of the cache.
import { documentTotals } from './document-totals.projection.js';
import { monthlyProducts } from './monthly-products.projection.js';
import { productCards } from './product-cards.projection.js';

export const cacheProjections = [documentTotals, productCards, monthlyProducts] as const;
