// All aggregates of the ledger.
import type { AnyAggregate } from '@mainstem/aggregate';
import { badDebt } from './bad-debt/bad-debt.aggregate.js';
import { creditNote } from './credit-note/credit-note.aggregate.js';
import { customer } from './customer/customer.aggregate.js';
import { order } from './order/order.aggregate.js';
import { product } from './product/product.aggregate.js';
import { stockAdjustment } from './stock-adjustment/stock-adjustment.aggregate.js';

/** Every aggregate, for tools that show streams. Policies feed the last two. */
export const ledgerAggregates: readonly AnyAggregate[] = [order, creditNote, stockAdjustment, badDebt, customer, product];
