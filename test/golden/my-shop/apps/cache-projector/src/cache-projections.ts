// All projections of the cache, and what it derives from their documents: leaderboards.
import type { AnyProjection } from '@mainstem/projection';
import { ordersByCustomerProjection, ordersByCustomerBoards } from './orders-by-customer.projection.js';

export const cacheProjections: readonly AnyProjection[] = [ordersByCustomerProjection];
/** By the name of the projection. */
export const cacheCollections = { 'orders-by-customer': { boards: ordersByCustomerBoards } };
