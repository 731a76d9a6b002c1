// All projections of the search index, and which fields of their documents it searches.
import type { AnyProjection, SearchCollections } from '@mainstem/projection';
import { orderSearchProjection } from './order-search.projection.js';

export const searchProjections: readonly AnyProjection[] = [orderSearchProjection];
/** By the name of the projection. */
export const searchCollections: SearchCollections = { 'order-search': { text: ['customer', 'product'] } };
