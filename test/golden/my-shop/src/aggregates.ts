// All aggregates: each has a folder of its own here.
import { order } from './order/order.aggregate.js';

export const aggregates = [order];
