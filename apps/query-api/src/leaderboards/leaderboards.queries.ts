// Queries of the leaderboards in the cache.
import type { CustomerBalance, DocumentTotal } from '#apps/read-models/src/cache/customer-balance.document.js';
import type { MonthlyProduct, ProductCard } from '#apps/read-models/src/cache/product-card.document.js';
import { CACHE_READ_STORE } from '#apps/read-models/src/read-stores.js';
import type { Answer } from '@mainstem/nest';
import { Inject, Injectable } from '@nestjs/common';
import type { CacheReads, CacheView } from '../read-stores.js';
import { BOARDS, MONTHLY_BOARDS } from '../sources.js';
import { UnknownName } from '../errors.js';

/** Key and value: money as a decimal string, counts as numbers. The largest first, then by key. */
export type Places = readonly (readonly [key: string, value: string | number])[];

@Injectable()
export class LeaderboardsQueries {
  constructor(@Inject(CACHE_READ_STORE) private readonly cache: CacheReads) {}

  /** Errors: READ_MODEL_KEY_UNKNOWN. */
  async top(name: string, limit: number): Promise<Answer<Places>> {
    const board = Object.hasOwn(LEADERBOARDS, name) ? LEADERBOARDS[name] : undefined;
    if (!board) throw new UnknownName('leaderboard', name, LEADERBOARD_NAMES);
    return this.cache.read(BOARDS.projections, (view) => board(view, name, limit));
  }

  /** Units sold in one month. */
  async topOfMonth(month: string, limit: number): Promise<Answer<Places>> {
    return this.cache.read(MONTHLY_BOARDS.projections, (view) =>
      view.top<MonthlyProduct>('monthly-products', month, limit).map(({ document }) => [document.sku, document.unitsSold] as const),
    );
  }
}

type Leaderboard = (view: CacheView, name: string, limit: number) => Places;

const ofCollection =
  <Document extends object>(collection: string, valueOf: (document: Document) => string | number): Leaderboard =>
  (view, name, limit) =>
    view.top<Document>(collection, name, limit).map(({ key, document }) => [key, valueOf(document)] as const);

const LEADERBOARDS: Readonly<Record<string, Leaderboard>> = {
  'skus-by-units-sold': ofCollection<ProductCard>('product-cards', (card) => card.unitsSold),
  'skus-by-gross-revenue': ofCollection<ProductCard>('product-cards', (card) => card.grossRevenue),
  'skus-by-units-returned': ofCollection<ProductCard>('product-cards', (card) => card.unitsReturned),
  'customers-by-net-sales': ofCollection<CustomerBalance>('customer-balances', (customer) => customer.netSales),
  'customers-by-orders': ofCollection<CustomerBalance>('customer-balances', (customer) => customer.orders),
  'orders-by-total': ofCollection<DocumentTotal>('document-totals', (order) => order.total),
};

export const LEADERBOARD_NAMES: readonly string[] = Object.keys(LEADERBOARDS);
