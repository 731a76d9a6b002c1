// The leaderboards, with their scores (money in whole thousandths). A board has the highest score first, then the key.
import type { BoardEntry } from '@mainstem/projection';
import { moneyScore } from '../money/money.js';
import type { CustomerBalance, DocumentTotal } from './customer-balance.document.js';
import type { MonthlyProduct, ProductCard } from './product-card.document.js';

export const documentBoards = (document: DocumentTotal): readonly BoardEntry[] =>
  document.kind === 'order' ? [{ board: 'orders-by-total', score: moneyScore(document.total) }] : [];

export const customerBoards = (customer: CustomerBalance): readonly BoardEntry[] => [
  { board: 'customers-by-net-sales', score: moneyScore(customer.netSales) },
  ...(customer.orders > 0 ? [{ board: 'customers-by-orders', score: customer.orders }] : []),
];

export const productBoards = (product: ProductCard): readonly BoardEntry[] => [
  ...(product.unitsSold > 0
    ? [
        { board: 'skus-by-units-sold', score: unitScore(product.unitsSold) },
        { board: 'skus-by-gross-revenue', score: moneyScore(product.grossRevenue) },
      ]
    : []),
  ...(product.unitsReturned > 0 ? [{ board: 'skus-by-units-returned', score: unitScore(product.unitsReturned) }] : []),
];

/** A board for each month. */
export const monthlyBoards = (product: MonthlyProduct): readonly BoardEntry[] => [{ board: product.month, score: unitScore(product.unitsSold) }];

const unitScore = (units: number): number => Math.min(units, Number.MAX_SAFE_INTEGER);
