// Queries of the leaderboards in the cache.
import type { CustomerBalance, DocumentTotal } from '#apps/read-models/src/cache/customer-balance.document.js';
import type { MonthlyProduct, ProductCard } from '#apps/read-models/src/cache/product-card.document.js';
import { CACHE_READ_STORE } from '#apps/read-models/src/read-stores.js';
import type { Answer } from '@mainstem/nest';
import type { CacheQueries } from '@mainstem/projection';
import { Inject, Injectable } from '@nestjs/common';
import { UnknownName } from '../errors.js';

/** Key and value: money as a decimal string, counts as numbers. The largest first, then by key. */
export type Places = readonly (readonly [key: string, value: string | number])[];

@Injectable()
export class LeaderboardsQueries {
  constructor(@Inject(CACHE_READ_STORE) private readonly cache: CacheQueries) {}

  /** Errors: READ_MODEL_KEY_UNKNOWN. */
  async top(name: string, limit: number): Promise<Answer<Places>> {
    const board = Object.hasOwn(LEADERBOARDS, name) ? LEADERBOARDS[name] : undefined;
    if (!board) throw new UnknownName('leaderboard', name, LEADERBOARD_NAMES);
    return board(this.cache, name, limit);
  }

  /** Units sold in one month. */
  async topOfMonth(month: string, limit: number): Promise<Answer<Places>> {
    const { value, position } = await this.cache.top<MonthlyProduct>('monthly-products', month, { limit });
    return { value: value.map(({ document }) => [document.sku, document.unitsSold] as const), position };
  }
}

type Leaderboard = (cache: CacheQueries, name: string, limit: number) => Promise<Answer<Places>>;

const ofCollection =
  <Document extends object>(collection: string, valueOf: (document: Document) => string | number): Leaderboard =>
  async (cache, name, limit) => {
    const { value, position } = await cache.top<Document>(collection, name, { limit });
    return { value: value.map(({ key, document }) => [key, valueOf(document)] as const), position };
  };

const LEADERBOARDS: Readonly<Record<string, Leaderboard>> = {
  'skus-by-units-sold': ofCollection<ProductCard>('product-cards', (card) => card.unitsSold),
  'skus-by-gross-revenue': ofCollection<ProductCard>('product-cards', (card) => card.grossRevenue),
  'skus-by-units-returned': ofCollection<ProductCard>('product-cards', (card) => card.unitsReturned),
  'customers-by-net-sales': ofCollection<CustomerBalance>('customer-balances', (customer) => customer.netSales),
  'customers-by-orders': ofCollection<CustomerBalance>('customer-balances', (customer) => customer.orders),
  'orders-by-total': ofCollection<DocumentTotal>('document-totals', (order) => order.total),
};

export const LEADERBOARD_NAMES: readonly string[] = Object.keys(LEADERBOARDS);
