// All projections of SQL, and the entities of their documents.
import type { AnyProjection } from '@mainstem/projection';
import { orderListProjection, OrderList } from './order-list.projection.js';

export const sqlProjections: readonly AnyProjection[] = [orderListProjection];
export const sqlEntities: readonly (new () => object)[] = [OrderList];
