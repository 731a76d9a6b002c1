// In the cache: the content of a product page.

/** Money has three places. */
export class ProductCard {
  sku!: string;
  /** The last one on an order line. */
  description!: string | null;
  /** On the last order line. */
  price!: string | null;
  unitsSold!: number;
  unitsReturned!: number;
  grossRevenue!: string;
  lastSoldAt!: string | null;
}

/** The sales of one SKU in one month. */
export class MonthlyProduct {
  month!: string;
  sku!: string;
  unitsSold!: number;
}
