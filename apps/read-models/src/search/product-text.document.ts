// Indexed for search: one document for each SKU that occurs on an order or credit line.

export class ProductText {
  sku!: string;
  /** Shown: the last one on an order line. */
  description!: string | null;
  /** Searched: all different ones on order and credit lines, in order of appearance. */
  descriptions!: readonly string[];
}
